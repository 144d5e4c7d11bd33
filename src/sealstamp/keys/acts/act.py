"""Who acts, when, on which store: what every act is given first."""

from __future__ import annotations

from dataclasses import dataclass, field

from sealstamp.core.forms import Choose
from sealstamp.errors import StaleVersionError
from sealstamp.keys.audit import AuditEntry, Document, append
from sealstamp.keys.ports import ManagementStore
from sealstamp.keys.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Act:
    """What surrounds one act. Every act runs in one transaction of ``store``, and is recorded in that very one.

    ``actor`` is who acts, as the audit names them. ``request_id`` ties the entry to a request of the management API.
    ``now_ms`` is Unix milliseconds. ``choose`` picks as ``secrets.choice`` does. ``expected_version`` is the version
    that the actor knows of what is changed; None changes whichever there is.
    """

    store: ManagementStore
    sealer: Sealer = field(repr=False)
    actor: str
    request_id: str | None
    now_ms: int
    choose: Choose = field(repr=False)
    expected_version: int | None = None

    def check_version(self, subject: str, version: int) -> None:
        """Raise StaleVersionError unless ``version`` of ``subject`` is the one that the actor knows."""
        if self.expected_version not in (None, version):
            raise StaleVersionError(f"{subject} has changed: it is version {version}, not {self.expected_version}")

    def record(self, name: str, subject: str, before: Document | None, after: Document | None) -> AuditEntry:
        """Append an audit entry: ``name`` is such as ``access_key.issue``. No document may hold a secret."""
        return append(
            self.store,
            at_ms=self.now_ms,
            actor=self.actor,
            act=name,
            subject=subject,
            request_id=self.request_id,
            before=before,
            after=after,
        )
