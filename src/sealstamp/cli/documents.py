"""What the books tell, as JSON: times are RFC 3339 in UTC. Secrets are left out; who shows one takes it himself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from sealstamp.core.credential import Secret
from sealstamp.keys.documents import write_time
from sealstamp.resources.common import ms_of


def document(resource: Any) -> dict[str, Any]:
    """Return a resource as an object of JSON."""
    plain = msgspec.to_builtins(resource, builtin_types=(datetime,), enc_hook=_hidden)
    told: dict[str, Any] = _written(plain)
    return told


def _hidden(value: object) -> None:
    if not isinstance(value, Secret):
        raise NotImplementedError(type(value))


def _written(value: Any) -> Any:
    match value:
        case datetime():
            return write_time(ms_of(value) or 0)
        case dict():
            return {name: _written(one) for name, one in value.items()}
        case list():
            return [_written(one) for one in value]
    return value
