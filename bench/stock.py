"""Stores with any number of access keys, made fast: rows in bulk, as the store itself would write them one by one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence

from sqlalchemy import insert

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.keys.domain import AccessKey, Api, Consumer, KeyStatus, SchemeChoice
from sealstamp.keys.sealing import Sealer
from sealstamp.schemes import get_scheme
from sealstamp.stores.rows import access_key_values
from sealstamp.stores.sql import open_store
from sealstamp.stores.tables import access_key_apis, access_keys

API, SCHEME = "bench", "stardust"
_AT_ONCE = 10_000


def ids(count: int) -> list[str]:
    """Return the same ids in every process, in no order."""
    return [hashlib.sha256(b"%d" % number).hexdigest()[:32] for number in range(count)]


def pair(access_key_id: str) -> Credential:
    return Credential.of(access_key_id, access_key_id[::-1])


def fill(url: str, sealer: Sealer, count: int) -> None:
    """Make a store with ``count`` keys for one API. Prints how long it took."""
    began = time.monotonic()
    store = open_store(url)
    store.put_api(Api(API, "*", "/", (SchemeChoice(SCHEME),)))
    store.put_consumer(Consumer("bench"))
    for some in _in_parts(ids(count)):
        with store._changing() as connection:
            connection.execute(insert(access_keys), [access_key_values(_key(name, sealer)) for name in some])
            connection.execute(insert(access_key_apis), [{"access_key_id": name, "api": API} for name in some])
    store.close()
    print(f"{count} keys were made in {time.monotonic() - began:.0f} s", flush=True)


def _key(name: str, sealer: Sealer) -> AccessKey:
    return AccessKey(name, sealer.seal(name, Secret(name[::-1].encode())), "bench", (API,), KeyStatus.ACTIVE, 0)


def _in_parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[at : at + _AT_ONCE] for at in range(0, len(names), _AT_ONCE))


def asked(access_key_id: str) -> bytes:
    """Return what a proxy asks the decision endpoint about a request that is signed with this key, now."""
    request = Request(b"POST", b"/orders?page=2", [(b"host", b"api.example.com"), (b"user-agent", b"client/1.0")])
    signer = Signer(get_scheme(SCHEME), pair(access_key_id))
    signed = signer.sign(request, time_ms=time.time_ns() // 1_000_000).apply(request)
    lines = [*signed.headers, (b"x-original-method", b"POST"), (b"x-original-uri", signed.target)]
    return b"GET /decide HTTP/1.1\r\n" + b"".join(b"%b: %b\r\n" % line for line in lines) + b"\r\n"
