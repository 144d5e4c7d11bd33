"""Signed calls against unsigned ones through each client library: ratios of medians in one interleaved run.

    python -m bench.clients [--rounds N]

Both call a server in a process of its own, over one kept connection; it answers 204 and looks at nothing. So the ratio
is what signing takes of the smallest call that there is.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import httpx
import httpx2
import requests
import urllib3

from bench.verify import ID, SECRET, compare
from sealstamp.core.credential import Credential
from sealstamp.signing import OriginSigner
from sealstamp.signing.httpx import SigningAuth, SigningTransport
from sealstamp.signing.httpx2 import SigningAuth as SigningAuth2
from sealstamp.signing.requests import SigningAuth as RequestsAuth
from sealstamp.signing.urllib3 import SigningPoolManager

TARGET = 0.9
"""How many of the unsigned calls per second httpx makes signed, at least."""
_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
Made = tuple[Callable[[], object], Callable[[], object]]


class _Server(asyncio.Protocol):
    """Answers whatever ends in an empty line; the calls here have no body."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            self._transport.write(_ANSWER)


def _serve(told: Connection) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def httpx_auth(url: str, signer: OriginSigner) -> Made:
    signed, plain = httpx.Client(auth=SigningAuth(signer), trust_env=False), httpx.Client(trust_env=False)
    return lambda: signed.get(url), lambda: plain.get(url)


def httpx_transport(url: str, signer: OriginSigner) -> Made:
    signed, plain = httpx.Client(transport=SigningTransport(signer)), httpx.Client(trust_env=False)
    return lambda: signed.get(url), lambda: plain.get(url)


def httpx2_auth(url: str, signer: OriginSigner) -> Made:
    signed, plain = httpx2.Client(auth=SigningAuth2(signer), trust_env=False), httpx2.Client(trust_env=False)
    return lambda: signed.get(url), lambda: plain.get(url)


def requests_auth(url: str, signer: OriginSigner) -> Made:
    session, auth = requests.Session(), RequestsAuth(signer)
    session.trust_env = False
    return lambda: session.get(url, auth=auth), lambda: session.get(url)


def urllib3_pool(url: str, signer: OriginSigner) -> Made:
    signed, plain = SigningPoolManager(signer), urllib3.PoolManager()
    return lambda: signed.request("GET", url), lambda: plain.request("GET", url)


CLIENTS = (httpx_auth, httpx_transport, httpx2_auth, requests_auth, urllib3_pool)
SCHEMES = ("stardust", "cdnetworks-api-shield", "taurusx", "bbx", "aws-sigv4-header", "rfc9421")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        origin = f"http://127.0.0.1:{ours.recv()}"
        print(f"{'client':18}{'scheme':24}{'signed us':>10}{'unsigned us':>12}{'of the calls':>13}")
        for client in CLIENTS:
            for scheme in SCHEMES:
                signed, plain = client(
                    f"{origin}/orders?page=2", OriginSigner(origin, scheme, Credential.of(ID, SECRET))
                )
                mine, other, ratio = compare(signed, plain, rounds, times=60)
                short = f"  (below {TARGET})" if 1 / ratio < TARGET else ""
                print(f"{client.__name__:18}{scheme:24}{mine / 1000:10.0f}{other / 1000:12.0f}{1 / ratio:13.2f}{short}")
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
