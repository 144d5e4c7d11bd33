"""Sealing secrets anew, when the sealing key has been rotated: those of access keys, and of operators.

A few are sealed anew at a time, each few in a transaction of their own, so that nobody waits long for the store.
Whoever is interrupted runs it again, and goes on with what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Final

from sealstamp.keys.keeping import credential_of, is_current, with_credential
from sealstamp.keys.operators import Operator
from sealstamp.keys.ports import ManagementStore
from sealstamp.keys.sealing import Sealer

BATCH: Final = 200


def reseal(store: ManagementStore, sealer: Sealer, tell: Callable[[int], None] = lambda _seen: None) -> int:
    """Seal anew every secret that an older sealing key sealed, and return of how many holders.

    ``tell`` is told now and then how many access keys were looked at. After it, these need no older sealing key.
    Raises UnsealingError for a secret that none opens; what was sealed anew before stays so.
    """
    done, seen, last = _reseal_operators(store, sealer), 0, ""
    while True:
        with store.transaction():
            batch = list(islice(store.list_access_keys(after=last, page=BATCH), BATCH))
            stale = [key for key in batch if not is_current(key, sealer)]
            for key in stale:
                store.update_access_key(with_credential(key, sealer, credential_of(key, sealer)))
        if not batch:
            return done
        done, seen, last = done + len(stale), seen + len(batch), batch[-1].id
        tell(seen)


def _reseal_operators(store: ManagementStore, sealer: Sealer) -> int:
    with store.transaction():
        stale = [operator for operator in store.list_operators() if not sealer.is_current(operator.sealed_secret)]
        for operator in stale:
            store.update_operator(_resealed(operator, sealer))
    return len(stale)


def _resealed(operator: Operator, sealer: Sealer) -> Operator:
    secret = sealer.open(operator.access_key_id, operator.sealed_secret)
    return replace(operator, sealed_secret=sealer.seal(operator.access_key_id, secret))
