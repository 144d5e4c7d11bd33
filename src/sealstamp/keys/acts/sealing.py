"""Sealing anew, when the sealing key has been rotated: all that is sealed in a store.

A few are sealed anew at a time, each few in a transaction of their own, so that nobody waits long for the store.
Whoever is interrupted runs it again, and goes on with what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Final, TypeVar

from sealstamp.keys.acts.act import Act
from sealstamp.keys.domain import AccessKey
from sealstamp.keys.keeping import credential_of, is_current, with_credential
from sealstamp.keys.mail import Mail, open_values, seal_values
from sealstamp.keys.operators import Operator
from sealstamp.keys.repeatable import Repeatable, owner_of

T = TypeVar("T")
BATCH: Final = 200


def reseal(act: Act, tell: Callable[[int], None] = lambda _seen: None) -> int:
    """Seal anew every secret that an older sealing key sealed, and return of how many holders.

    They are access keys, operators, mail that is not sent yet, and answers that may be asked for again. ``tell`` is
    told now and then how many were looked at. After it, these need no older sealing key. Raises UnsealingError for a
    secret that none opens; what was sealed anew before stays so, and is in the audit.
    """
    done = seen = 0
    try:
        for looked_at, renewed in chain(_operators(act), _access_keys(act), _mail(act), _answers(act)):
            done, seen = done + renewed, seen + looked_at
            tell(seen)
    finally:
        if done:
            with act.store.transaction():
                act.record("sealing.rotate", act.sealer.current_id, None, {"resealed": done})
    return done


def _in_batches(
    act: Act, read: Callable[[T | None], Sequence[T]], renew: Callable[[T], bool]
) -> Iterator[tuple[int, int]]:
    """Renew all that ``read`` returns behind the last one; yield after each transaction how many, and of how many."""
    last: T | None = None
    while True:
        with act.store.transaction():
            batch = read(last)
            renewed = sum(map(renew, batch))
        if not batch:
            return
        yield len(batch), renewed
        last = batch[-1]


def _operators(act: Act) -> Iterator[tuple[int, int]]:
    store, sealer = act.store, act.sealer

    def read(last: Operator | None) -> Sequence[Operator]:
        return store.list_operators("" if last is None else last.name, BATCH)

    def renew(operator: Operator) -> bool:
        if sealer.is_current(operator.sealed_secret):
            return False
        secret = sealer.open(operator.access_key_id, operator.sealed_secret)
        store.update_operator(replace(operator, sealed_secret=sealer.seal(operator.access_key_id, secret)))
        return True

    return _in_batches(act, read, renew)


def _access_keys(act: Act) -> Iterator[tuple[int, int]]:
    store, sealer = act.store, act.sealer

    def read(last: AccessKey | None) -> Sequence[AccessKey]:
        return list(islice(store.list_access_keys(after="" if last is None else last.id, page=BATCH), BATCH))

    def renew(key: AccessKey) -> bool:
        if is_current(key, sealer):
            return False
        store.update_access_key(with_credential(key, sealer, credential_of(key, sealer)))
        return True

    return _in_batches(act, read, renew)


def _mail(act: Act) -> Iterator[tuple[int, int]]:
    store, sealer = act.store, act.sealer

    def read(last: Mail | None) -> Sequence[Mail]:
        return store.list_mail(after="" if last is None else last.id, limit=BATCH)

    def renew(mail: Mail) -> bool:
        if not mail.sealed_values or sealer.is_current(mail.sealed_values):
            return False
        store.seal_mail_anew(mail.id, seal_values(sealer, mail.id, open_values(sealer, mail)))
        return True

    return _in_batches(act, read, renew)


def _answers(act: Act) -> Iterator[tuple[int, int]]:
    store, sealer = act.store, act.sealer

    def read(last: Repeatable | None) -> Sequence[Repeatable]:
        return store.list_repeatable(b"" if last is None else last.claim, BATCH)

    def renew(answer: Repeatable) -> bool:
        if sealer.is_current(answer.sealed):
            return False
        owner = owner_of(answer.claim)
        store.seal_repeatable_anew(answer.claim, sealer.seal(owner, sealer.open(owner, answer.sealed)))
        return True

    return _in_batches(act, read, renew)
