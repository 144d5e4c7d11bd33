"""The least that a decision service can be: one scheme, one key and no store, written by hand for one proxy.

    python -m bench.doorman SOCKET

It reads requests as the service does, with llhttp on uvloop, and does what the Lua code of ``bench.proxy`` does:
nothing else. So it is the floor for any service in this language that nginx asks.
"""

from __future__ import annotations

import asyncio
import hmac
import sys
import time
from base64 import b64encode
from typing import cast
from urllib.parse import parse_qsl

import httptools
import uvloop

SECRETS = {"bench-key": b"a secret of the benchmark's own"}
FIELDS = ("AccessKeyId", "SignatureNonce", "Timestamp", "Signature")
WINDOW_S = 3_600
YES = b"HTTP/1.1 204 No Content\r\nx-consumer: bench\r\n\r\n"
NO = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"
_seen: set[tuple[str, str]] = set()


class Doorman(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-original-uri":
            self._target = value

    def on_message_complete(self) -> None:
        self._transport.write(YES if is_right(self._target.decode()) else NO)


def is_right(target: str) -> bool:
    path, _, query = target.partition("?")
    fields = dict(parse_qsl(query))
    key, nonce, stamp, given = (fields.get(name, "") for name in FIELDS)
    secret = SECRETS.get(key)
    if secret is None or abs(time.time() - int(stamp)) > WINDOW_S:
        return False
    text = f"AccessKeyId={key}&SignatureNonce={nonce}&Timestamp={stamp}".encode()
    right = b64encode(hmac.digest(secret, text, "sha1").hex().encode())
    if not hmac.compare_digest(right, given.encode()):
        return False
    if path.startswith("/once"):
        if (key, nonce) in _seen:
            return False
        _seen.add((key, nonce))
    return True


async def main(path: str) -> None:
    server = await asyncio.get_running_loop().create_unix_server(Doorman, path)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
