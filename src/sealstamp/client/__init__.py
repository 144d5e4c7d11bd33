"""Clients of the management API: one that waits, and one to be awaited."""

from sealstamp.client.asynchronous import AsyncClient
from sealstamp.client.synchronous import Client

__all__ = ["AsyncClient", "Client"]
