// A TaurusX customer asking for performance data: md5 over the secret and the md5 of the time.
import { createHash } from "node:crypto";
import { env, stdout } from "node:process";

const md5Hex = (text) => createHash("md5").update(text).digest("hex");

const now = String(Math.floor(Date.now() / 1000));

const answer = await fetch(`${env.BASE_URL}/openapi/performance_data`, {
  headers: { "access-key": env.ACCESS_KEY_ID, timestamp: now, token: md5Hex(env.SECRET + md5Hex(now)) },
});
stdout.write(`${answer.status}\n${await answer.text()}`);
