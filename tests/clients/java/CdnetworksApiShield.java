import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A caller of an API behind CDNetworks API Shield: the current second, and its HMAC-SHA256. */
public class CdnetworksApiShield {
    public static void main(String[] args) throws Exception {
        String now = Long.toString(Instant.now().getEpochSecond());
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(System.getenv("SECRET").getBytes(UTF_8), "HmacSHA256"));
        String signature = HexFormat.of().formatHex(mac.doFinal(now.getBytes(UTF_8)));

        HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("BASE_URL") + "/api"))
                .timeout(Duration.ofSeconds(20))
                .header("X-Date", now)
                .header("X_Sam_Auth", signature)
                .build();
        HttpResponse<byte[]> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
        System.out.print(answer.statusCode() + "\n");
        System.out.writeBytes(answer.body());
        System.out.flush();
    }
}
