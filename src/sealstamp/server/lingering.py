"""Answers that are ready before the request's body has come whole.

A server that answers and closes then loses its answer: what the client goes on sending makes TCP reset the connection
(RFC 9112, section 9.6). So the answer goes out, and the rest of the body is read past for a while, before the
response ends. It must not say its length: with its last byte it would have ended. HTTP/2 needs none of this.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from sealstamp.server.asgi import Message, Receive, Scope, Send

_MOST_BYTES: Final = 16 * 1_048_576
_SECONDS: Final = 2.0
_START: Final = "http.response.start"


def lingering(scope: Scope, receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Return a request's ``receive`` and ``send``, so that its last answer arrives, whenever it is given."""
    names = {name for name, _ in scope["headers"]}
    if scope["http_version"] == "2" or names.isdisjoint([b"content-length", b"transfer-encoding"]):
        return receive, send
    exchange = _Exchange(receive, send, waits=b"expect" in names)
    return exchange.receive, exchange.send


class _Exchange:
    """One request with a body; ``waits`` tells whether its client sends nothing before it is asked to."""

    def __init__(self, receive: Receive, send: Send, *, waits: bool) -> None:
        self._receive = receive
        self._send = send
        self._is_coming = not waits

    async def receive(self) -> Message:
        message = await self._receive()
        self._is_coming = message.get("more_body", False)  # a client that is gone sends nothing either
        return message

    async def send(self, message: Message) -> None:
        if self._is_coming and message["type"] == _START:
            headers = [line for line in message["headers"] if line[0] != b"content-length"]
            message = {**message, "headers": headers}
        elif self._is_coming and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._read_past()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def _read_past(self) -> None:
        size = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                while self._is_coming and size < _MOST_BYTES:
                    size += len((await self.receive()).get("body", b""))
