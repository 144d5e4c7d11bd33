"""What the commands that sign for a whole origin ask for: a profile, a server, a scheme."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from sealstamp.signing import OriginSigner

INSTALL = "pip install 'sealstamp[proxy]'"


def add_signer(parser: ArgumentParser) -> None:
    """Ask for what is to sign; what is not given is found in a profile or the environment."""
    parser.add_argument("--profile", metavar="NAME", help="whose pair to use; else that of the environment, or default")
    parser.add_argument("--server", metavar="URL", help="the API's origin, if the profile does not tell it")
    parser.add_argument("--scheme", metavar="NAME|FILE", help="how to sign, if the profile does not tell it")
    parser.add_argument(
        "--learn-time", action="store_true", help="set the clock by a refusal that tells the server's time"
    )


def signer_of(arguments: Namespace, server: str | None = None) -> OriginSigner:
    """Return the signer; ``server`` is for where nothing tells one. Raises ConfigurationError."""
    from sealstamp.signing import OriginSigner

    return OriginSigner.find(
        profile=arguments.profile,
        server=arguments.server,
        scheme=arguments.scheme,
        learns_time=arguments.learn_time,
        fallback=server,
    )


def need_proxy() -> None:
    """Raise ConfigurationError where what the proxy is made of is not installed."""
    from importlib.util import find_spec

    if find_spec("h11") is None or find_spec("httpcore2") is None:
        raise ConfigurationError("sealstamp[proxy]", "it is not installed", INSTALL)
