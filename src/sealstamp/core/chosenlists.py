"""Lists that a signer chooses: whether they name all that they must. A few lists come again and again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NoReturn

from sealstamp.core.fieldlists import fits
from sealstamp.core.request import Request
from sealstamp.core.scheme import Chosen
from sealstamp.errors import ComponentNotCoveredError, MalformedCredentialsError

MOST: Final = 128
LONGEST: Final = 512
"""So many lists are remembered, each of at most so many bytes."""
MOST_HEADERS: Final = 64
"""So many names of headers are remembered with each, those it names among them."""


class ListCheck:
    """Checks lists of one kind, and where every header is looked at, that none is one of the other ``spellings``."""

    def __init__(self, chosen: Chosen, spellings: frozenset[bytes]) -> None:
        self._spellings = spellings
        self._must_name = frozenset(word.encode() for word in chosen.must_name)
        self._patterns = tuple(word.encode() for word in chosen.must_name_all)
        self._separator = chosen.separator.encode()
        self._folds = chosen.as_listed
        self._seen: dict[bytes, set[bytes]] = {}
        """By list, names of headers that may come with it: it names them, or need not."""

    def check(self, listed: bytes, request: Request) -> None:
        """Raise ComponentNotCoveredError for a list that leaves out what it must name.

        Raises MalformedCredentialsError for another spelling.
        """
        seen = self._seen.get(listed)
        if seen is None:
            seen = self._learn(listed)
        if self._patterns and not seen.issuperset(request.header_fields[0]):
            self._check_all(seen, request.header_fields[0])

    def _learn(self, listed: bytes) -> set[bytes]:
        named = {*(listed.lower() if self._folds else listed).split(self._separator)}
        if not self._must_name <= named:
            _refuse(self._must_name - named)
        seen = named - self._spellings
        if len(listed) <= LONGEST:
            if len(self._seen) >= MOST:
                self._seen.clear()
            self._seen[listed] = seen
        return seen

    def _check_all(self, seen: set[bytes], headers: Iterable[bytes]) -> None:
        """Refuse headers that have to be named and are not; then remember those that came."""
        if not self._spellings.isdisjoint(headers):
            refuse_spelling(headers, self._spellings)
        if left := [name for name in headers if name not in seen and fits(name, self._patterns)]:
            _refuse(left)
        seen.update([name for name in headers if len(name) <= LONGEST // 8][: max(0, MOST_HEADERS - len(seen))])


def refuse_spelling(headers: Iterable[bytes], spellings: frozenset[bytes]) -> NoReturn:
    """Refuse a header that some servers would take for an authentication field."""
    raise MalformedCredentialsError(f"another spelling of an authentication field: {_told(spellings & {*headers})}")


def _refuse(names: Iterable[bytes]) -> NoReturn:
    raise ComponentNotCoveredError(f"not covered: {_told(names)}")


def _told(names: Iterable[bytes]) -> str:
    return b", ".join(sorted(names)).decode("ascii", "backslashreplace")
