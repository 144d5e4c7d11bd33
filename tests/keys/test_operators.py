"""The first operator's token, over time."""

from __future__ import annotations

import secrets
from dataclasses import replace

from sealstamp.core.credential import Secret
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.operators import BOOTSTRAP_MS, claim_bootstrap, create, open_bootstrap
from sealstamp.keys.operators import Role
from sealstamp.keys.sealing import Sealer
from sealstamp.stores.sql import SqlStore


def acting(store: SqlStore, sealer: Sealer) -> Act:
    return Act(store, sealer, "test", None, 1_000, secrets.choice)


def test_token_ends(store: SqlStore, sealer: Sealer) -> None:
    """A token is good for its time, and to the last millisecond of it."""
    act = acting(store, sealer)
    token = open_bootstrap(act)
    assert token is not None
    assert claim_bootstrap(replace(act, now_ms=1_000 + BOOTSTRAP_MS), token, "late") is None
    assert claim_bootstrap(replace(act, now_ms=999 + BOOTSTRAP_MS), token, "in-time") is not None


def test_newer_token_takes_the_place(store: SqlStore, sealer: Sealer) -> None:
    """Each start makes a new one; the one before is worth nothing."""
    act = acting(store, sealer)
    first, second = open_bootstrap(act), open_bootstrap(act)
    assert first is not None
    assert second is not None
    assert claim_bootstrap(act, first, "a") is None
    assert claim_bootstrap(act, Secret(""), "a") is None
    assert claim_bootstrap(act, second, "a") is not None


def test_none_where_there_is_an_operator(store: SqlStore, sealer: Sealer) -> None:
    """A store that has an operator offers nothing; a token from before is worth nothing."""
    act = acting(store, sealer)
    token = open_bootstrap(act)
    assert token is not None
    create(act, "somebody", Role.VIEWER)
    assert open_bootstrap(act) is None
    assert claim_bootstrap(act, token, "a") is None
