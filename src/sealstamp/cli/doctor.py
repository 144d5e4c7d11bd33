"""``sealstamp doctor``: whether what a service needs is there, and in order."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from sealstamp.cli import output
from sealstamp.cli.local import add_local, local_settings_of, opened
from sealstamp.cli.moments import now_ms
from sealstamp.errors import SealstampError

if TYPE_CHECKING:
    from sealstamp.keys.domain import AccessKey
    from sealstamp.keys.sealing import Sealer
    from sealstamp.server.clock_watch import ClockWatch
    from sealstamp.server.settings import Settings
    from sealstamp.stores.sql import SqlStore


class Finding(NamedTuple):
    """What a check has found."""

    check: str
    is_well: bool
    found: str


class _UndoneError(Exception):
    """Leaves a transaction so that nothing of it is kept."""


def add(parser: ArgumentParser) -> None:
    """Say what ``doctor`` takes."""
    acts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    about = "check the store: connection, version, tables, permissions, clock, sealing key"
    more = "nothing is changed but tables of an older version"
    store = acts.add_parser("store", help=about, description=f"{about}; {more}")
    add_local(store)
    output.add_json(store)
    store.set_defaults(run=_store)


def _store(arguments: Namespace) -> int:
    """Check the store. Raises ConfigurationError, StoreUnavailableError where it cannot be opened."""
    settings = local_settings_of(arguments)
    with opened(settings) as (store, sealer):
        findings = list(_findings(store, sealer, settings))
    document = [{"check": each.check, "ok": each.is_well, "found": each.found} for each in findings]
    rows = [(each.check, "ok" if each.is_well else "PROBLEM", each.found) for each in findings]
    output.show(arguments, document, lambda: output.show_table(("CHECK", "STATE", "FOUND"), rows))
    return output.DONE if all(each.is_well for each in findings) else output.FAILED


def _findings(store: SqlStore, sealer: Sealer, settings: Settings) -> Iterator[Finding]:
    from sealstamp.stores.migrations import HEAD

    yield _look("connection", store.server)
    yield Finding("tables", is_well=True, found=f"up to date ({HEAD})")
    yield _look("permission to write", lambda: _try_to_write(store))
    yield _clock(store, settings.max_clock_distance)
    yield _look("sealing key", lambda: _try_to_unseal(store, sealer))
    if settings.replay_store:
        yield _replay_store(settings)


def _look(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, is_well=True, found=look())
    except SealstampError as error:
        return Finding(check, is_well=False, found=str(error).partition("\nhint: ")[0])


def _try_to_write(store: SqlStore) -> str:
    try:
        with store.transaction():
            store.record(b"sealstamp doctor", 0)
            raise _UndoneError  # noqa: TRY301  # it is what undoes the writing
    except _UndoneError:
        return "a row was written, and taken back"


def _clock(store: SqlStore, most_ms: int) -> Finding:
    from sealstamp.server.clock_watch import ClockWatch

    watch = ClockWatch(store, now_ms, most_ms)
    finding = _look("clock", lambda: _compare(watch))
    return finding._replace(is_well=finding.is_well and not watch.is_off)


def _compare(watch: ClockWatch) -> str:
    watch.measure()
    return "the store has none" if watch.distance_ms is None else f"{watch.distance_ms} ms from this machine's"


def _replay_store(settings: Settings) -> Finding:
    import asyncio

    from sealstamp.server.sharing import check_replay_store

    distances_ms: list[int] = []

    def ask() -> str:
        distances_ms.append(asyncio.run(check_replay_store(settings, now_ms)))
        return f"claims can be made; its clock is {distances_ms[0]} ms from this machine's"

    finding = _look("replay store", ask)
    return finding._replace(is_well=finding.is_well and max(distances_ms) <= settings.max_clock_distance)


def _try_to_unseal(store: SqlStore, sealer: Sealer) -> str:
    from sealstamp.keys.keeping import credential_of

    key: AccessKey | None = next(iter(store.list_access_keys(page=1)), None)
    if key is None:
        return "there is no access key to try it on"
    credential_of(key, sealer)
    return "it opens what is sealed"
