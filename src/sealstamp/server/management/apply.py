"""``/v1/apply``: makes the store match a file; nothing on this machine is looked at for what the file refers to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from sealstamp.errors import ConfigurationError
from sealstamp.keys import planning
from sealstamp.keys.declared_secrets import SentSecrets
from sealstamp.keys.manifest import read_manifest
from sealstamp.keys.operators import Role
from sealstamp.keys.planning import carry_out, plan
from sealstamp.keys.schemes import Shelf
from sealstamp.resources.apply import Applied, ApplyFile, Change
from sealstamp.server.management.operations import Call, Nothing, Operation, Reply
from sealstamp.server.management.problems import Code

_MAX_BODY: Final = 16 * 1_048_576
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_HINT: Final = "name one of the catalogue, or upload it before: a file of your machine is none here"


def _apply(call: Call[Nothing, ApplyFile]) -> Reply:
    act, body = call.act(), call.body
    check = partial(_check_scheme, Shelf(act.store.list_schemes()))
    secrets = SentSecrets(body.files, body.variables)
    text = body.text.reveal().decode()
    manifest = read_manifest(text, place=body.place, secrets=secrets, check_scheme=check)
    for api in manifest.apis:
        if api.response_profile is not None:
            check(api.response_profile, {})
    changes = plan(manifest, act.store, act.sealer, now_ms=act.now_ms, prune=body.prune)
    if not body.dry_run:
        carry_out(act, changes)
    return Reply(Applied(dry_run=body.dry_run, changes=told(changes)))


def _check_scheme(shelf: Shelf, name: str, parameters: Mapping[str, str]) -> None:
    """Raise ConfigurationError for what cannot be named here; a path must never be followed."""
    if _NAME.fullmatch(name) is None:
        raise ConfigurationError("schemes", f"{name!r} is no name of a scheme", _HINT)
    shelf.check(name, parameters)


def told(changes: Iterable[planning.Change]) -> list[Change]:
    """Return changes as the API tells of them."""
    return [
        Change(action=one.action.value, kind=one.kind.value, name=one.name, fields=[str(field) for field in one.fields])
        for one in changes
    ]


OPERATIONS = (
    Operation(
        *("apply", "POST", "/v1/apply", "Make APIs, consumers and keys match a file", Role.ADMIN, _apply),
        takes=ApplyFile,
        gives=Applied,
        writes=True,
        max_body=_MAX_BODY,
        problems=(Code.CONFLICT, Code.NOT_FOUND, Code.INVALID_VALUE),
    ),
)
