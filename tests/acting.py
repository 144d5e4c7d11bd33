"""Acts of management, in tests."""

from __future__ import annotations

import secrets

from sealstamp.core.credential import Credential
from sealstamp.core.forms import Choose
from sealstamp.keys.acts.access_keys import import_pair
from sealstamp.keys.acts.act import Act
from sealstamp.keys.domain import AccessKey
from sealstamp.keys.ports import ManagementStore
from sealstamp.keys.sealing import Sealer, SealingKey

SEALER = Sealer(SealingKey.of(b"k" * 32))


def act_on(store: ManagementStore, sealer: Sealer = SEALER, *, now_ms: int = 0, choose: Choose = secrets.choice) -> Act:
    """What surrounds an act on ``store`` at ``now_ms`` (Unix milliseconds)."""
    return Act(store, sealer, "tester", None, now_ms, choose)


def keep_pair(store: ManagementStore, sealer: Sealer, pair: Credential, *apis: str, now_ms: int = 0) -> AccessKey:
    """Keep a pair of the consumer ``acme``."""
    return import_pair(act_on(store, sealer, now_ms=now_ms), pair, consumer="acme", apis=apis)
