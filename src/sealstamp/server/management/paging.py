"""Lists by pages: a cursor is opaque to callers, and good only for the list and the filters that it came from."""

from __future__ import annotations

import base64
import hashlib
from binascii import Error as BinasciiError
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Final, TypeVar

import msgspec

from sealstamp.resources.common import Paging
from sealstamp.server.management.operations import Call
from sealstamp.server.management.problems import Code, ProblemError

_LONGEST: Final = 2_000
_DIGEST: Final = 8
Item = TypeVar("Item")


def page_of(call: Call[Any, Any], read: Callable[[str, int], Iterable[Item]], mark: Callable[[Item], str]) -> list[Any]:
    """Return ``[items, next_cursor]``.

    ``read`` gives the items behind a mark (empty for the first), at least as many as it is told if there are, and
    ``mark`` says what an item is ordered by.
    """
    paging: Paging = call.query
    list_of = _digest(call)
    after = "" if paging.cursor is None else _read(paging.cursor, list_of)
    items = list(islice(read(after, paging.limit + 1), paging.limit + 1))
    if len(items) <= paging.limit:
        return [items, None]
    items.pop()
    return [items, _write(list_of, mark(items[-1]))]


def _digest(call: Call[Any, Any]) -> bytes:
    """Tell one list from another: by what it lists, and by everything it was asked but where to go on."""
    filters = msgspec.to_builtins(call.query)
    asked = {name: value for name, value in filters.items() if name not in ("cursor", "limit")}
    text = msgspec.json.encode([type(call.query).__name__, sorted(call.path.items()), sorted(asked.items())])
    return hashlib.sha256(text).digest()[:_DIGEST]


def _write(list_of: bytes, mark: str) -> str:
    return base64.urlsafe_b64encode(list_of + mark.encode()).decode().rstrip("=")


def _read(cursor: str, list_of: bytes) -> str:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if len(cursor) <= _LONGEST and raw[:_DIGEST] == list_of:
            return raw[_DIGEST:].decode()
    except (BinasciiError, ValueError):
        pass
    raise ProblemError(Code.INVALID_CURSOR, "the cursor is not of this list; begin anew without one")
