import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;

/** A TaurusX customer asking for performance data: md5 over the secret and the md5 of the time. */
public class Taurusx {
    static String md5Hex(String text) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(UTF_8)));
    }

    public static void main(String[] args) throws Exception {
        String now = Long.toString(Instant.now().getEpochSecond());
        URI url = URI.create(System.getenv("BASE_URL") + "/openapi/performance_data");

        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(Duration.ofSeconds(20))
                .header("access-key", System.getenv("ACCESS_KEY_ID"))
                .header("timestamp", now)
                .header("token", md5Hex(System.getenv("SECRET") + md5Hex(now)))
                .build();
        HttpResponse<byte[]> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
        System.out.print(answer.statusCode() + "\n");
        System.out.writeBytes(answer.body());
        System.out.flush();
    }
}
