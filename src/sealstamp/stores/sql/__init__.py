"""The key store and the replay ledger in a SQL database, written with SQLAlchemy Core."""

from sealstamp.stores.sql.opening import BUSY_TIMEOUT_MS, is_store, open_store
from sealstamp.stores.sql.store import SqlStore

__all__ = ["BUSY_TIMEOUT_MS", "SqlStore", "is_store", "open_store"]
