"""A reader of ``vectors/`` that knows nothing but its README and what the vendors say: it imports nothing of Sealstamp.

Three small verifiers and one signer, each run over all cases of its scheme. Called with the folder, it prints how many
cases it ran and leaves with 1 at the first that ends otherwise than its ``case.json`` says.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

SECOND = 1000
MINUTE = 60 * SECOND


class Refused(Exception):  # noqa: N818
    """Carries a reason."""


class Message:
    """A request as the README says to read it."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        start, *lines = head.split(b"\r\n")
        self.method, target, _ = start.split(b" ")
        self.path, _, self.query = target.partition(b"?")
        self.headers = [(name, value.strip(b" ")) for name, _, value in (line.partition(b":") for line in lines)]
        pairs = (piece.partition(b"=") for piece in self.query.split(b"&"))
        self.parameters = [(decode(name), decode(value)) for name, _, value in pairs]


def decode(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))


def required(fields: list[tuple[bytes, bytes]], *names: bytes) -> bytes:
    """Return the value of a field that comes once, under one of its names."""
    found = [value for name, value in fields if name in names]
    if not found:
        raise Refused("missing_credentials")
    if len(found) > 1:
        raise Refused("malformed_credentials")
    return found[0]


def no_other_spelling(message: Message, *names: bytes) -> None:
    plain = {name.replace(b"_", b"-"): name for name in names}
    for name, _ in message.headers:
        if plain.get(name.replace(b"_", b"-"), name) != name:
            raise Refused("malformed_credentials")


def moment(text: bytes, unit_ms: int, case: dict, window_ms: int) -> int:
    if not text.isdigit() or len(text) > 16:
        raise Refused("malformed_credentials")
    time_ms = int(text) * unit_ms
    if abs(case["now_ms"] - time_ms) > window_ms:
        raise Refused("outside_time_window")
    return time_ms


def the_key(case: dict, name: bytes) -> bytes:
    if len(name) > 256:
        raise Refused("malformed_credentials")
    if name.decode() != case["access_key"]["id"]:
        raise Refused("unknown_access_key")
    return case["access_key"]["secret"].encode()


def compare(case: dict, came: bytes, right: str) -> None:
    if not hmac.compare_digest(came, right.encode()):
        raise Refused("signature_mismatch")
    until_ms = case["access_key"]["usable_until_ms"]
    if until_ms is not None and case["now_ms"] >= until_ms:
        raise Refused("inactive_access_key")
    if not case["access_key"]["for_this_api"]:
        raise Refused("permission_denied")


def stardust(case: dict, message: Message) -> tuple[bytes, bytes]:
    time_names, signature_names = (b"x-ts", b"_ts"), (b"x-sign", b"_sign")
    name = required(message.headers, b"x-stardust-key")
    time = required(message.headers, *time_names)
    signature = required(message.headers, *signature_names)
    no_other_spelling(message, b"x-stardust-key", b"x-ts", b"x-sign")
    moment(time, 1, case, 5 * MINUTE)
    text = b"%b&%b&%b" % (time, the_key(case, name), name)
    compare(case, signature, hashlib.md5(text).hexdigest())
    return b"", signature


def bbx(case: dict, message: Message) -> tuple[bytes, bytes]:
    names = (b"AccessKeyId", b"SignatureNonce", b"Timestamp", b"Signature")
    name, nonce, time, signature = (required(message.parameters, field) for field in names)
    moment(time, SECOND, case, 30 * SECOND)
    if not 1 <= len(nonce) <= 128 or not all(0x20 <= byte < 0x7F for byte in nonce):
        raise Refused("malformed_credentials")
    secret = the_key(case, name)
    text = b"AccessKeyId=%b&SignatureNonce=%b&Timestamp=%b" % (name, nonce, time)
    compare(case, signature, base64.b64encode(hmac.new(secret, text, "sha1").hexdigest().encode()).decode())
    return nonce, signature


def slack(case: dict, message: Message) -> tuple[bytes, bytes]:
    fields = (b"x-slack-request-timestamp", b"x-slack-signature")
    time, signature = (required(message.headers, field) for field in fields)
    no_other_spelling(message, *fields)
    moment(time, SECOND, case, 5 * MINUTE)
    secret = case["access_key"]["secret"].encode()
    compare(case, signature, "v0=" + hmac.new(secret, b"v0:%b:%b" % (time, message.body), "sha256").hexdigest())
    return b"", signature


VERIFIERS = {"stardust": stardust, "bbx": bbx, "slack": slack}


def answer(folder: Path, case: dict) -> str:
    """Verify what comes before, then the request; return the reason."""
    seen: set[bytes] = set()
    verify = VERIFIERS[case["scheme"]]
    for name in [*case["before"], "request.http"]:
        try:
            nonce, signature = verify(case, Message((folder / name).read_bytes()))
            token = {"nonce": nonce, "signature": signature, "nothing": None}[case["once"]]
            if token is not None and token in seen:
                return "nonce_replayed"
            seen.add(token or b"")
        except Refused as refused:
            return str(refused)
    return "accepted"


# AWS Signature Version 4, as its documentation tells it


def aws_authorization(case: dict, region: str, service: str) -> tuple[str, str]:
    """Sign what a case says was signed; return the string to sign and the Authorization header."""
    signing, unsigned = case["signing"], case["signing"]["unsigned"]
    time = case["now"].replace("-", "").replace(":", "")[:15] + "Z"
    body = base64.b64decode(unsigned["body_base64"])
    headers = dict(unsigned["headers"]) | {"x-amz-date": time}
    assert signing["time_ms"] == case["now_ms"]
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    path, _, query = unsigned["target"].partition("?")
    pairs = [piece.partition("=") for piece in query.split("&") if piece]
    written = sorted((escape(name), escape(value)) for name, _, value in pairs)
    canonical_query = "&".join(f"{name}={value}" for name, value in written)
    digest = hashlib.sha256(body).hexdigest()
    canonical = f"{unsigned['method']}\n{quote(path, safe='/~')}\n{canonical_query}\n{lines}\n{names}\n{digest}"
    scope = f"{time[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{case['access_key']['secret']}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    credential = f"{case['access_key']['id']}/{scope}"
    return text, f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"


def escape(text: str) -> str:
    return quote(decode(text.encode()), safe="~")


def is_plain(case: dict) -> bool:
    """Whether a case was signed with nothing but the pair, the time and the request; the small signer does no more."""
    signing = case.get("signing")
    if signing is None or signing["values"] or case["parameters"] or "source" in case:
        return False
    return not any(name.startswith("x-amz-") for name, _ in signing["unsigned"]["headers"])


def check_aws(folder: Path, case: dict) -> None:
    text, authorization = aws_authorization(case, "us-east-1", "service")
    stages = {stage["name"]: stage["text"] for stage in json.loads((folder / "stages.json").read_text("utf-8"))}
    assert text == stages["string_to_sign"], folder
    assert required(Message((folder / "request.http").read_bytes()).headers, b"authorization").decode() == authorization


def main(vectors: Path) -> None:
    ran = {"accept": 0, "reject": 0, "signed": 0}
    for file in sorted(vectors.glob("*/*/case.json")):
        case = json.loads(file.read_text("utf-8"))
        if case["scheme"] in VERIFIERS:
            came = answer(file.parent, case)
            if came != case["reason"]:
                raise SystemExit(f"{case['scheme']}/{case['case']}: expected {case['reason']}, came {came}")
            ran[case["kind"]] += 1
        elif case["scheme"] == "aws-sigv4-header" and is_plain(case):
            check_aws(file.parent, case)
            ran["signed"] += 1
    print(json.dumps(ran))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
