"""Uploaded schemes: checked, kept by version, and deleted when nothing needs them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Final

from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.domain import Api
from sealstamp.keys.schemes import Shelf, StoredScheme, read_stored
from sealstamp.keys.snapshot import PROBLEM, check_api
from sealstamp.schemes import scheme_names

MAX_TEXT: Final = 65_536
"""Characters of an uploaded scheme; the largest of the catalogue has a tenth of that."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def upload(act: Act, name: str, text: str) -> StoredScheme:
    """Keep a scheme file as the newest version of ``name``, which every API that names it accepts from now on.

    A text that is the newest version's already changes nothing. Raises ConfigurationError for a name that cannot be, is
    the catalogue's, or where an API could not accept the new version; SchemeError for the file; StaleVersionError.
    """
    check_scheme_name(name)
    with act.store.transaction():
        versions = act.store.list_scheme_versions(name, limit=1)
        before = versions[0] if versions else None
        act.check_version(f"scheme {name!r}", 0 if before is None else before.version)
        if before is not None and before.text == text:
            return before
        stored = StoredScheme(name, 1 if before is None else before.version + 1, text, act.now_ms, act.actor)
        _check_text(stored)
        act.store.add_scheme_version(stored)
        shelf = Shelf(act.store.list_schemes())
        for api in _users(act.store.list_apis(), name):
            check_api(api, shelf)
        act.record("scheme.upload", name, _document(before), _document(stored))
    return stored


def delete(act: Act, name: str) -> None:
    """Forget every version of an uploaded scheme. Raises NotFoundError, KeyStateError while an API needs it."""
    with act.store.transaction():
        versions = act.store.list_scheme_versions(name, limit=1)
        if not versions:
            raise NotFoundError(f"there is no uploaded scheme {name!r}")
        act.check_version(f"scheme {name!r}", versions[0].version)
        users = _users(act.store.list_apis(), name)
        if users:
            raise KeyStateError(f"API {users[0].name!r} needs the scheme {name!r}")
        act.store.delete_scheme(name)
        act.record("scheme.delete", name, _document(versions[0]), None)


def check_scheme_name(name: str) -> None:
    """Raise ConfigurationError for a name that an uploaded scheme cannot have."""
    if _NAME.fullmatch(name) is None:
        hint = "use 1 to 63 lower-case letters, digits and dashes"
        raise ConfigurationError("name", f"{name!r} cannot be the name of a scheme", hint)
    if name == PROBLEM or name in scheme_names():
        raise ConfigurationError("name", f"{name!r} is a scheme of the catalogue", "take a name of your own")


def _check_text(stored: StoredScheme) -> None:
    if len(stored.text) > MAX_TEXT:
        raise ConfigurationError("text", f"it has more than {MAX_TEXT} characters", "a scheme is a page of TOML")
    read_stored(stored)


def _users(apis: Iterable[Api], name: str) -> list[Api]:
    return [api for api in apis if api.response_profile == name or any(one.name == name for one in api.schemes)]


def _document(stored: StoredScheme | None) -> dict[str, Any] | None:
    """Return a version as the audit tells of it: which text it was, its digest says."""
    if stored is None:
        return None
    return {"version": stored.version, "sha256": hashlib.sha256(stored.text.encode()).hexdigest()}
