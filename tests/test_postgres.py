"""The tests' PostgreSQL server does what the tests of faults rely on."""

from __future__ import annotations

from tests.postgres import Postgres


def test_a_database_outlives_a_crash(postgres: Postgres) -> None:
    """What was committed is there when the killed server has started again, in a database of the test's own."""
    name = postgres.make_database()
    postgres.run("CREATE TABLE kept AS SELECT 5 AS number", name)
    postgres.kill()
    postgres.start()
    assert postgres.run("SELECT number FROM kept", name) == [(5,)]


def test_the_version_is_one_that_is_supported(postgres: Postgres) -> None:
    """15 or later."""
    ((version,),) = postgres.run("SHOW server_version_num")
    assert int(str(version)) >= 150_000
