"""The least that could do each of the four systems' jobs, written by hand: what compiled schemes are measured against.

Each ``verify_…`` takes what a server delivers (an ASGI header list, or a raw query), looks its fields up, parses the
time, checks the window, computes the digest and compares in constant time. None of them refuses doubles, other
spellings or strange digits; none knows whether a key is disabled. That is the point of a floor.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

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
