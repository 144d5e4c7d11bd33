"""Schemes, as the management API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from sealstamp.resources.common import Given, Moment, Told


class SchemeHead(Told, frozen=True):
    """What a scheme is called, and where it comes from; ``version`` is that of an uploaded one."""

    name: str
    title: str
    vendor: str
    url: str
    summary: str
    source: Literal["catalogue", "uploaded"]
    version: int | None


class Schemes(Told, frozen=True):
    """A page of schemes."""

    items: list[SchemeHead]
    next_cursor: str | None


class SchemeTime(Told, frozen=True):
    """How a scheme writes times, and which it accepts."""

    format: str
    past_ms: int
    future_ms: int
    most_ms: int | None = None


class SchemeNonce(Told, frozen=True):
    """What a scheme's nonces look like."""

    length: int
    alphabet: str
    grows: bool


class SchemeParameter(Told, frozen=True):
    """What an API can set."""

    name: str
    default: str
    about: str
    one_of: list[str]


class SchemeStep(Told, frozen=True, rename={"is_": "is"}):
    """One step of the recipe."""

    name: str
    is_: str
    parts: list[str]


class Scheme(Told, frozen=True):
    """What a scheme says. ``text`` is its file."""

    name: str
    title: str
    vendor: str
    url: str
    summary: str
    source: Literal["catalogue", "uploaded"]
    version: int | None
    fields: dict[str, list[str]]
    time: SchemeTime | None
    nonce: SchemeNonce | None
    parameters: list[SchemeParameter]
    recipe: list[SchemeStep]
    signed: list[str]
    unsigned: list[str]
    mac: str
    replay: str
    grade: str
    text: str


class Shown(Told, frozen=True):
    """An attack that was carried out: what was signed, and what is accepted in its place."""

    claim: str
    signed: str
    accepted: str
    later_ms: int


class Finding(Told, frozen=True):
    """What is unsafe, what it costs, what can be done with it, and what to do about it."""

    code: str
    cost: int
    problem: str
    attack: str
    remedy: str
    where: str
    shown: Shown | None


class Lint(Told, frozen=True):
    """How safe a scheme is."""

    name: str
    grade: str
    score: int
    findings: list[Finding]


class SchemeText(Given, frozen=True):
    """A scheme file."""

    text: Annotated[str, Meta(max_length=65_536, description="The TOML of a scheme file.")]


class SchemeVersion(Told, frozen=True):
    """One version of an uploaded scheme."""

    name: str
    version: int
    created: Moment
    created_by: str
    text: str


class SchemeVersions(Told, frozen=True):
    """A page of versions, the newest first."""

    items: list[SchemeVersion]
    next_cursor: str | None
