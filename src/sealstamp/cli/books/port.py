"""What both kinds of books can do."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from pathlib import Path

from sealstamp.client import Client
from sealstamp.errors import NotFoundError
from sealstamp.resources import NewConsumer
from sealstamp.resources.apply import Applied


class Books(Client):
    """The operations of the management API, wherever they are carried out."""

    @abstractmethod
    def together(self) -> AbstractContextManager[None]:
        """Keep all that is done in the block, or nothing, where the store is in this process; else as it comes."""

    def ensure_consumer(self, name: str) -> None:
        """Make a consumer, if it is new."""
        try:
            self.get_consumer(name)
        except NotFoundError:
            self.create_consumer(NewConsumer(name=name))

    @abstractmethod
    def apply_file(self, file: Path, *, prune: bool, dry_run: bool) -> Applied:
        """Make the books match a file of this machine, and return what changed, or would."""
