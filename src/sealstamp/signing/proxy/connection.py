"""One client's connection: h11 reads its requests and writes their answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final

import h11
import httpcore2

from sealstamp.errors import SealstampError
from sealstamp.signing.proxy.forwarding import Body, Forwarder, answer_headers
from sealstamp.signing.proxy.gate import Gate, Refused

IDLE_S: Final = 60.0
"""How long the next bytes of a client may take."""
MOST_HEAD_BYTES: Final = 65_536
MOST_BODY_BYTES: Final = 64 * 1_048_576
"""The longest body that is kept in memory, where it has to be signed."""
_PIECE: Final = 65_536


class ClientGoneError(Exception):
    """The client has closed the connection, or sends nothing."""


class Connection:
    """Serves one connection until either side ends it."""

    def __init__(
        self, gate: Gate, forwarder: Forwarder, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._gate = gate
        self._forwarder = forwarder
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, MOST_HEAD_BYTES)

    async def run(self) -> None:
        """Answer one request after another."""
        with suppress(ClientGoneError, OSError):
            while await self._one():
                self._http.start_next_cycle()

    async def _one(self) -> bool:
        """Answer a request; returns whether another may follow."""
        try:
            request = await self._event()
            if not isinstance(request, h11.Request):
                return False
            await self._forward(request)
        except Refused as refused:
            await self._tell(refused.status, refused.title)
        except h11.RemoteProtocolError as error:
            await self._tell(error.error_status_hint, "this is no HTTP request")
        except SealstampError as error:
            await self._tell(502, str(error))
        except httpcore2.TimeoutException:
            await self._tell(504, "the API did not answer in time")
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            await self._tell(502, f"the API cannot be reached ({type(error).__name__})")
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _forward(self, request: h11.Request) -> None:
        target = self._gate.target(request.method, request.target, dict(request.headers))
        lines = self._gate.passing(request.headers)
        body = await self._body(lines)
        async with self._forwarder.send(request.method, target, lines, body) as response:
            headers = answer_headers(self._gate.origin, response)
            await self._write(h11.Response(status_code=response.status, headers=headers))
            async for piece in response.aiter_stream():
                await self._write(h11.Data(piece))
            await self._write(h11.EndOfMessage())

    async def _body(self, lines: list[tuple[bytes, bytes]]) -> Body:
        """Return the body, in memory where it is signed or there is none."""
        if not any(name in (b"content-length", b"transfer-encoding") for name, _ in lines):
            await self._event()  # the end of the request
            return b""
        if not self._forwarder.signer.reads_body:
            return self._pieces()
        whole = bytearray()
        async for piece in self._pieces():
            whole += piece
            if len(whole) > MOST_BODY_BYTES:
                raise Refused(413, f"the scheme signs the body, and it is longer than {MOST_BODY_BYTES} bytes")
        return bytes(whole)

    async def _pieces(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            try:
                async with asyncio.timeout(IDLE_S):  # wait_for may lose a cancellation until Python 3.12
                    data = await self._reader.read(_PIECE)
            except TimeoutError:
                raise ClientGoneError from None
            if not data and self._http.their_state is h11.SEND_BODY:
                raise ClientGoneError
            self._http.receive_data(data)
        return event

    async def _tell(self, status: int, title: str) -> None:
        """Answer with problem details (RFC 9457), and hang up; unless an answer has begun, which is broken off."""
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            raise ClientGoneError
        body = json.dumps({"type": "about:blank", "title": title, "status": status}).encode()
        headers = [("content-type", "application/problem+json"), ("connection", "close")]
        await self._write(h11.Response(status_code=status, headers=[*headers, ("content-length", str(len(body)))]))
        await self._write(h11.Data(body))
        await self._write(h11.EndOfMessage())

    async def _write(self, event: h11.Event) -> None:
        try:
            data = self._http.send(event)
        except h11.LocalProtocolError:
            raise httpcore2.RemoteProtocolError("the answer is none that can be passed on") from None
        if data:
            self._writer.write(data)
            await self._writer.drain()
