"""The gRPC server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from sealstamp.errors import ConfigurationError
from sealstamp.server.ext_authz.checking import Checker
from sealstamp.server.ext_authz.messages import CheckRequest, CheckResponse
from sealstamp.server.listener.sockets import UNIX, hold_path
from sealstamp.server.trust import Trust

SERVICE: Final = "envoy.service.auth.v3.Authorization"
_STOP_SECONDS: Final = 10.0
_OPTIONS: Final = (("grpc.max_concurrent_streams", 10_000), ("grpc.max_metadata_size", 65_536))


@asynccontextmanager
async def answering(
    address: str, workers: int, checker: Checker, trust: Trust, *, most_bytes: int
) -> AsyncIterator[None]:
    """Answer at ``host:port`` or ``unix:/path`` for as long as the block runs; questions have ``most_bytes`` at most.

    Of several workers each has a socket of its own, as the listener for decisions has. Raises ConfigurationError.
    """
    with ExitStack() as resources:
        place = address
        if address.startswith(UNIX):
            path = hold_path(Path(address.removeprefix(UNIX)), workers, resources, "setting grpc_listen")
            place = f"{UNIX}{path.absolute()}"
        server = grpc.aio.server(options=[*_OPTIONS, ("grpc.max_receive_message_length", most_bytes)])
        server.add_generic_rpc_handlers([_handler(checker, trust)])
        _bind(server, place)
        await server.start()
        if place.startswith(UNIX):
            Path(place.removeprefix(UNIX)).chmod(0o660)
        try:
            yield
        finally:
            await server.stop(_STOP_SECONDS)


def _handler(checker: Checker, trust: Trust) -> grpc.GenericRpcHandler:
    async def check(raw: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        if not _is_trusted(context.peer(), trust):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "this address may not ask for decisions")
        metadata = {_bytes(key): _bytes(value) for key, value in context.invocation_metadata() or ()}
        try:
            question = CheckRequest.FromString(raw)
        except DecodeError:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "this is no CheckRequest")
        return await checker.check(question, metadata)

    method: Any = grpc.unary_unary_rpc_method_handler(check, response_serializer=CheckResponse.SerializeToString)
    return grpc.method_handlers_generic_handler(SERVICE, {"Check": method})


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _is_trusted(peer: str, trust: Trust) -> bool:
    """Tell whether ``ipv4:127.0.0.1:4711``, ``ipv6:[::1]:4711`` or ``unix:`` is trusted: a socket's mode guards it."""
    kind, _, rest = peer.partition(":")
    if kind == "unix":
        return True
    host = rest.replace("%5B", "[").replace("%5D", "]").rpartition(":")[0]
    return trust.covers_address(host.strip("[]"))


def _bind(server: grpc.aio.Server, place: str) -> None:
    try:
        bound = server.add_insecure_port(place)
    except RuntimeError:
        bound = 0
    if not bound:
        raise ConfigurationError(
            "setting grpc_listen", f"cannot listen on {place}", "give a free address of this machine"
        )
