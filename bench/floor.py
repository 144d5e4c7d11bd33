"""The least that could do each scheme's job, written by hand: what compiled schemes are measured against.

Each ``verify_…`` takes what a server delivers (an ASGI header list, or a raw query), looks its fields up, parses the
time, checks the window, computes the digest and compares in constant time. None of them refuses doubles, other
spellings or strange digits; none knows whether a key is disabled. That is the point of a floor.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote_from_bytes, unquote_to_bytes, urlencode

Headers = Sequence[tuple[bytes, bytes]]
Keys = Mapping[bytes, bytes]

MINUTES_5_MS = 300_000


def verify_stardust(headers: Mapping[bytes, bytes], keys: Keys, now_ms: int) -> bool:
    access_key_id, ts = headers[b"x-stardust-key"], headers[b"x-ts"]
    if abs(now_ms - int(ts)) > MINUTES_5_MS:
        return False
    expected = hashlib.md5(ts + b"&" + keys[access_key_id] + b"&" + access_key_id).hexdigest()
    return hmac.compare_digest(expected.encode(), headers[b"x-sign"])


def verify_cdnetworks(headers: Mapping[bytes, bytes], keys: Keys, now_ms: int) -> bool:
    ts = headers[b"x-date"]
    if abs(now_ms - int(ts) * 1000) > MINUTES_5_MS:
        return False
    expected = hmac.digest(keys[b""], ts, "sha256").hex()
    return hmac.compare_digest(expected.encode(), headers[b"x_sam_auth"])


def verify_taurusx(headers: Mapping[bytes, bytes], keys: Keys, now_ms: int) -> bool:
    ts = headers[b"timestamp"]
    if abs(now_ms - int(ts) * 1000) > MINUTES_5_MS:
        return False
    secret = keys[headers[b"access-key"]]
    expected = hashlib.md5(secret + hashlib.md5(ts).hexdigest().encode()).hexdigest()
    return hmac.compare_digest(expected.encode(), headers[b"token"])


def verify_bbx(query: Mapping[bytes, bytes], keys: Keys, now_ms: int) -> bool:
    access_key_id, nonce, ts = query[b"AccessKeyId"], query[b"SignatureNonce"], query[b"Timestamp"]
    if abs(now_ms - int(ts) * 1000) > 30_000:
        return False
    text = b"AccessKeyId=%b&SignatureNonce=%b&Timestamp=%b" % (access_key_id, nonce, ts)
    digest = hmac.digest(keys[access_key_id], text, "sha1")
    expected = base64.b64encode(digest.hex().encode())
    return hmac.compare_digest(expected, query[b"Signature"])


def sign_stardust(access_key_id: str, secret: str, now_ms: int) -> dict[str, str]:
    ts = str(now_ms)
    signature = hashlib.md5(f"{ts}&{secret}&{access_key_id}".encode()).hexdigest()
    return {"X-STARDUST-KEY": access_key_id, "X-TS": ts, "X-SIGN": signature}


def sign_cdnetworks(secret: str, now_ms: int) -> dict[str, str]:
    ts = str(now_ms // 1000)
    return {"X-Date": ts, "X_Sam_Auth": hmac.digest(secret.encode(), ts.encode(), "sha256").hex()}


def sign_taurusx(access_key_id: str, secret: str, now_ms: int) -> dict[str, str]:
    ts = str(now_ms // 1000)
    token = hashlib.md5((secret + hashlib.md5(ts.encode()).hexdigest()).encode()).hexdigest()
    return {"access-key": access_key_id, "timestamp": ts, "token": token}


def sign_bbx(access_key_id: str, secret: str, nonce: str, now_ms: int) -> dict[str, str]:
    ts = str(now_ms // 1000)
    text = f"AccessKeyId={access_key_id}&SignatureNonce={nonce}&Timestamp={ts}"
    digest = hmac.digest(secret.encode(), text.encode(), "sha1")
    signature = base64.b64encode(digest.hex().encode()).decode()
    return {"AccessKeyId": access_key_id, "SignatureNonce": nonce, "Timestamp": ts, "Signature": signature}


def query_as_dict(query: bytes) -> dict[bytes, bytes]:
    return dict(parse_qsl(query))


def dict_as_query(fields: Mapping[str, str]) -> str:
    return urlencode(fields)


def verify_sigv4(headers: Headers, target: bytes, body: bytes, day_keys: Keys, scope: bytes, now_ms: int) -> bool:
    """With the day's signing keys at hand, and for plain values only: nothing squeezed, merged, encoded or resolved."""
    fields = dict(headers)
    match = _SIGV4.fullmatch(fields[b"authorization"])
    stamp = fields[b"x-amz-date"]
    if match is None or match[2] != scope or abs(now_ms - _basic_ms(stamp)) > MINUTES_5_MS:
        return False
    signed, (path, _, query) = match[3], target.partition(b"?")
    lines = b"".join([name + b":" + fields[name] + b"\n" for name in signed.split(b";")])
    pairs = b"&".join(sorted(query.split(b"&")))
    digest = hashlib.sha256(body).hexdigest().encode()
    canonical = b"POST\n%b\n%b\n%b\n%b\n%b" % (path, pairs, lines, signed, digest)
    hashed = hashlib.sha256(canonical).hexdigest().encode()
    text = b"AWS4-HMAC-SHA256\n%b\n%b\n%b" % (stamp, scope, hashed)
    return hmac.compare_digest(hmac.digest(day_keys[match[1]], text, "sha256").hex().encode(), match[4])


_SIGV4 = re.compile(rb"AWS4-HMAC-SHA256 Credential=([^/]*)/([^,]*), SignedHeaders=([^,]*), Signature=([0-9a-f]{64})")


@lru_cache(maxsize=8)
def _basic_ms(stamp: bytes) -> int:
    return int(datetime.strptime(stamp.decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() * 1000)


def verify_hawk(headers: Headers, target: bytes, body: bytes, keys: Keys, now_ms: int) -> bool:
    """For port 443, and without data of the application's own."""
    fields = dict(headers)
    came = dict(_PAIR.findall(fields[b"authorization"]))
    stamp = came[b"ts"]
    if abs(now_ms - int(stamp) * 1000) > MINUTES_5_MS:
        return False
    payload = b"hawk.1.payload\n%b\n%b\n" % (fields[b"content-type"], body)
    digest = base64.b64encode(hashlib.sha256(payload).digest())
    lines = (stamp, came[b"nonce"], target, fields[b"host"], digest)
    text = b"hawk.1.header\n%b\n%b\nPOST\n%b\n%b\n443\n%b\n\n" % lines
    right = hmac.compare_digest(base64.b64encode(hmac.digest(keys[came[b"id"]], text, "sha256")), came[b"mac"])
    return hmac.compare_digest(digest, came[b"hash"]) & right


def verify_oauth1(headers: Headers, target: bytes, body: bytes, keys: Keys, now_ms: int) -> bool:
    """For HMAC-SHA256, a form, and keys that are encoded already."""
    fields = dict(headers)
    came = dict(_PAIR.findall(fields[b"authorization"]))
    if abs(now_ms - int(came[b"oauth_timestamp"]) * 1000) > MINUTES_5_MS:
        return False
    signature, (path, _, query) = unquote_to_bytes(came.pop(b"oauth_signature")), target.partition(b"?")
    others = [(quote_from_bytes(n, ""), quote_from_bytes(v, "")) for n, v in parse_qsl(query + b"&" + body)]
    listed = [*came.items(), *[(name.encode(), value.encode()) for name, value in others]]
    joined = quote_from_bytes(b"&".join([name + b"=" + value for name, value in sorted(listed)]), "")
    text = f"POST&{quote_from_bytes(b'https://' + fields[b'host'] + path, '')}&{joined}"
    expected = base64.b64encode(hmac.digest(keys[came[b"oauth_consumer_key"]], text.encode(), "sha256"))
    return hmac.compare_digest(expected, signature)


_PAIR = re.compile(rb'(\w+)="([^"]*)"')
