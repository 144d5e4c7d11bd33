"""What both kinds of books can do."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager

from sealstamp.client import Client


class Books(Client):
    """The operations of the management API, wherever they are carried out."""

    @abstractmethod
    def together(self) -> AbstractContextManager[None]:
        """Keep all that is done in the block, or nothing, where the store is in this process; else as it comes."""
