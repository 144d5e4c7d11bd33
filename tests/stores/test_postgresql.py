"""A PostgreSQL server that cannot answer, or not as it should."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.changes import EVERYTHING
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.server.opening import open_key_store
from sealstamp.server.settings import load_settings
from sealstamp.stores import postgresql
from sealstamp.stores.sql import SqlStore, open_store
from tests.postgres import Postgres, program

KEY = AccessKey("k1", b"sealed", "acme", ("shop",))
CALLS: list[Callable[[SqlStore], object]] = [
    lambda store: store.epoch(),
    lambda store: store.find_access_key("k1"),
    lambda store: store.add_access_key(KEY),
    lambda store: store.record(b"claim", 1),
    lambda store: store.transaction().__enter__(),
]

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@contextmanager
def stopped(postgres: Postgres) -> Iterator[None]:
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


@contextmanager
def setting(postgres: Postgres, name: str, value: str) -> Iterator[None]:
    """Have the whole server, open connections too, follow a setting."""
    postgres.set(name, value)
    try:
        yield
    finally:
        postgres.set(name, "default")


def test_stopped_and_started_again(shop: SqlStore, postgres: Postgres) -> None:
    """Every call is refused while the server is gone; afterwards the same store goes on as if nothing had been."""
    shop.add_access_key(KEY)
    with stopped(postgres):
        for call in CALLS:
            with pytest.raises(StoreUnavailableError, match="nobody listens"):
                call(shop)
    assert shop.get_access_key("k1") == KEY
    shop.put_consumer(Consumer("other"))


def test_restarted_between_two_calls(shop: SqlStore, postgres: Postgres) -> None:
    """No call fails for it, though every connection in the pool is dead."""
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: shop.epoch(), range(16)))
    postgres.kill()
    postgres.start()
    assert shop.list_consumers() == [Consumer("acme")]
    shop.add_access_key(KEY)


def test_killed_in_a_transaction(shop: SqlStore, postgres: Postgres) -> None:
    """It fails, nothing of it is kept, and the epoch is as it was."""
    before = shop.epoch()
    with pytest.raises(StoreUnavailableError), shop.transaction():
        shop.add_access_key(KEY)
        postgres.kill()
        postgres.start()
        shop.put_consumer(Consumer("other"))
    assert (shop.find_access_key("k1"), shop.list_consumers()) == (None, [Consumer("acme")])
    assert shop.epoch() == before


def test_read_only(shop: SqlStore, postgres: Postgres) -> None:
    """What cannot be written is refused, and still read; when it can be again, it is."""
    with setting(postgres, "default_transaction_read_only", "on"):
        for write in (shop.put_consumer, lambda _: shop.record(b"claim", 1)):
            with pytest.raises(StoreUnavailableError, match="cannot be written"):
                write(Consumer("other"))
        assert shop.list_consumers() == [Consumer("acme")]
    shop.put_consumer(Consumer("other"))


def test_silent(url: str, shop: SqlStore, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says nothing is given up, and another connection is made when it speaks again."""
    monkeypatch.setattr(postgresql, "ANSWER_MS", 200)
    store = open_store(url, busy_timeout_ms=50, connections=1)
    with store._reading() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreUnavailableError, match="does not answer in time"):
            store.epoch()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert store.epoch() == shop.epoch()
    store.close()


def test_locked(shop: SqlStore, url: str) -> None:
    """A writer waits no longer than the busy timeout; readers do not wait."""
    with psycopg.connect(url) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({postgresql.WRITE_LOCK})")
        with pytest.raises(StoreUnavailableError, match="locked by another process"):
            shop.put_consumer(Consumer("other"))
        assert shop.list_consumers() == [Consumer("acme")]
    shop.put_consumer(Consumer("other"))


def test_all_connections_in_use(url: str) -> None:
    """Whoever gets none in time is refused."""
    store = open_store(url, busy_timeout_ms=50, connections=1)
    refused = pytest.raises(StoreUnavailableError, match="all of its connections are in use")
    with ThreadPoolExecutor(1) as other, store.transaction(), refused:
        other.submit(store.epoch).result()
    store.close()


def test_as_many_connections_as_are_set(url: str) -> None:
    store = open_key_store(load_settings(store=url, store_connections=1))
    assert store._engine.pool.status().startswith("Pool size: 1 ")
    store.close()


def test_a_reader_sees_one_commit(shop: SqlStore, url: str) -> None:
    """What another has committed meanwhile is not mixed into what a transaction reads."""
    other = open_store(url)
    with shop._reading() as connection:
        count = "SELECT count(*) FROM consumers"
        assert connection.exec_driver_sql(count).scalar() == 1
        other.put_consumer(Consumer("other"))
        assert connection.exec_driver_sql(count).scalar() == 1
    assert len(shop.list_consumers()) == 2
    other.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda url: url.replace("tester@", "locked:right@"), None),
        (lambda url: url.replace("tester@", "locked:hunter2@"), "refuses the user or the password"),
        (lambda url: url.replace("tester@", "locked@"), "asks for a password"),
        (lambda url: url.replace("tester@", "locked@") + "?password=hunter2", "refuses the user or the password"),
        (lambda url: url.replace("tester@", "tester:hunter2@") + "_other", "no such database"),
    ],
)
def test_opening(
    url: str, postgres: Postgres, change: Callable[[str], str], told: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    """What is wrong is told in words of our own, in which there is no password."""
    postgres.add_user("locked", "right")
    if told is None:
        open_store(change(url)).close()
        return
    with pytest.raises(StoreUnavailableError, match=told) as caught:
        open_store(change(url))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "hunter2" not in "".join(capfd.readouterr())


def test_backup_and_restore(shop: SqlStore, url: str, postgres: Postgres, tmp_path: Path) -> None:
    """By PostgreSQL's own programs, as the documentation says: all is there, and who knew the old one forgets it."""
    shop.add_access_key(KEY)
    dump = tmp_path / "sealstamp.dump"
    before = shop.epoch()
    subprocess.run([program("pg_dump"), "--format=custom", f"--file={dump}", url], check=True)
    shop.delete_access_key("k1")
    later = shop.epoch()
    restored_url = postgres.url(postgres.make_database())
    words = ("--exit-on-error", "--no-owner", f"--dbname={restored_url}")
    subprocess.run([program("pg_restore"), *words, str(dump)], check=True, stderr=subprocess.DEVNULL)
    restored = open_store(restored_url)
    assert restored.get_access_key("k1") == KEY
    assert restored.changes_since(before).changes == set()
    assert restored.changes_since(later).changes == {EVERYTHING}
    restored.close()
