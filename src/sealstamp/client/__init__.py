"""Clients of the management API: one that waits, and one to be awaited."""

from typing import TYPE_CHECKING

from sealstamp.late import late

if TYPE_CHECKING:
    from sealstamp.client.asynchronous import AsyncClient
    from sealstamp.client.synchronous import Client

__all__ = ["AsyncClient", "Client"]

__getattr__, __dir__ = late(__name__, {"asynchronous": ["AsyncClient"], "synchronous": ["Client"]})
