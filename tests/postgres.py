"""A PostgreSQL server of the test process's own, with a database for each test.

It listens on loopback and lives in a folder that goes with it. It need not flush to the disk: no test loses power.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.server.service import free_port

PATIENCE = 120.0
"""Seconds in which the server must have started or ended."""
_DEBIAN = Path("/usr/lib/postgresql")
_FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=16MB", "max_connections=200")


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; skip the test where it is missing, and fail it under CI."""
    debian = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = shutil.which(name) or (str(debian[-1]) if debian else None)
    if found is None:
        told = f"needs {name}: run tests/tools/install postgres"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    return found


class Postgres:
    """A server that can be stopped, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._log = folder / "log"
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        # As root, PostgreSQL refuses to run.
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
        self.port = free_port()
        # A language's order, in which B comes after a: nothing may depend on it.
        order = ("--no-locale", "--locale-provider=icu", "--icu-locale=en")
        words = [program("initdb"), "-D", str(self._data), "-A", "trust", "-U", "tester", "-E", "UTF8", *order]
        subprocess.run([*words, "--no-sync"], user=self._user, cwd="/", check=True, stdout=subprocess.DEVNULL)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *_FAST]
        words = [word for option in options for word in ("-c", option)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", str(self._data), *words], user=self._user, cwd="/", stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server in good order, and every connection with it."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the server as a crash would: it has to recover when it starts again."""
        self._end(signal.SIGQUIT)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(PATIENCE)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url()).close()
        except psycopg.OperationalError:
            return False
        return True

    def run(self, statement: str | sql.Composed, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the server's owner."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def set(self, name: str, value: str) -> None:
        """Change a setting of the whole server, for open connections too."""
        before = self.run(f"SHOW {name}")
        self.run(f"ALTER SYSTEM SET {name} = {value}")
        self.run("SELECT pg_reload_conf()")
        deadline = time.monotonic() + PATIENCE
        while self.run(f"SHOW {name}") == before:  # a new connection follows it when the open ones have been told
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def add_user(self, name: str, password: str) -> None:
        """Add a user who must give a password, unless there is one; who may do all."""
        if self.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"):
            return
        self.run(f"CREATE ROLE {name} LOGIN SUPERUSER PASSWORD '{password}'")
        rules = self._data / "pg_hba.conf"
        rules.write_text(f"host all {name} 127.0.0.1/32 scram-sha-256\n{rules.read_text()}")
        self.run("SELECT pg_reload_conf()")

    def make_database(self) -> str:
        """Make a database, and return its name."""
        name = f"test_{next(self._numbers)}"
        self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name


class Standby(Postgres):
    """A server that follows another one, and can be read."""

    def __init__(self, folder: Path, primary: Postgres) -> None:
        self._data = folder / "data"
        self._log = folder / "log"
        self._numbers = count(1)
        self._process = None
        self._user = primary._user
        if self._user is not None:
            os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
        self.port = free_port()
        words = ["-D", str(self._data), "-d", primary.url(), "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        quiet = subprocess.DEVNULL
        subprocess.run([program("pg_basebackup"), *words], user=self._user, cwd="/", check=True, stdout=quiet)

    def promote(self) -> None:
        """Become a primary, and wait until that is so."""
        self.run("SELECT pg_promote()")


@contextmanager
def following(primary: Postgres) -> Iterator[Standby]:
    """Run a standby for as long as the block runs."""
    with _folder() as folder:
        server = Standby(folder, primary)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder that every user may enter, and that goes again."""
    folder = Path(tempfile.mkdtemp(prefix="sealstamp-postgres-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class Emptied:
    """A database for one test after the other: emptying one takes far less than making one, and later removing it."""

    def __init__(self, server: Postgres, name: str) -> None:
        """Remember what is in the database ``name`` now, which is what every test finds."""
        self._server = server
        self._name = name
        listed = server.run(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'", name
        )
        tables = [sql.Identifier(str(table)) for (table,) in listed]
        server.run("CREATE SCHEMA at_first", name)
        for table in tables:
            server.run(sql.SQL("CREATE TABLE at_first.{0} AS TABLE public.{0}").format(table), name)
        # What is empty is left alone, and references are not followed: it takes a tenth of what TRUNCATE takes.
        emptied = sql.SQL(
            "IF EXISTS (SELECT 1 FROM {0} UNION ALL SELECT 1 FROM at_first.{0})"
            " THEN DELETE FROM {0}; INSERT INTO {0} TABLE at_first.{0}; END IF;"
        )
        self._empty = (
            sql.SQL("SET session_replication_role = replica; DO $$ BEGIN ")
            + sql.SQL(" ").join(emptied.format(table) for table in tables)
            + sql.SQL(" END $$")
        )

    def url(self) -> str:
        """Return the URL of the database, as it was at first."""
        self._server.run(self._empty, self._name)
        return self._server.url(self._name)


@contextmanager
def running() -> Iterator[Postgres]:
    """Run a server for as long as the block runs."""
    with _folder() as folder:
        server = Postgres(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()
