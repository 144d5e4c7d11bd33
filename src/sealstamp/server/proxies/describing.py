"""What a configuration has to know: the API, where Sealstamp is asked, which headers and refusals there can be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from sealstamp import errors
from sealstamp.core.places import Where
from sealstamp.core.scheme import ResponseProfile, Scheme
from sealstamp.core.verifier import Verifier
from sealstamp.errors import ConfigurationError, Reason, VerificationError
from sealstamp.keys.domain import Api
from sealstamp.keys.routing import ANY_HOST
from sealstamp.server.answers import REQUEST_ID, SERVER_TIME
from sealstamp.server.dialects.dialect import spelled
from sealstamp.server.identity import PREFIX, TOLD
from sealstamp.server.listener.sockets import UNIX, socket_paths
from sealstamp.server.proxies.templates import Lists, Values
from sealstamp.server.proxies.upstreams import Upstream
from sealstamp.server.settings import Settings

_PLAIN: Final = re.compile(r"[A-Za-z0-9._~/:@-]*")
_OWN_STATUSES: Final = (403, 500)
"""Of answers about requests that no API's refusals are worded for."""
_OFTEN_SIGNED: Final = (b"content-type", b"content-digest", b"content-md5", b"date")
_ON_REFUSALS: Final = (b"www-authenticate", b"retry-after", b"ratelimit", b"ratelimit-policy", REQUEST_ID, SERVER_TIME)


def values_of(
    settings: Settings, api: Api, schemes: Iterable[Scheme], *, listen: str, upstream: Upstream, folder: Path
) -> Values:
    """Return what stands in a configuration once.

    ``listen`` is the proxy's own address and port, ``folder`` where the files are to be. Raises ConfigurationError.
    """
    _check_plain(api)
    host, _, port = listen.rpartition(":")
    return {
        "api": api.name,
        "id": re.sub(r"\W", "_", api.name),
        "host": api.host,
        "server_name": api.host if _is_hosted(api) else "_",
        "site_host": api.host if _is_hosted(api) else "",
        "prefix": api.path_prefix,
        "config_folder": str(folder),
        "max_body": str(settings.max_body),
        # The ends of the headers' names, in any spelling: a scheme may have headers of its own that begin as they do.
        "told": "|".join(_end_of(name).replace("-", "[-_.]") for name in TOLD),
        "listen": listen,
        "listen_host": host.strip("[]"),
        "listen_port": port,
        **upstream.values,
        "underscores": "on" if _has_underscores(schemes) else "off",
    }


def lists_of(
    settings: Settings, api: Api, schemes: Iterable[Scheme], responses: ResponseProfile | None, upstream: Upstream
) -> Lists:
    """Return what may stand in a configuration several times, or not at all."""
    unix, tcp = _listening(settings.decision_listen or settings.listen, settings.workers)
    grpc_unix, grpc_tcp = _listening(settings.grpc_listen, settings.workers)
    return {
        # For proxies that cannot ask over a Unix socket: the gateway's address answers too.
        "http": [_address(address) for address in tcp or [settings.listen]],
        "signed": [_header(name) for name in _signed(schemes)],
        "grpc_unix": [{"path": str(path)} for path in grpc_unix],
        "grpc_tcp": [_address(address) for address in grpc_tcp],
        "body": [{}] if any(_looks_at_body(scheme) for scheme in schemes) else [],
        "hosted": [{}] if _is_hosted(api) else [],
        "hostless": [] if _is_hosted(api) else [{}],
        **_routes(api),
        "everything": [{}] if api.path_prefix == "/" else [],
        "below": [] if api.path_prefix == "/" else [{}],
        "unix": [{"path": str(path)} for path in unix],
        "tcp": [_address(address) for address in tcp],
        "identity": [_header(name) for name in TOLD],
        "refusal": [_header(name) for name in _ON_REFUSALS],
        **upstream.lists,
        "status": [{"status": str(status)} for status in _statuses(responses)],
    }


def notes_on(schemes: Iterable[Scheme]) -> list[str]:
    """Return what has to be known of schemes whose signatures are not over the head of a request alone."""
    notes = []
    for scheme in schemes:
        verifier = Verifier(scheme, body_later=True)
        if verifier.needs_body:
            notes.append(f"{scheme.name} signs the body, which no proxy sends along: guard this API with the gateway")
        elif verifier.digests_body:
            notes.append(
                f"{scheme.name} signs a digest of the body, which the application compares: BodyCheckMiddleware"
            )
    return notes


def _routes(api: Api) -> Lists:
    """Return which of four rules fits the API."""
    kinds = {("everything" if api.path_prefix == "/" else "below") + ("_hosted" if _is_hosted(api) else "_hostless")}
    names = [f"{path}_{host}" for path in ("everything", "below") for host in ("hosted", "hostless")]
    return {name: [{}] if name in kinds else [] for name in names}


def _is_hosted(api: Api) -> bool:
    return api.host.encode() != ANY_HOST


def _check_plain(api: Api) -> None:
    if _PLAIN.fullmatch(api.path_prefix) is None:
        problem = f"the path prefix {api.path_prefix!r} means something else in the languages of proxies"
        raise ConfigurationError(f"API {api.name}", problem, "use letters, digits and . _ ~ : @ - in it")


def _has_underscores(schemes: Iterable[Scheme]) -> bool:
    return any(b"_" in name for name in _signed(schemes))


def _signed(schemes: Iterable[Scheme]) -> list[bytes]:
    """Return the headers in which what the schemes need travels, and those that people sign beside them."""
    places = [place for scheme in schemes for carrier in scheme.carriers for place in carrier.places]
    named = [place.key for place in places if place.where is Where.HEADER]
    return [*dict.fromkeys([*named, *_OFTEN_SIGNED])]


def _looks_at_body(scheme: Scheme) -> bool:
    verifier = Verifier(scheme, body_later=True)
    return verifier.may_need_body or verifier.digests_body


def _listening(address: str, workers: int) -> tuple[Sequence[Path], Sequence[str]]:
    """Return the sockets, or the address, where a setting has the service listen."""
    if address.startswith(UNIX):
        return socket_paths(Path(address.removeprefix(UNIX)).absolute(), workers), []
    return [], [address] if address else []


def _address(address: str) -> Values:
    host, _, port = address.rpartition(":")
    near = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104  # one listens there, and asks here
    return {"authority": f"{near}:{port}", "address": near.strip("[]"), "port": port}


def _header(name: bytes) -> Values:
    return {
        "header": spelled(name),
        "name": name.decode(),
        "variable": name.decode().replace("-", "_"),
        "first_word": _end_of(name).partition("-")[0].title(),
        "underscored": spelled(name).replace("-", "_"),
    }


def _end_of(name: bytes) -> str:
    return name.removeprefix(PREFIX).decode()


def _statuses(responses: ResponseProfile | None) -> list[int]:
    if responses is None:
        kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
        worded = {kind.status for kind in kinds if issubclass(kind, VerificationError)}
    else:
        worded = {responses.answer_for(reason).status for reason in Reason}
    return sorted(worded.union(_OWN_STATUSES, (400, 503)))
