// A caller of an API behind CDNetworks API Shield: the current second, and its HMAC-SHA256.
import { createHmac } from "node:crypto";
import { env, stdout } from "node:process";

const now = String(Math.floor(Date.now() / 1000));
const signature = createHmac("sha256", env.SECRET).update(now).digest("hex");

const answer = await fetch(`${env.BASE_URL}/api`, { headers: { "X-Date": now, X_Sam_Auth: signature } });
stdout.write(`${answer.status}\n${await answer.text()}`);
