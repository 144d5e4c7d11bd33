"""One way to call for each library, so that every test runs through every library."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import aiohttp
import httpx
import httpx2
import requests

from sealstamp.signing import OriginSigner
from sealstamp.signing import httpx as signing_httpx
from sealstamp.signing import httpx2 as signing_httpx2
from sealstamp.signing import requests as signing_requests
from sealstamp.signing.aiohttp import SigningMiddleware
from sealstamp.signing.urllib3 import SigningPoolManager


class Answer(NamedTuple):
    status: int
    body: bytes


HELLO = Answer(200, b"hello")
Send = Callable[..., Answer]
"""``send(method, url, headers={}, body=b"")``; a body may be an iterable of bytes."""
Caller = Callable[[OriginSigner], AbstractContextManager[Send]]
"""A client of a library that signs, and follows redirects."""


def of_httpx(library: Any, make: Callable[[OriginSigner], dict[str, Any]]) -> Caller:
    @contextmanager
    def caller(signer: OriginSigner) -> Iterator[Send]:
        with library.Client(follow_redirects=True, trust_env=False, verify=False, **make(signer)) as client:

            def send(method: str, url: str, headers: Mapping[str, str] = {}, body: Any = b"") -> Answer:
                answer = client.request(method, url, headers=headers, content=body or None)
                return Answer(answer.status_code, answer.content)

            yield send

    return caller


def of_async_httpx(library: Any, make: Callable[[OriginSigner], dict[str, Any]]) -> Caller:
    @contextmanager
    def caller(signer: OriginSigner) -> Iterator[Send]:
        with asyncio.Runner() as runner:
            client = library.AsyncClient(follow_redirects=True, trust_env=False, verify=False, **make(signer))

            async def go(method: str, url: str, headers: Mapping[str, str] = {}, body: Any = b"") -> Answer:
                content = body if isinstance(body, bytes) else awaited(body)
                answer = await client.request(method, url, headers=headers, content=content or None)
                return Answer(answer.status_code, answer.content)

            yield lambda *words, **named: runner.run(go(*words, **named))
            runner.run(client.aclose())

    return caller


async def awaited(pieces: Any) -> Any:
    for piece in pieces:
        yield piece


def transport(library: Any, ours: Any) -> Callable[[OriginSigner], dict[str, Any]]:
    return lambda signer: {"transport": ours.SigningTransport(signer, library.HTTPTransport(verify=False))}


def async_transport(library: Any, ours: Any) -> Callable[[OriginSigner], dict[str, Any]]:
    return lambda signer: {"transport": ours.AsyncSigningTransport(signer, library.AsyncHTTPTransport(verify=False))}


@contextmanager
def by_requests(signer: OriginSigner) -> Iterator[Send]:
    with requests.Session() as session:
        session.trust_env = False
        session.auth = signing_requests.SigningAuth(signer)

        def send(method: str, url: str, headers: Mapping[str, str] = {}, body: Any = b"") -> Answer:
            answer = session.request(method, url, headers=headers, data=body or None, timeout=60)
            return Answer(answer.status_code, answer.content)

        yield send


@contextmanager
def by_requests_adapter(signer: OriginSigner) -> Iterator[Send]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", signing_requests.SigningAdapter(signer, max_retries=2))

        def send(method: str, url: str, headers: Mapping[str, str] = {}, body: Any = b"") -> Answer:
            answer = session.request(method, url, headers=headers, data=body or None, timeout=60)
            return Answer(answer.status_code, answer.content)

        yield send


@contextmanager
def by_urllib3(signer: OriginSigner) -> Iterator[Send]:
    with SigningPoolManager(signer) as manager:

        def send(method: str, url: str, headers: Mapping[str, str] = {}, body: Any = b"") -> Answer:
            answer = manager.request(method, url, headers=dict(headers), body=body or None, timeout=60)
            return Answer(answer.status, answer.data)

        yield send


@contextmanager
def by_aiohttp(signer: OriginSigner) -> Iterator[Send]:
    async def start() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(middlewares=[SigningMiddleware(signer)])

    with asyncio.Runner() as runner:
        session = runner.run(start())

        async def go(method: str, url: str, headers: Mapping[str, str] = {}, body: Any = b"") -> Answer:
            data = body if isinstance(body, bytes) else awaited(body)
            async with session.request(method, url, headers=headers, data=data or None) as answer:
                return Answer(answer.status, await answer.read())

        yield lambda *words, **named: runner.run(go(*words, **named))
        runner.run(session.close())


CALLERS: dict[str, Caller] = {
    "httpx": of_httpx(httpx, lambda signer: {"auth": signing_httpx.SigningAuth(signer)}),
    "httpx-transport": of_httpx(httpx, transport(httpx, signing_httpx)),
    "httpx-async": of_async_httpx(httpx, lambda signer: {"auth": signing_httpx.SigningAuth(signer)}),
    "httpx-async-transport": of_async_httpx(httpx, async_transport(httpx, signing_httpx)),
    "httpx2": of_httpx(httpx2, lambda signer: {"auth": signing_httpx2.SigningAuth(signer)}),
    "httpx2-async": of_async_httpx(httpx2, lambda signer: {"auth": signing_httpx2.SigningAuth(signer)}),
    "requests": by_requests,
    "requests-adapter": by_requests_adapter,
    "urllib3": by_urllib3,
    "aiohttp": by_aiohttp,
}
