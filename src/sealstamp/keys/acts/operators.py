"""Operators: made, given another role, revoked; and the first of them, by a token that is good once."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from typing import Any, Final

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.forms import Form
from sealstamp.errors import KeyStateError, NotFoundError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.operators import Operator, OperatorStatus, Role, new_operator

BOOTSTRAP_MS: Final = 3_600_000
"""How long a bootstrap token is good."""
_TOKEN: Final = Form("base62", 43)  # 256 bits


def create(act: Act, name: str, role: Role, *, expires_at_ms: int | None = None) -> tuple[Operator, Credential]:
    """Make an operator with a new key; the credential is to be shown once.

    Raises ConfigurationError for a name or time that cannot be, KeyStateError for a name that was used before.
    """
    operator, credential = new_operator(
        act.sealer, name, role, choose=act.choose, now_ms=act.now_ms, expires_at_ms=expires_at_ms
    )
    with act.store.transaction():
        if act.store.find_operator(name) is not None:
            raise KeyStateError(f"there is, or was, an operator {name!r}")
        act.store.add_operator(operator)
        act.record("operator.create", name, None, document_of(operator))
    return operator, credential


def set_role(act: Act, name: str, role: Role) -> Operator:
    """Give an operator another role.

    Raises NotFoundError, StaleVersionError, and KeyStateError for one that is revoked, and for the last admin.
    """
    return _change(act, "operator.set_role", name, role=role)


def revoke(act: Act, name: str) -> Operator:
    """Refuse an operator's key for ever. Raises NotFoundError, StaleVersionError, KeyStateError for the last admin."""
    return _change(act, "operator.revoke", name, status=OperatorStatus.REVOKED)


def open_bootstrap(act: Act) -> Secret | None:
    """Return a new token that makes the first admin, once and within BOOTSTRAP_MS; None where there is an operator.

    It takes the place of any before. Only its digest is kept.
    """
    token = Secret(_TOKEN.make(act.choose))
    with act.store.transaction():
        if act.store.list_operators(limit=1):
            return None
        act.store.put_bootstrap(_digest(token), act.now_ms + BOOTSTRAP_MS)
    return token


def claim_bootstrap(act: Act, token: Secret, name: str) -> tuple[Operator, Credential] | None:
    """Make the first admin for whoever has the token; None for a token that is wrong, was used, or has expired."""
    if not _is_open(act, token):  # without the write lock, which nobody should hold up by guessing
        return None
    with act.store.transaction():
        if not _is_open(act, token) or act.store.list_operators(limit=1):
            return None
        act.store.delete_bootstrap()
        return create(act, name, Role.ADMIN)


def document_of(operator: Operator) -> dict[str, Any]:
    """Return an operator as the audit tells of it."""
    return {
        "name": operator.name,
        "role": operator.role.value,
        "access_key_id": operator.access_key_id,
        "status": operator.status.value,
        "expires_at_ms": operator.expires_at_ms,
        "version": operator.version,
    }


def _change(act: Act, what: str, name: str, **changes: Any) -> Operator:
    with act.store.transaction():
        before = act.store.find_operator(name)
        if before is None:
            raise NotFoundError(f"there is no operator {name!r}")
        act.check_version(f"operator {name!r}", before.version)
        after = replace(before, **changes)
        if after == before:
            return before
        if before.status is OperatorStatus.REVOKED:
            raise KeyStateError(f"operator {name!r} is revoked, which is final")
        after = replace(after, version=before.version + 1)
        act.store.update_operator(after)
        _keep_an_admin(act, before)
        act.record(what, name, document_of(before), document_of(after))
    return after


def _keep_an_admin(act: Act, before: Operator) -> None:
    """Raise KeyStateError where a change has left nobody who could undo it."""
    if before.role is not Role.ADMIN or not before.is_usable(act.now_ms):
        return
    if not any(one.role is Role.ADMIN and one.is_usable(act.now_ms) for one in act.store.list_operators()):
        raise KeyStateError(f"{before.name!r} is the last admin; make another first")


def _is_open(act: Act, token: Secret) -> bool:
    found = act.store.find_bootstrap()
    return found is not None and act.now_ms < found[1] and hmac.compare_digest(found[0], _digest(token))


def _digest(token: Secret) -> bytes:
    return hashlib.sha256(token.reveal()).digest()
