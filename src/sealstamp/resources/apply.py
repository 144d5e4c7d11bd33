"""The apply file, as the management API takes it, and what became of it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from sealstamp.core.credential import Secret
from sealstamp.resources.common import Given, Told

Text = Annotated[Secret, Meta(extra_json_schema={"maxLength": 8_388_608, "description": "The TOML of an apply file."})]
Sent = Annotated[dict[str, Secret], Meta(max_length=100_000)]


class ApplyFile(Given, frozen=True):
    """A file of APIs, consumers and access keys. Its ``text`` may hold secrets, and is told to nobody.

    ``files`` and ``variables`` are the secrets of the files and variables that it refers to, by the names that it has.
    ``place`` is what errors call it. With ``prune``, what is not in it is dropped, and its keys are revoked.
    """

    text: Text
    files: Sent = msgspec.field(default_factory=dict)
    variables: Sent = msgspec.field(default_factory=dict)
    place: Annotated[str, Meta(max_length=256)] = "file"
    prune: bool = False
    dry_run: bool = False


class Change(Told, frozen=True):
    """One thing that changed, or would: each of ``fields`` tells what from and what to; a secret is ``***``."""

    action: str
    kind: str
    name: str
    fields: list[str]


class Applied(Told, frozen=True):
    """What changed, or would."""

    dry_run: bool
    changes: list[Change]
