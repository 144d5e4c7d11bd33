"""What the properties of consumers and access keys may be.

Each check returns the value as it is kept, or raises ConfigurationError with the ``place`` it was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sealstamp.core.timing import parse_duration
from sealstamp.errors import ConfigurationError

MOST_LABELS: Final = 64
MOST_SCOPES: Final = 64
MOST_NETWORKS: Final = 256
LONGEST_TEXT: Final = 256
HIGHEST_AMOUNT: Final = 10**15
"""Far above any traffic, and exact as a number of JSON."""

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")  # RFC 6749, section 3.3


Check = Callable[[str, Any], Any]
"""A check of a property: takes the place and the value, and returns the value as it is kept."""

_NEVER_NONE: Final = frozenset({"apis", "labels", "networks", "scopes", "sub_plans"})


def check_properties(properties: Mapping[str, Any], checks: Mapping[str, Check]) -> dict[str, Any]:
    """Check each property that is given by the check of its name, which is its place too; None takes one away."""
    for name, value in properties.items():
        if value is None and name in _NEVER_NONE:
            raise ConfigurationError(name, "it cannot be taken away", "give an empty list or table")
    return {name: None if value is None else checks[name](name, value) for name, value in properties.items()}


def check_text(place: str, text: str) -> str:
    """Check a text for people, of one line: 1 to 256 printable characters."""
    if text.strip() and len(text) <= LONGEST_TEXT and text.isprintable():
        return text
    problem = f"a text of {len(text)} characters is too long, empty, or not printable"
    raise ConfigurationError(place, problem, f"write one line of 1 to {LONGEST_TEXT} characters")


def check_labels(place: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Check labels: at most 64, each a name and one line of text or nothing."""
    if len(labels) > MOST_LABELS:
        raise ConfigurationError(place, f"there are {len(labels)} labels", f"keep at most {MOST_LABELS}")
    for name, text in labels.items():
        if _LABEL.fullmatch(name) is None:
            hint = "use 1 to 63 letters, digits and . _ / -, and start with a letter or a digit"
            raise ConfigurationError(place, f"{name!r} cannot be the name of a label", hint)
        if text:
            check_text(f"{place}.{name}", text)
    return dict(sorted(labels.items()))


def check_scopes(place: str, scopes: Iterable[str]) -> tuple[str, ...]:
    """Check scopes, such as ``orders:read``; they come back in order, none twice."""
    for scope in (checked := tuple(sorted(set(scopes)))):
        if _SCOPE.fullmatch(scope) is None:
            hint = 'use 1 to 128 visible ASCII characters, no spaces, no " and no backslash'
            raise ConfigurationError(place, f"{scope!r} cannot be a scope", hint)
    if len(checked) > MOST_SCOPES:
        raise ConfigurationError(place, f"there are {len(checked)} scopes", f"keep at most {MOST_SCOPES}")
    return checked


def check_networks(place: str, networks: Iterable[str]) -> tuple[str, ...]:
    """Check networks in CIDR notation, or single addresses; they come back as they are usually written, none twice."""
    from sealstamp.keys.addresses import check_network

    checked = tuple(dict.fromkeys(check_network(place, text) for text in networks))
    if len(checked) > MOST_NETWORKS:
        raise ConfigurationError(place, f"there are {len(checked)} networks", f"keep at most {MOST_NETWORKS}")
    return checked


def check_rate_limit(place: str, text: str) -> str:
    """Check a rate limit such as ``100/minute``."""
    from sealstamp.keys.limits import parse_rate_limit

    parse_rate_limit(place, text)
    return text


def check_amount(place: str, amount: int) -> int:
    """Check a number of requests or keys: 0 to 10**15."""
    if 0 <= amount <= HIGHEST_AMOUNT:
        return amount
    raise ConfigurationError(place, f"{amount} cannot be a limit", f"give a number from 0 to {HIGHEST_AMOUNT:,}")


def check_grace(place: str, text: str) -> int:
    """Read how long a key that was rotated may still be used: ``0``, ``15m``, ``1h``, ``7d``. Returns milliseconds."""
    try:
        return 0 if text == "0" else parse_duration(re.sub(r"(?<=[0-9]) ?m$", "min", text))
    except ValueError:
        raise ConfigurationError(place, f"{text!r} is no duration", "write 0, 15m, 1h, 24h, 7d or another") from None
