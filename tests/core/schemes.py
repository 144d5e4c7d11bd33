"""Scheme texts that, taken together, use all of the notation; and what the tests of the core share."""

from __future__ import annotations

from functools import lru_cache

from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import BoundKey, Verifier
from sealstamp.schemes import get_scheme

NOW_MS = 1_612_149_637_000
ID, SECRET = "975988f45090561684b7d8f4e45b85c2", "957f23f2d6435e37d4ac21f3e9a67d45"
FOUR = ("stardust", "cdnetworks-api-shield", "taurusx", "bbx")

HEAD = """\
title  = "A test"
vendor = "Nobody"
url    = "https://example.com/"
"""

WINDOW = """
[time]
format = "{format}"
past   = "5 min"
future = "5 min"
"""

NONCE = """
[nonce]
make = "hex 16"
"""


def window(form: str) -> str:
    return WINDOW.format(format=form)


LINES = f"""{HEAD}
[fields]
access_key_id = "header X-Key"
timestamp     = "header X-Date"
signature     = "header X-Signature"
{window("iso-8601-basic")}
[sign]
body_digest    = "{{body|sha256|hex}}"
string_to_sign = [
    "{{method}}",
    "{{scheme}}",
    "{{path}}",
    "{{query}}",
    "{{host}}",
    "{{port}}",
    "{{header.X-Extra}}",
    "{{query.page}}",
    "{{timestamp}}",
    "{{access_key_id}}",
    "{{body_digest}}",
]
signature = "{{string_to_sign|hmac:sha256,secret|hex|upper}}"
"""

PACKED_TEXT = f"""{HEAD}
[fields]
timestamp = "header X-Date"

[packed."header Authorization"]
text = "SEAL {{access_key_id}}:{{nonce}}:{{signature}}"
{window("http-date")}{NONCE}
[sign]
sent           = "{{body|md5|hex}}"
kind           = {{ switch = "{{method}}", cases = {{ GET = "{{sent}}" }}, default = "as {{sent|sha1|hex}}" }}
string_to_sign = "{{kind}} {{method}}\\n{{target}}\\n{{timestamp}}\\n{{nonce}}\\n{{access_key_id}}"
signature      = "{{string_to_sign|hmac:sha512,secret|base64url}}"
"""

PACKED_QUOTED = f"""{HEAD}
[parameters]
region  = {{ default = "eu-1", about = "where the API runs" }}
version = {{ default = "1", about = "which edition of the scheme" }}

[fields]
timestamp = "header X-Date"

[packed."header Authorization"]
prefix = "SEAL4 "
quoted = true
[packed."header Authorization".pairs]
Credential = "{{access_key_id}}/{{version}}"
Nonce      = "{{nonce}}"
Signature  = "{{signature}}"
{window("iso-8601")}{NONCE}
[sign]
day_key        = "{{timestamp|hmac:sha256,secret}}"
region_key     = "{{region|hmac:sha256,day_key}}"
signing_key    = "{{'request'|hmac:sha256,region_key}}"
string_to_sign = "{{method}} {{authority}}{{path|percent_encode}} {{version}} {{nonce}} {{access_key_id}} {{timestamp}}"
signature      = "{{string_to_sign|hmac:sha256,signing_key|base64}}"
"""

PACKED_PLAIN = f"""{HEAD}
[packed."header Seal-Signature"]
pairs     = {{ t = "{{timestamp}}", v1 = "{{signature}}" }}
separator = ","
{window("unix-s")}
[sign]
string_to_sign = "{{timestamp}}.{{body}}"
signature      = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""

FORM = f"""{HEAD}
[fields]
access_key_id = "form app_key"
timestamp     = "form timestamp"
nonce         = "form nonce"
signature     = "form sign"
{window("unix-us")}{NONCE}
[sign]
string_to_sign = "{{secret}}{{path}}{{access_key_id}}{{nonce}}{{timestamp}}{{secret}}"
signature      = "{{string_to_sign|md5|hex|upper}}"
"""

JSON = f"""{HEAD}
[fields]
access_key_id = "json appKey"
timestamp     = "json timestamp"
signature     = "json sign"
{window("unix-ms")}
[sign]
string_to_sign = {{ join = "&", parts = ["{{method|lower}}", "{{access_key_id}}", "{{timestamp}}"] }}
signature      = "{{string_to_sign|hmac:sha1,secret|base64|percent_encode}}"
"""

QUERY = f"""{HEAD}
[parameters]
session = {{ default = "", about = "a session, if there is one" }}

[fields]
access_key_id = "query Key Id"
timestamp     = "query Expires"
session       = {{ at = ["query Session", "header X-Session"], optional = true }}
signature     = ["query Signature", "query sig"]
{window("unix-s")}
[sign]
key            = "{{secret|sha384|hex}}"
string_to_sign = {{ join = "|", skip_empty = true, parts = ["{{session}}", "{{url|percent_decode}}", "{{timestamp}}"] }}
signature      = "{{string_to_sign|hmac:sha384,key|hmac:sha256,secret|hex}}"
"""

DIGEST = f"""{HEAD}
[fields]
timestamp = "header X-Date"
digest    = "header X-Content-Digest"
signature = "header X-Signature"
{window("unix-s")}
[sign]
digest         = "{{body|sha512|base64}}"
string_to_sign = ["{{header.host}}", "{{timestamp}}", "{{digest}}"]
signature      = "{{string_to_sign|hmac:md5,secret|hex}}"
"""

TESTED = {
    "lines": LINES,
    "packed-text": PACKED_TEXT,
    "packed-quoted": PACKED_QUOTED,
    "packed-plain": PACKED_PLAIN,
    "form": FORM,
    "json": JSON,
    "query": QUERY,
    "digest": DIGEST,
}
EVERY = (*FOUR, *TESTED)


@lru_cache
def scheme(name: str) -> Scheme:
    """Return one of the four systems' schemes or one of those above."""
    return load(TESTED[name], name) if name in TESTED else get_scheme(name)


def load(text: str, name: str = "test") -> Scheme:
    return load_scheme(text, name=name, path=f"{name}.toml")


def credential(name: str, secret: str | bytes = SECRET) -> Credential:
    return Credential.of(ID if scheme(name).names_key else "", secret)


def bare(name: str) -> Request:
    """Return a request to be signed, with a body that the scheme can travel in."""
    kind, body = {
        "form": (b"application/x-www-form-urlencoded", b"amount=5"),
        "json": (b"application/json", b'{"amount":5}'),
    }.get(name, (b"application/json", b'{"amount":5}'))
    headers = [(b"host", b"api.example.com:8443"), (b"content-type", kind), (b"x-extra", b"more")]
    return Request(b"POST", b"/orders/7?page=2&q=a%20b", headers, body=body)


def signed(
    name: str, request: Request | None = None, *, time_ms: int = NOW_MS, secret: str | bytes = SECRET
) -> Request:
    request = bare(name) if request is None else request
    return Signer(scheme(name), credential(name, secret)).sign(request, time_ms=time_ms, nonce="5f1c").apply(request)


def bound(name: str, secret: str | bytes = SECRET) -> tuple[Verifier, BoundKey]:
    verifier = Verifier(scheme(name))
    return verifier, verifier.bind(credential(name, secret), consumer="acme")


def verify(name: str, request: Request, *, now_ms: int = NOW_MS) -> None:
    """Verify against the one key there is. Raises VerificationError."""
    verifier, key = bound(name)
    wanted = key.principal.access_key_id.encode()
    verifier.verify(request, now_ms, lambda access_key_id: key if access_key_id == wanted else None)


def remade(
    request: Request,
    *,
    method: bytes | None = None,
    target: bytes | None = None,
    headers: list[tuple[bytes, bytes]] | None = None,
    body: bytes | None = None,
) -> Request:
    """Return a copy with something else in one place."""
    return Request(
        request.method if method is None else method,
        request.target if target is None else target,
        list(request.headers) if headers is None else headers,
        scheme=request.scheme,
        body=request.body if body is None else body,
    )
