// What scripts use of k6/crypto, by Node's; bytes are an ArrayBuffer, as in k6.
import { createHash, createHmac, randomBytes as draw } from "node:crypto";

const bytes = (buffer) => Uint8Array.from(buffer).buffer;
const input = (data) => {
  if (!(data instanceof ArrayBuffer)) throw new TypeError("an ArrayBuffer is wanted");
  return Buffer.from(data);
};
const digest = (hash, encoding) => {
  if (encoding !== "binary") throw new TypeError(`${encoding} is not here`);
  return bytes(hash.digest());
};
const hasher = (name) => (data, encoding) => digest(createHash(name).update(input(data)), encoding);

export default {
  hmac: (name, key, data, encoding) => digest(createHmac(name, input(key)).update(input(data)), encoding),
  md5: hasher("md5"),
  sha1: hasher("sha1"),
  sha256: hasher("sha256"),
  sha384: hasher("sha384"),
  sha512: hasher("sha512"),
  randomBytes: (size) => bytes(draw(size)),
};
