import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;

/** A Stardust customer: POST a JSON body, signed with md5 over time, secret and AccessKey ID. */
public class Stardust {
    public static void main(String[] args) throws Exception {
        String accessKeyId = System.getenv("ACCESS_KEY_ID");
        String nowMs = Long.toString(System.currentTimeMillis());
        String text = String.join("&", nowMs, System.getenv("SECRET"), accessKeyId);
        byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(UTF_8));

        HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("BASE_URL") + "/tasks"))
                .timeout(Duration.ofSeconds(20))
                .header("Content-Type", "application/json")
                .header("X-STARDUST-KEY", accessKeyId)
                .header("X-TS", nowMs)
                .header("X-SIGN", HexFormat.of().formatHex(digest))
                .POST(HttpRequest.BodyPublishers.ofString("{\"project\": \"street-scenes\", \"page\": 1}"))
                .build();
        HttpResponse<byte[]> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
        System.out.print(answer.statusCode() + "\n");
        System.out.writeBytes(answer.body());
        System.out.flush();
    }
}
