"""Options for the properties of consumers, access keys and plans, and what was given of them."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from sealstamp.cli.moments import read_moment
from sealstamp.cli.numbers import read_number
from sealstamp.errors import ConfigurationError
from sealstamp.keys.rules import check_name

if TYPE_CHECKING:
    from sealstamp.keys.acts.access_keys import KeyProperties

_KEY: Final = {
    "name": ("--name", "TEXT", "what people call the key"),
    "scopes": ("--scope", "SCOPE", "what it may do, for APIs that ask for scopes; may come again"),
    "networks": ("--network", "CIDR", "where it may be used from, as 203.0.113.0/24; may come again"),
    "rate_limit": ("--rate-limit", "LIMIT", "how often it may be used, as 100/minute"),
    "quota_day": ("--quota-day", "N", "how many requests it may make a day, in UTC"),
    "quota_month": ("--quota-month", "N", "how many requests it may make a calendar month, in UTC"),
    "plan": ("--plan", "NAME", "the plan it is on; else its consumer's"),
    "labels": ("--label", "NAME=TEXT", "a label; may come again"),
    "expires_at_ms": ("--expires", "TIME", "when it ends, as 2027-01-31T12:00:00Z; never if not given"),
}
_CONSUMER: Final = {
    "email": ("--email", "ADDRESS", "where its people are reached"),
    "parent": ("--parent", "NAME", "the consumer it belongs to"),
    "plan": ("--plan", "NAME", "the plan that its keys are on"),
    "max_sub_keys": ("--max-sub-keys", "N", "how many keys the consumers below it may hold together"),
    "quota_month": (
        "--quota-month",
        "N",
        "how many requests a month it and those below it may make together",
    ),
    "labels": ("--label", "NAME=TEXT", "a label; may come again"),
}
_PLAN: Final = {
    "scopes": ("--scope", "SCOPE", "what its keys may do, beside what each may; may come again"),
    "rate_limit": ("--rate-limit", "LIMIT", "how often each key may be used, as 100/minute"),
    "quota_day": ("--quota-day", "N", "how many requests each key may make a day, in UTC"),
    "quota_month": ("--quota-month", "N", "how many requests each key may make a calendar month, in UTC"),
    "consumer_quota_month": (
        "--consumer-quota-month",
        "N",
        "how many requests a month all keys of a consumer on it, and of those below, may make together",
    ),
    "max_sub_keys": ("--max-sub-keys", "N", "how many sub keys a consumer on it may issue"),
    "sub_plans": ("--sub-plan", "NAME", "a plan that a consumer on it may put its customers on; may come again"),
}
_MANY: Final = frozenset({"apis", "labels", "networks", "scopes", "sub_plans"})
_NAMES: Final = frozenset({"apis", "parent", "plan", "sub_plans"})
_NUMBERS: Final = frozenset({"consumer_quota_month", "max_sub_keys", "quota_day", "quota_month"})
_APIS: Final = {"apis": ("--api", "NAME", "where it may be used, in place of all before; may come again")}


def add_key_properties(parser: ArgumentParser) -> None:
    """Ask for what a new key is to have."""
    _add(parser, _KEY)


def add_key_changes(parser: ArgumentParser) -> None:
    """Ask for what a key is to have from now on."""
    _add(parser, {**_APIS, **_KEY})
    _add_clear(parser, _KEY)


def add_consumer_properties(parser: ArgumentParser) -> None:
    """Ask for what a new consumer is to have."""
    _add(parser, _CONSUMER)


def add_consumer_changes(parser: ArgumentParser) -> None:
    """Ask for what a consumer is to have from now on."""
    _add(parser, _CONSUMER)
    _add_clear(parser, _CONSUMER)


def add_key_terms(parser: ArgumentParser) -> None:
    """Ask for what a key is to have that somebody else will claim."""
    _add(parser, {**_APIS, **_KEY})


def add_plan_properties(parser: ArgumentParser) -> None:
    """Ask for what a new plan is to have."""
    _add(parser, _PLAN)


def add_plan_changes(parser: ArgumentParser) -> None:
    """Ask for what a plan is to have from now on."""
    _add(parser, _PLAN)
    _add_clear(parser, _PLAN)


def key_fields(arguments: Namespace) -> dict[str, Any]:
    """Return what was given for a key, as the management API calls it.

    Raises ConfigurationError, which names the property, or the option already.
    """
    from sealstamp.keys.acts.access_keys import checked
    from sealstamp.resources.common import moment_of

    given = checked(cast("KeyProperties", _given(arguments, {**_APIS, **_KEY})))
    if "expires_at_ms" in given:
        given["expires"] = moment_of(given.pop("expires_at_ms"))
    return given


def consumer_fields(arguments: Namespace) -> dict[str, Any]:
    """Return what was given for a consumer. Raises ConfigurationError, which names the option."""
    return _given(arguments, _CONSUMER)


def plan_fields(arguments: Namespace) -> dict[str, Any]:
    """Return what was given for a plan. Raises ConfigurationError, which names the property, or the option already."""
    from sealstamp.keys.plans import Plan, check_plan

    given = _given(arguments, _PLAN)
    checked = check_plan(Plan("plan", **given))
    return {name: getattr(checked, name) for name in given}


@contextmanager
def told_by_option() -> Iterator[None]:
    """Name the option, where a ConfigurationError names a property, or a field of a request."""
    try:
        yield
    except ConfigurationError as error:
        field = _FIELD.search(error.problem)
        place = error.place.partition(".")[0] if field is None else field[1]
        option = _OPTIONS.get(place, error.place)
        hint = error.hint if field is None else "give it as --help says"
        raise ConfigurationError(option, _FIELD.sub("", error.problem), hint) from None


_OPTIONS: Final = {
    **{name: option for name, (option, *_) in {**_APIS, **_CONSUMER, **_KEY, **_PLAN}.items()},
    **{name: f"--{name}" for name in ("consumer", "days", "email", "holder", "reason")},
    "expires": "--expires",
    "scheme": "--scheme",
}
_FIELD: Final = re.compile(r" - at `\$(?:\.\w+)*\.(\w+)(?:\[[^`]*)?`")
"""Where the management API tells of a field that is not of its type."""


def _add(parser: ArgumentParser, properties: Mapping[str, tuple[str, str, str]]) -> None:
    for name, (option, metavar, about) in properties.items():
        if name in _MANY:
            parser.add_argument(option, dest=name, action="append", metavar=metavar, help=about)
        else:
            parser.add_argument(option, dest=name, metavar=metavar, help=about)


def _add_clear(parser: ArgumentParser, properties: Mapping[str, tuple[str, str, str]]) -> None:
    words = sorted(option.removeprefix("--") for option, *_ in properties.values())
    parser.add_argument(
        "--clear", action="append", choices=words, default=[], help="take this property away; may come again"
    )


def _given(arguments: Namespace, properties: Mapping[str, tuple[str, str, str]]) -> dict[str, Any]:
    given = {}
    cleared = getattr(arguments, "clear", [])
    for name, (option, *_) in properties.items():
        value = getattr(arguments, name, None)
        if option.removeprefix("--") in cleared:
            if value is not None:
                raise ConfigurationError("--clear", f"{option} is given too", "give one of the two")
            given[name] = _NOTHING.get(name)
        elif value is not None:
            given[name] = _read(name, option, value)
    return given


_NOTHING: Final[Mapping[str, Any]] = {"labels": {}, "networks": (), "scopes": (), "sub_plans": ()}
"""What a property is that was taken away, where that is not None."""


def _read(name: str, option: str, value: Any) -> Any:
    if name in _NAMES:
        return [check_name(option, one) for one in value] if name in _MANY else check_name(option, value)
    if name in _NUMBERS:
        return read_number(option, value)
    if name == "labels":
        return dict(_label(option, text) for text in value)
    return read_moment(option, value) if name == "expires_at_ms" else value


def _label(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigurationError(option, f"{text!r} has no =", "write NAME=TEXT, or NAME= for a label without a text")
    return name, value
