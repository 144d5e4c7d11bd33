"""``sealstamp serve``: run the service, or only check that it could run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from sealstamp.cli import output
from sealstamp.cli.local import acting, add_local, opened, settings_of
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from sealstamp.server.settings import Settings


def add(parser: ArgumentParser) -> None:
    """Say what ``serve`` takes."""
    add_local(parser)
    parser.add_argument(
        "--check",
        action="store_true",
        help="open store, sealing key and assertion key as a start would, print the settings, and leave",
    )
    output.add_json(parser, "with --check: print the settings as JSON; their secrets are left out")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Serve until told to stop. Raises ConfigurationError, StoreUnavailableError before anything is served."""
    if arguments.json and not arguments.check:
        raise ConfigurationError("--json", "a service prints no result", "give --check too, or leave it out")
    settings = settings_of(arguments)
    with opened(settings):
        _check_mail(settings)
        _check_assertion_key(settings)
    if arguments.check:
        shown = settings.shown()
        rows = ((name, _written(value)) for name, value in shown.items())
        return output.show(arguments, shown, lambda: output.show_table(("SETTING", "VALUE"), rows))
    from sealstamp.server.running import serve  # the server is imported only to serve

    output.note(f"sealstamp: starting on http://{settings.listen}")
    if settings.management_hosts:
        _offer_bootstrap(settings)
    serve(settings, arguments.config)
    return output.DONE


def _offer_bootstrap(settings: Settings) -> None:
    """Print a token for the first admin, where there is no operator yet: this once, and it is good once."""
    from sealstamp.keys.acts.operators import BOOTSTRAP_MS, open_bootstrap

    with acting(settings) as act:
        token = open_bootstrap(act)
    if token is not None:
        minutes = BOOTSTRAP_MS // 60_000
        output.note(
            f"sealstamp: there is no operator yet; within {minutes} minutes, make the first admin with the token"
        )
        output.note(f"sealstamp: bootstrap token {token.reveal().decode()}")


def _check_mail(settings: Settings) -> None:
    """Raise ConfigurationError for settings and templates of mail that a start would not take."""
    from sealstamp.server.opening import open_post

    open_post(settings)


def _check_assertion_key(settings: Settings) -> None:
    """Raise ConfigurationError for a key that a start could not sign assertions with."""
    from sealstamp.server.asserting import open_asserter
    from sealstamp.server.clock import now_ms

    open_asserter(settings.assertion_key_file, now_ms, settings.assertion_lifetime)


def _written(value: object) -> str:
    """Write a setting's value as its file has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
