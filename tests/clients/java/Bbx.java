import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A BBX customer: four query parameters, HMAC-SHA1 as hex text in base64; METHOD is POST (default) or GET. */
public class Bbx {
    public static void main(String[] args) throws Exception {
        String accessKeyId = System.getenv("ACCESS_KEY_ID");
        String method = System.getenv().getOrDefault("METHOD", "POST");
        byte[] random = new byte[4];
        new SecureRandom().nextBytes(random);
        String nonce = HexFormat.of().formatHex(random);
        String now = Long.toString(Instant.now().getEpochSecond());

        String text = "AccessKeyId=" + accessKeyId + "&SignatureNonce=" + nonce + "&Timestamp=" + now;
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(System.getenv("SECRET").getBytes(UTF_8), "HmacSHA1"));
        String hexText = HexFormat.of().formatHex(mac.doFinal(text.getBytes(UTF_8)));
        String signature = Base64.getEncoder().encodeToString(hexText.getBytes(UTF_8));

        String query = "AccessKeyId=" + URLEncoder.encode(accessKeyId, UTF_8)
                + "&SignatureNonce=" + nonce
                + "&Timestamp=" + now
                + "&Signature=" + URLEncoder.encode(signature, UTF_8);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(System.getenv("BASE_URL") + "/orders?" + query))
                .timeout(Duration.ofSeconds(20));
        if (method.equals("POST")) {
            String order = "{\"market\": \"BTC-USDT\", \"side\": \"buy\", \"amount\": \"0.25\"}";
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(order));
        } else {
            request.method(method, HttpRequest.BodyPublishers.noBody());
        }
        HttpResponse<byte[]> answer =
                HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        System.out.print(answer.statusCode() + "\n");
        System.out.writeBytes(answer.body());
        System.out.flush();
    }
}
