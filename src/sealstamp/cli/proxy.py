"""``sealstamp proxy``: a local port that signs what is sent through it."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser, Namespace
from contextlib import suppress

from sealstamp.cli import output
from sealstamp.cli.signing import add_signer, need_proxy, signer_of
from sealstamp.errors import ConfigurationError


def add(parser: ArgumentParser) -> None:
    """Say what ``proxy`` takes."""
    add_signer(parser)
    parser.add_argument(
        "--listen", default="127.0.0.1:8787", metavar="HOST:PORT", help="where to listen; 127.0.0.1:8787 if not given"
    )
    parser.add_argument(
        "--expose",
        action="store_true",
        help="listen on another address than loopback: whoever reaches it can use the key",
    )
    parser.add_argument(
        "--allow-page",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages of this origin, such as http://localhost:3000, send requests; may come again",
    )
    output.add_json(parser, "print where it listens, and what it signs for, as JSON")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Serve until told to stop. Raises ConfigurationError for an address that cannot be."""
    need_proxy()
    from sealstamp.signing.proxy.running import SigningProxy

    host, port = _address(arguments)
    signer = signer_of(arguments)
    signer.prepare()
    proxy = SigningProxy(signer, pages=arguments.allow_page)

    def tell(bound: int) -> None:
        url = f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        document = {"listen": url, "origin": str(signer.origin), "scheme": signer.scheme.name}
        output.show(arguments, document, lambda: output.say(f"{url} signs for {signer.origin} by {signer.scheme.name}"))
        output.flush()

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):  # on Windows; there an interruption ends the program
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with proxy.listening(host, port) as bound:
            tell(bound)
            await stop.wait()

    try:
        asyncio.run(serve())
    except OSError as error:
        raise ConfigurationError("--listen", error.strerror or "it cannot be listened on", "take another") from None
    return output.DONE


def _address(arguments: Namespace) -> tuple[str, int]:
    from sealstamp.signing.proxy.running import LOOPBACK

    host, _, port = arguments.listen.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise ConfigurationError("--listen", "it is no address", "write 127.0.0.1:8787; port 0 is any free one")
    if host not in LOOPBACK and not arguments.expose:
        raise ConfigurationError("--listen", "it is not loopback", "give --expose if others may use your key")
    return host, int(port)
