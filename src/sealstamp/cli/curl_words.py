"""Reading what curl is called with: which of its words are options, their values and URLs.

Which options take a value is what the curl that is installed tells (``curl --help all``).
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from sealstamp.core.record import Record
from sealstamp.errors import ConfigurationError

_OPTION: Final = re.compile(r"^ (?:-(?P<letter>\S), |    )--(?P<name>[\w.-]+)(?P<value> <)?", re.MULTILINE)
_BEFORE_PATH: Final = re.compile(r"([A-Za-z][\w+.-]*://)?[^/?#]*")
URL: Final = "url"


class Told(Record):
    """One thing that curl is told: an option's long name and value, a URL among them; ``words`` are how."""

    name: str
    value: str
    words: tuple[str, ...]


class Options(Record):
    """The options of a curl: the names of those with a letter, and whether each takes a value."""

    letters: dict[str, str]
    takes_value: dict[str, bool]

    @classmethod
    def of(cls, program: str) -> Options:
        """Ask a curl. Raises ConfigurationError where there is none."""
        try:
            told = subprocess.run([program, "--help", "all"], capture_output=True, text=True, check=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError):
            raise ConfigurationError("curl", "it cannot be run", "install curl") from None
        found = list(_OPTION.finditer(told.stdout))
        return cls(
            {one["letter"]: one["name"] for one in found if one["letter"]},
            {one["name"]: bool(one["value"]) for one in found},
        )

    def read(self, words: Sequence[str]) -> Iterator[Told]:
        """Yield what the words tell, in order. What this curl does not know passes as it is, for curl to complain."""
        rest = iter(words)
        for word in rest:
            if word == "--":
                yield from (_url(url) for url in rest)
            elif word.startswith("--"):
                name = self._full_name(word[2:])
                value = (next(rest, ""),) if self.takes_value.get(name) else ()
                yield _url(value[0]) if name == URL and value else Told(name, "".join(value), (word, *value))
            elif word.startswith("-") and len(word) > 1:
                yield from self._letters(word, rest)
            else:
                yield _url(word)

    def _letters(self, word: str, rest: Iterator[str]) -> Iterator[Told]:
        """Read ``-sXPOST``: letters without a value, of which the last may have one, here or in the next word."""
        for at, letter in enumerate(word[1:], start=1):
            name = self.letters.get(letter, letter)
            if self.takes_value.get(name):
                value = word[at + 1 :] or next(rest, "")
                yield Told(name, value, (f"-{letter}", value))
                return
            yield Told(name, "", (f"-{letter}",))

    def _full_name(self, name: str) -> str:
        """Return the name that a beginning of one stands for, where curl allows that."""
        if name in self.takes_value:
            return name
        found = [known for known in self.takes_value if known.startswith(name)]
        return found[0] if len(found) == 1 else name


def _url(text: str) -> Told:
    """Return a URL; what is not ASCII after the host is percent-encoded, as HTTP wants it, for curl would not."""
    host = _BEFORE_PATH.match(text)
    end = host.end() if host else 0
    encoded = text[:end] + quote(text[end:], safe="".join(map(chr, range(0x21, 0x7F))))
    return Told(URL, encoded, ("--url", encoded))
