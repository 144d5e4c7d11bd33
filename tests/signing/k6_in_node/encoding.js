// What scripts use of k6/encoding; bytes are an ArrayBuffer, as in k6.
export default {
  b64encode: (data) => Buffer.from(data).toString("base64"),
  b64decode: (text, encoding = "std", format = "b") => {
    const bytes = Buffer.from(text, "base64");
    if (encoding !== "std") throw new TypeError(`${encoding} is not here`);
    return format === "s" ? bytes.toString() : Uint8Array.from(bytes).buffer;
  },
};
