"""k6: a load test, whose users sign every request."""

from __future__ import annotations

from textwrap import indent
from typing import Final

from sealstamp.core.scheme import Scheme
from sealstamp.credentials.finding import SERVER_VARIABLE
from sealstamp.guide.environment import variables_of
from sealstamp.guide.javascript import write_signing

_HELPERS: Final = """\
const utf8 = (written) => encoding.b64decode(encoding.b64encode(written));
const text = (bytes) => encoding.b64decode(encoding.b64encode(bytes), "std", "s");
const cat = (...parts) => Uint8Array.from(parts.flatMap((part) => [...new Uint8Array(part)])).buffer;
const size = (bytes) => bytes.byteLength;
const hash = (name, bytes) => crypto[name](bytes, "binary");
const hmac = (name, bytes, key) => crypto.hmac(name, key, bytes, "binary");
const hex = (bytes) => utf8([...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
const base64 = (bytes) => utf8(encoding.b64encode(bytes));
const unbase64 = (bytes) => encoding.b64decode(text(bytes));
const random = () => new Uint32Array(crypto.randomBytes(4))[0];"""


def write(scheme: Scheme) -> str:
    """Return the script. Its pair comes from the environment."""
    variables = variables_of(scheme)
    pair = "\n".join(f"  {name}: __ENV.{variable}," for name, variable in variables.items())
    return f"""\
// Signs by the scheme {scheme.name}. Needs in the environment:
// {", ".join([SERVER_VARIABLE, *variables.values()])}.
import crypto from "k6/crypto";
import encoding from "k6/encoding";
import http from "k6/http";

const pair = {{
{pair}
}};
const secret = (name) => pair[name] ?? "";
{_HELPERS}

// Answers the URL and the headers of the signed request; the body is a text.
function sign(method, url, body) {{
{indent(write_signing(scheme), "  ")}
  const added = query.map(([name, value]) => `${{name}}=${{encodeURIComponent(value)}}`).join("&");
  return [added ? url + (url.includes("?") ? "&" : "?") + added : url, Object.fromEntries(headers)];
}}

// Like http.request, but signed. No redirect is followed: a signature is for one request, and for one origin.
export function send(method, url, body = "", params = {{}}) {{
  const [signed, added] = sign(method, url, body);
  const headers = {{ ...params.headers, ...added }};
  // Without a name each signature in a query would begin a metric of its own.
  const tags = {{ name: url.split("?")[0], ...params.tags }};
  return http.request(method, signed, body || null, {{ ...params, redirects: 0, headers, tags }});
}}

export default function () {{
  send("GET", `${{__ENV.{SERVER_VARIABLE}}}/orders`);
}}
"""
