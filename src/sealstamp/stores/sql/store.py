"""The whole store, put together of what each table's file can do."""

from __future__ import annotations

from sealstamp.stores.database import Begin
from sealstamp.stores.migrations import is_at_head, is_made, migrate
from sealstamp.stores.sql.access_keys import AccessKeyTables
from sealstamp.stores.sql.access_requests import AccessRequestTables
from sealstamp.stores.sql.apis import ApiTables
from sealstamp.stores.sql.audit import AuditTables
from sealstamp.stores.sql.consumers import ConsumerTables
from sealstamp.stores.sql.held_keys import HeldKeyTables
from sealstamp.stores.sql.invitations import InvitationTables
from sealstamp.stores.sql.operators import OperatorTables
from sealstamp.stores.sql.outbox import OutboxTables
from sealstamp.stores.sql.plans import PlanTables
from sealstamp.stores.sql.quotas import QuotaTables
from sealstamp.stores.sql.repeatable import RepeatableTables
from sealstamp.stores.sql.replay import ReplayTables
from sealstamp.stores.sql.replay_lives import ReplayLifeTables
from sealstamp.stores.sql.schemes import SchemeTables
from sealstamp.stores.sql.sub_keys import SubKeyTables
from sealstamp.stores.sql.usage import UsageTables


class SqlStore(
    ApiTables,
    ConsumerTables,
    AccessKeyTables,
    HeldKeyTables,
    SubKeyTables,
    PlanTables,
    InvitationTables,
    AccessRequestTables,
    OutboxTables,
    AuditTables,
    ReplayTables,
    ReplayLifeTables,
    OperatorTables,
    RepeatableTables,
    SchemeTables,
    UsageTables,
    QuotaTables,
):
    """Keeps APIs, consumers, access keys, the audit, replay claims, and what the management API needs.

    Safe to share between threads. Every call may raise StoreUnavailableError.
    """

    def close(self) -> None:
        """Close every connection; nothing may be called afterwards."""
        self._engine.dispose()

    def is_made(self) -> bool:
        """Tell whether there is a store in the database yet."""
        with self._reading() as connection:
            return is_made(connection)

    def migrate(self) -> None:
        """Bring the tables up to date. Raises ConfigurationError."""
        with self._reading() as connection:
            done = is_at_head(connection, self._place)
        if not done:
            with self.transaction(Begin.MIGRATE), self._writing() as connection:
                migrate(connection, self._place)
