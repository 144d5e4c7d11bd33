"""Sealing secrets anew, when the sealing key has been rotated."""

from __future__ import annotations

from sealstamp.keys.keeping import credential_of, is_current, with_credential
from sealstamp.keys.ports import KeyStore
from sealstamp.keys.sealing import Sealer


def reseal(store: KeyStore, sealer: Sealer) -> int:
    """Seal anew every secret that an older sealing key sealed, and return how many; all of them or none.

    After it, older sealing keys are no longer needed. Raises UnsealingError.
    """
    with store.transaction():
        stale = [key for key in store.list_access_keys() if not is_current(key, sealer)]
        for key in stale:
            store.update_access_key(with_credential(key, sealer, credential_of(key, sealer)))
    return len(stale)
