"""The gRPC server for Envoy, apart from what decides: who may ask, what is read of a question, what bytes may come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from sealstamp.errors import ConfigurationError
from sealstamp.server.ext_authz.listening import SERVICE, _is_trusted, answering
from sealstamp.server.ext_authz.messages import CheckRequest, CheckResponse, add_header
from sealstamp.server.trust import Trust
from tests.server.service import free_port

TRUST = Trust([ip_network("127.0.0.0/8"), ip_network("::1/128")])
NOBODY = Trust([])


class Echo:
    """Denies, and says what it was asked."""

    async def check(self, question: Any, metadata: Mapping[bytes, bytes]) -> Any:
        http = question.attributes.request.http
        denied = {"status": {"code": 402}, "body": http.path + b" " + metadata.get(b"x-decide-api", b"?")}
        response = CheckResponse(status={"code": 7}, denied_response=denied)
        add_header(response.denied_response.headers, b"x-raw", http.raw_body)
        return response


def asking(address: str, trust: Trust, ask: Callable[[Callable[..., Awaitable[bytes]]], Awaitable[object]]) -> object:
    """Serve at an address, and run ``ask`` with what calls it with bytes."""

    async def run() -> object:
        server = answering(address, 1, Echo(), trust, most_bytes=100_000)  # type: ignore[arg-type]
        async with server, grpc.aio.insecure_channel(address) as channel:
            return await ask(channel.unary_unary(f"/{SERVICE}/Check"))

    return asyncio.run(run())


def question() -> bytes:
    http = {"path": b"/caf\xe9", "raw_body": b"\xff\x00"}
    made: bytes = CheckRequest(attributes={"request": {"http": http}}).SerializeToString()
    return made


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_question_and_answer(kind: str, tmp_path: Path) -> None:
    """Bytes that are no UTF-8 come as they are, and go as they are; so does what the configuration says."""
    address = f"unix:{tmp_path}/g.sock" if kind == "unix" else f"127.0.0.1:{free_port()}"

    async def ask(call: Callable[..., Awaitable[bytes]]) -> object:
        return await call(question(), metadata=(("x-decide-api", "shop"),))

    raw = asking(address, TRUST, ask)
    assert isinstance(raw, bytes)
    answer = CheckResponse.FromString(raw)
    assert (answer.status.code, answer.denied_response.status.code) == (7, 402)
    assert answer.denied_response.body == b"/caf\xe9 shop"
    assert answer.denied_response.headers[0].header.value == b"\xff\x00"


@pytest.mark.parametrize(
    ("sent", "trust", "code"),
    [
        (b"\xff\xff\xff no protobuf", TRUST, grpc.StatusCode.INVALID_ARGUMENT),
        (b"\x0a\xff\x7f", TRUST, grpc.StatusCode.INVALID_ARGUMENT),
        (b"\x0a\x80" * 60_000, TRUST, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (question(), NOBODY, grpc.StatusCode.PERMISSION_DENIED),
    ],
)
def test_no_answer(sent: bytes, trust: Trust, code: grpc.StatusCode) -> None:
    """What is no question gets an error, on which Envoy lets nobody in; so does one who may not ask."""

    async def ask(call: Callable[..., Awaitable[bytes]]) -> object:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call(sent)
        return failed.value.code()

    assert asking(f"127.0.0.1:{free_port()}", trust, ask) is code


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        ("unix:", True),
        ("ipv4:127.0.0.1:4711", True),
        ("ipv6:[::1]:4711", True),
        ("ipv6:%5B::1%5D:4711", True),
        ("ipv4:192.0.2.1:4711", False),
        ("ipv6:[2001:db8::1]:4711", False),
        ("", False),
    ],
)
def test_peers(peer: str, *, trusted: bool) -> None:
    """Those of a Unix socket, whose mode keeps others off, and those at trusted addresses."""
    assert _is_trusted(peer, TRUST) is trusted


def test_address_that_is_taken(tmp_path: Path) -> None:
    """The setting is named."""

    async def ask(_: object) -> object:
        async with answering(address, 1, Echo(), TRUST, most_bytes=1):  # type: ignore[arg-type]
            return None

    address = f"unix:{tmp_path}/g.sock"
    with pytest.raises(ConfigurationError, match="setting grpc_listen: another process listens"):
        asking(address, TRUST, ask)
