"""A ``.http`` file for JetBrains' client and VS Code's httpYac: a script before the request signs it.

By a scheme that is too much for a script, the file calls ``sealstamp proxy``, which signs.
"""

from __future__ import annotations

import re
from typing import Final

from sealstamp.core.places import Where
from sealstamp.core.scheme import Field, Scheme
from sealstamp.errors import ConfigurationError
from sealstamp.guide.javascript import sent_name, write_head, write_signing

_HELPERS: Final = """\
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const bits = (number, count) => number.toString(2).padStart(count, "0");
const byte = (number) => number.toString(16).padStart(2, "0");
const utf8 = (written) => encodeURIComponent(written)
  .replace(/%(..)|(.)/g, (_, code, letter) => (code ?? byte(letter.charCodeAt(0))).toLowerCase());
const text = (bytes) => decodeURIComponent(bytes.replace(/../g, "%$&"));
const cat = (...parts) => parts.join("");
const size = (bytes) => bytes.length;
const hash = (name, bytes) => crypto[name]().updateWithHex(bytes).digest().toHex();
const hmac = (name, bytes, key) => crypto.hmac[name]().withHexSecret(key).updateWithHex(bytes).digest().toHex();
const hex = (bytes) => utf8(bytes);
const sextets = (bytes) => [...bytes].map((digit) => bits(parseInt(digit, 16), 4)).join("").match(/.{1,6}/g) ?? [];
const base64 = (bytes) => {
  const written = sextets(bytes).map((sextet) => letters[parseInt(sextet.padEnd(6, "0"), 2)]).join("");
  return utf8(written.padEnd(Math.ceil(written.length / 4) * 4, "="));
};
const unbase64 = (bytes) => {
  const written = [...text(bytes).replace(/=+$/, "")].map((letter) => bits(letters.indexOf(letter), 6)).join("");
  return (written.match(/.{8}/g) ?? []).map((octet) => byte(parseInt(octet, 2))).join("");
};
const random = () => Math.floor(Math.random() * 2 ** 32); // for nonces, which are no secrets"""
"""Bytes are their hexadecimal digits, which is what the clients' own functions take."""


def write(scheme: Scheme) -> str:
    """Return the file."""
    try:
        return _signing_itself(scheme)
    except ConfigurationError:
        return _by_the_proxy(scheme)


def _signing_itself(scheme: Scheme) -> str:
    """Raise ConfigurationError where a script cannot do it, or a header may have to be left out, which none can say."""
    signing = write_signing(scheme)
    fields = [(carrier.places[0], carrier.name) for carrier in scheme.carriers if isinstance(carrier, Field)]
    # JetBrains' client has no SHA-384.
    if '"sha384"' in signing or any(name in scheme.may_lack or name in scheme.omitted for _, name in fields):
        raise ConfigurationError(f"scheme {scheme.name}", "a .http file cannot do it", "sealstamp proxy can")
    headers = "".join(f"{place.name}: {_variable(place.name)}\n" for place, _ in fields if place.where is Where.HEADER)
    names = [sent_name(place) for place, _ in fields if place.where is Where.QUERY]
    query = "&".join(f"{name}={_variable(name)}" for name in names)
    return f"""\
{write_head(scheme, "variables of http-client.private.env.json", "server")}

### Signed: copy all of it for another request
# @no-redirect
# @no-auto-encoding
< {{%
{{  // a name that is taken outside may be used again in here
const secret = (name) => request.environment.get(name) ?? "";
const method = request.method;
const named = (whole, name) => request.environment.get(name) ?? whole;
// Not tryGetSubstituted: in httpYac 6 that of the URL overwrites the body.
const unsigned = request.url.getRaw().replace(/[?&][^?&=]*=\\{{\\{{signed_\\w+\\}}\\}}/g, "");
const url = unsigned.replace(/\\{{\\{{(\\w+)\\}}\\}}/g, named);
const body = request.body?.tryGetSubstituted() ?? "";
{_HELPERS}
{signing}
const set = (name, value) => request.variables.set("signed_" + name.replace(/\\W/g, "_"), value);
headers.forEach(([name, value]) => set(name, value));
query.forEach(([name, value]) => set(name, encodeURIComponent(value)));
}}
%}}
GET {{{{server}}}}/orders{"?" if query else ""}{query}
{headers}"""


def _variable(name: str) -> str:
    return "{{signed_" + re.sub(r"\W", "_", name) + "}}"


def _by_the_proxy(scheme: Scheme) -> str:
    return f"""\
# First run: sealstamp proxy --profile NAME --scheme {scheme.name}
@server = http://127.0.0.1:8787

### It is signed on its way
GET {{{{server}}}}/orders

### With a body
POST {{{{server}}}}/orders
Content-Type: application/json

{{"amount": 1}}
"""
