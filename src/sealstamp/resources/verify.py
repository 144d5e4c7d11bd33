"""Requests that a backend asks about, and what is decided."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from sealstamp.resources.common import Given, Name, Told

Latin = Annotated[str, Meta(pattern=r"^[\x20-\x7e\x80-\xff]*$", max_length=65_536)]
"""Bytes, each as the character with its number (ISO 8859-1), as header lines have them."""
HeaderName = Annotated[str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$")]
HexDigest = Annotated[str, Meta(pattern=r"^([0-9a-fA-F]{2}){1,64}$")]


class BodyDigests(Given, frozen=True):
    """Digests of the body in hexadecimal, for a caller that has not got its bytes at hand."""

    md5: HexDigest | None = None
    sha1: HexDigest | None = None
    sha256: HexDigest | None = None
    sha512: HexDigest | None = None


class Asked(Given, frozen=True):
    """A request as it was received, to be decided about.

    The API is that of ``api``, or is found by host and path. ``target`` is the raw path and query, undecoded.
    ``headers`` are pairs in the order in which they came, doubles kept. Without ``body``, and where ``body_digests``
    has not the digest that was signed, the decision tells that the body is unchecked.
    """

    method: Annotated[str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$")]
    target: Annotated[str, Meta(pattern=r"^/[\x21-\x7e\x80-\xff]*$", max_length=65_536)]
    headers: Annotated[list[tuple[HeaderName, Latin]], Meta(max_length=1000)]
    api: Name | None = None
    scheme: Literal["http", "https"] = "https"
    address: Annotated[str, Meta(max_length=64, description="The client's IP address.")] | None = None
    body: Annotated[bytes, Meta(description="The whole body, in base64; empty where there was none.")] | None = None
    body_digests: BodyDigests | None = None


class AskedBatch(Given, frozen=True):
    """Requests to be decided about, each by itself."""

    requests: Annotated[list[Asked], Meta(min_length=1, max_length=1000)]


class Principal(Told, frozen=True):
    """Who signed."""

    access_key_id: str
    consumer: str
    scheme: str


class ClientAnswer(Told, frozen=True):
    """What to answer the client with, in the API's own words."""

    status: int
    headers: list[tuple[str, str]]
    body: str


class Decision(Told, frozen=True):
    """What was decided.

    ``reason`` is ``accepted``, ``not_enforced`` where the API lets everything pass, or why it was refused. ``body`` is
    ``unchecked`` where a digest of it is signed and nobody has compared the two yet. ``answer`` is there for refusals.
    """

    allowed: bool
    reason: str
    status: int
    api: str | None
    principal: Principal | None
    body: Literal["checked", "unchecked"]
    answer: ClientAnswer | None
    request_id: str


class Decisions(Told, frozen=True):
    """A decision for each request, in order."""

    decisions: list[Decision]
