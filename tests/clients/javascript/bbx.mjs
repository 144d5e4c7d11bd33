// A BBX customer: four query parameters, HMAC-SHA1 as hex text in base64; METHOD is POST (default) or GET.
import { createHmac, randomBytes } from "node:crypto";
import { env, stdout } from "node:process";

const method = env.METHOD ?? "POST";
const nonce = randomBytes(4).toString("hex");
const now = String(Math.floor(Date.now() / 1000));

const text = `AccessKeyId=${env.ACCESS_KEY_ID}&SignatureNonce=${nonce}&Timestamp=${now}`;
const hexText = createHmac("sha1", env.SECRET).update(text).digest("hex");

const url = new URL(`${env.BASE_URL}/orders`);
url.searchParams.set("AccessKeyId", env.ACCESS_KEY_ID);
url.searchParams.set("SignatureNonce", nonce);
url.searchParams.set("Timestamp", now);
url.searchParams.set("Signature", Buffer.from(hexText).toString("base64"));

const options = { method };
if (method === "POST") {
  options.headers = { "Content-Type": "application/json" };
  options.body = JSON.stringify({ market: "BTC-USDT", side: "buy", amount: "0.25" });
}
const answer = await fetch(url, options);
stdout.write(`${answer.status}\n${await answer.text()}`);
