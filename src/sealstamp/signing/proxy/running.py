"""Listening for what is to be signed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import Final

from sealstamp.signing.origin import PORTS
from sealstamp.signing.proxy.connection import Connection
from sealstamp.signing.proxy.forwarding import Forwarder
from sealstamp.signing.proxy.gate import Gate
from sealstamp.signing.signer import OriginSigner

MOST_CONNECTIONS: Final = 200
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class SigningProxy:
    """Listens, signs and sends on.

    ``pages`` are origins whose pages may use it, ``trust`` says which certificates of the API are believed,
    ``certificate`` makes it speak TLS itself. On another address than loopback, whoever reaches it uses the key.
    """

    def __init__(
        self,
        signer: OriginSigner,
        *,
        pages: Collection[str] = (),
        trust: ssl.SSLContext | None = None,
        certificate: ssl.SSLContext | None = None,
    ) -> None:
        self._signer = signer
        self._pages = frozenset(page.encode() for page in pages)
        self._trust = trust
        self._certificate = certificate
        self._open: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
        """Serve on an address, a free port if none is given, and yield the port. Raises OSError where that is taken."""
        forwarder = Forwarder(self._signer, self._trust)
        server = await asyncio.start_server(self._accept, host, port, ssl=self._certificate, start_serving=False)
        bound: int = server.sockets[0].getsockname()[1]
        hosts = self._hosts(bound) if host in LOOPBACK else frozenset[bytes]()
        self._made = Gate(self._signer.origin, hosts, self._pages), forwarder
        try:
            async with server:
                await server.start_serving()
                yield bound
        finally:
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
            await forwarder.aclose()

    def _hosts(self, port: int) -> frozenset[bytes]:
        own = [f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]")]
        origin = self._signer.origin
        explicit = f"{origin.authority}:{origin.port}" if origin.port == PORTS[origin.scheme] else origin.authority
        return frozenset(name.encode() for name in (*own, origin.authority, explicit))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # asyncio calls this in one
        self._open.add(task)
        try:
            if len(self._open) <= MOST_CONNECTIONS:
                await Connection(*self._made, reader, writer).run()
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
