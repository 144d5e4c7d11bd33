"""``sealstamp proxy-config``: a proxy's configuration for an API, as the local store and the settings have it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.local import add_config, opened, settings_of
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from sealstamp.keys.ports import KeyStore
    from sealstamp.server.proxies.templates import ConfigFile
    from sealstamp.server.settings import Settings


def add(parser: ArgumentParser) -> None:
    """Say what ``proxy-config`` takes."""
    parser.add_argument("proxy", metavar="PROXY", help="nginx, caddy, haproxy, envoy, envoy-grpc, traefik or apisix")
    parser.add_argument("--api", required=True, metavar="NAME", help="the API whose requests the proxy asks about")
    parser.add_argument(
        "--listen", default="0.0.0.0:8000", metavar="HOST:PORT", help="where the proxy listens; else 0.0.0.0:8000"
    )
    parser.add_argument("--upstream", metavar="ORIGIN", help="where the proxy passes requests on; else the API's own")
    parser.add_argument(
        "--upstream-name", metavar="NAME", help="what an https upstream's certificate is for; else the origin's host"
    )
    parser.add_argument(
        "--upstream-ca",
        metavar="FILE",
        help="whom the proxy believes about that, in PEM; else the system's authorities",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write the files there, and print their paths")
    add_config(parser)
    output.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Print the files, or write them. Raises ConfigurationError, NotFoundError, StoreUnavailableError."""
    settings = settings_of(arguments)
    _check_address(arguments.listen)
    with opened(settings) as (store, _):
        files, notes = _written(arguments, settings, store)
    for note in notes:
        output.note(f"sealstamp: {note}")
    if arguments.out is not None:
        _save(arguments.out, files)
    document = {"files": [{"name": file.name, "text": file.text} for file in files], "notes": notes}
    return output.show(arguments, document, lambda: _tell(arguments.out, files))


def _written(arguments: Namespace, settings: Settings, store: KeyStore) -> tuple[list[ConfigFile], list[str]]:
    from sealstamp.keys.schemes import Shelf
    from sealstamp.keys.snapshot import response_profile
    from sealstamp.server.proxies.describing import lists_of, notes_on, values_of
    from sealstamp.server.proxies.templates import write_files
    from sealstamp.server.proxies.upstreams import upstream_of

    _check_proxy(arguments.proxy, settings)
    api, shelf = store.get_api(arguments.api), Shelf(store.list_schemes())
    schemes = [shelf.get(choice.name, choice.parameters) for choice in api.schemes]
    folder = (arguments.out or Path("/etc", arguments.proxy)).absolute()
    upstream = upstream_of(api, arguments.upstream, arguments.upstream_name, arguments.upstream_ca)
    values = values_of(settings, api, schemes, listen=arguments.listen, upstream=upstream, folder=folder)
    lists = lists_of(settings, api, schemes, response_profile(api, shelf), upstream)
    return write_files(arguments.proxy, values, lists), notes_on(schemes)


def _check_proxy(proxy: str, settings: Settings) -> None:
    from sealstamp.core.suggest import did_you_mean
    from sealstamp.server.proxies.templates import proxy_names

    known = proxy_names()
    if proxy not in known:
        raise ConfigurationError(proxy, "there is no such proxy here", did_you_mean(proxy, known))
    if proxy == "envoy-grpc" and not settings.grpc_listen:
        hint = "set it, such as to unix:/run/sealstamp/grpc.sock"
        raise ConfigurationError("setting grpc_listen", "it is not given, so nobody answers over gRPC", hint)


def _check_address(text: str) -> None:
    from sealstamp.server.settings import check_address

    try:
        check_address(text)
    except ValueError as error:
        raise ConfigurationError("--listen", str(error), "give where the proxy listens") from None


def _save(folder: Path, files: list[ConfigFile]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file.name).write_text(file.text, encoding="utf-8")


def _tell(folder: Path | None, files: list[ConfigFile]) -> None:
    if folder is not None:
        for file in files:
            output.say(str(folder / file.name))
    else:
        output.say("\n".join(file.text for file in files).rstrip("\n"))
