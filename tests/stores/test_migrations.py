"""The steps that bring a database to this version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from sealstamp.errors import ConfigurationError
from sealstamp.keys.domain import AccessKey, Api, Consumer, Enforcement, SchemeChoice
from sealstamp.stores import migrations
from sealstamp.stores.sql import SqlStore, open_store
from sealstamp.stores.tables import metadata

OLD_ROWS = (
    """INSERT INTO apis VALUES ('shop', '*', '/', '[{"name": "bbx", "parameters": {}}]', 'off', NULL, NULL, NULL)""",
    "INSERT INTO consumers VALUES ('acme')",
    "INSERT INTO access_keys VALUES ('k1', x'7365616c6564', 'acme', 'active', 5, NULL)",
    "INSERT INTO access_key_apis VALUES ('k1', 'shop')",
)
"""As r0003 had them."""
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def schema_of(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    connection.close()
    return [" ".join(sql.split()) for (sql,) in rows]


def write_to(path: Path, *statements: str) -> None:
    path.parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_head_is_the_newest_step() -> None:
    """The written-out head cannot be forgotten when a step is added."""
    script = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert script.get_heads() == [migrations.HEAD]


def test_migrated_database_has_this_versions_tables(store: SqlStore) -> None:
    """The steps lead to exactly the tables that the code reads and writes."""
    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": migrations.VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


@on_sqlite
def test_migrated_constraints_are_this_versions(store: SqlStore, path: Path, tmp_path: Path) -> None:
    """Constraints and their names are the same too, which a comparison of tables overlooks."""
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    with other._engine.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    other.close()
    migrated = [sql for sql in schema_of(path) if migrations.VERSION_TABLE not in sql]
    assert migrated == [sql for sql in schema_of(tmp_path / "other.db") if migrations.VERSION_TABLE not in sql]


@on_sqlite
def test_opened_again(store: SqlStore, path: Path) -> None:
    """A database that is up to date is opened without a write: even a locked one."""
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    open_store(f"sqlite:///{path}", busy_timeout_ms=1).close()
    writer.close()


def test_rows_of_an_older_version_are_kept(path: Path) -> None:
    """What a database held before it is brought up to date is there afterwards, and has no limits."""
    path.parent.mkdir()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        command.upgrade(config, "r0003")
        for statement in OLD_ROWS:
            connection.exec_driver_sql(statement)
    engine.dispose()
    store = open_store(f"sqlite:///{path}")
    assert store.list_apis() == [Api("shop", "*", "/", (SchemeChoice("bbx"),), Enforcement.OFF)]
    assert store.list_consumers() == [Consumer("acme")]
    assert list(store.list_access_keys()) == [AccessKey("k1", b"sealed", "acme", ("shop",), created_at_ms=5)]
    store.close()


def test_database_of_a_newer_version(empty_url: str) -> None:
    """It is refused and left alone: writing to tables one does not know destroys them."""
    store = open_store(empty_url)
    with store.transaction():
        store._local.unit.connection.exec_driver_sql("UPDATE sealstamp_version SET version_num = 'r9999'")
    store.close()
    with pytest.raises(ConfigurationError, match="newer version") as caught:
        open_store(empty_url)
    assert caught.value.hint.startswith("upgrade Sealstamp")


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE songs (title)"],
        ["CREATE TABLE sealstamp_version (version_num)"],
        ["CREATE TABLE sealstamp_version (version_num)", "INSERT INTO sealstamp_version VALUES ('37aa8')"],
    ],
)
def test_database_of_another_program(path: Path, statements: list[str]) -> None:
    """It is refused and left alone."""
    write_to(path, *statements)
    before = schema_of(path)
    with pytest.raises(ConfigurationError, match="another program"):
        open_store(f"sqlite:///{path}")
    assert schema_of(path) == before


def test_empty_file(path: Path) -> None:
    """A file made beforehand is used as it is."""
    path.parent.mkdir()
    path.touch()
    store = open_store(f"sqlite:///{path}")
    assert store.list_apis() == []
    store.close()


def test_path_with_signs(tmp_path: Path) -> None:
    """Signs that mean something in a URL, a setting or SQL mean nothing in a path."""
    path = tmp_path / "100% a'b & #c" / "keys.db"
    store = open_store(f"sqlite:///{path}")
    assert store.list_apis() == []
    store.close()
    assert path.exists()
