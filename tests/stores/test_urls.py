"""The URLs of stores, and what is shown of them."""

from __future__ import annotations

import pytest

from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.stores.sql import open_store
from sealstamp.stores.urls import shown_url


@pytest.mark.parametrize("wrong", ["postgresql://hunter2@host:port/x", "postgresql://u:p@h/x?hunter2=1", "postgres:"])
def test_not_a_url(wrong: str) -> None:
    """It is told how to write one, and nothing is shown of it."""
    with pytest.raises((ConfigurationError, StoreUnavailableError)) as caught:
        open_store(wrong)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("postgresql://me:hunter2@db.example:5432/keys", "postgresql://me:***@db.example:5432/keys"),
        ("postgresql://me@db.example/keys", "postgresql://me@db.example/keys"),
        ("postgresql://db1,db2:5433/keys?sslmode=require", "postgresql://db1,db2:5433/keys?sslmode=require"),
        ("postgresql://db/keys?user=me&password=hunter2", "postgresql://db/keys?user=me&password=***"),
        ("postgresql://db/keys?sslpassword=hunter2&a=b", "postgresql://db/keys?sslpassword=***&a=b"),
        ("postgresql://me:hun@ter2@db/keys", "postgresql://***"),
        ("postgresql://me:hun/ter2@db/keys", "postgresql://***"),
        ("postgresql://me:hun#ter2@db/keys", "postgresql://***"),
        ("postgresql://me:hun?ter2@db/keys", "postgresql://***"),
        ("host=db password=hunter2", "***"),
        ("sqlite:////var/lib/keys.db", "sqlite:////var/lib/keys.db"),
    ],
)
def test_shown(given: str, shown: str) -> None:
    """Everything but passwords; and where one could go on unnoticed, next to nothing."""
    assert shown_url(given) == shown
