// A Stardust customer: POST a JSON body, signed with md5 over time, secret and AccessKey ID.
import { createHash } from "node:crypto";
import { env, stdout } from "node:process";

const nowMs = String(Date.now());
const signature = createHash("md5").update([nowMs, env.SECRET, env.ACCESS_KEY_ID].join("&")).digest("hex");

const answer = await fetch(`${env.BASE_URL}/tasks`, {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-STARDUST-KEY": env.ACCESS_KEY_ID,
    "X-TS": nowMs,
    "X-SIGN": signature,
  },
  body: JSON.stringify({ project: "street-scenes", page: 1 }),
});
stdout.write(`${answer.status}\n${await answer.text()}`);
