"""What is missing, came twice, is spelt otherwise or stands where it does not belong."""

from __future__ import annotations

from collections.abc import Iterator

from sealstamp.core.places import Where, other_spellings
from sealstamp.core.scheme import Field
from sealstamp.vectors.case import Case
from sealstamp.vectors.faults.case import MALFORMED, MISSING, fault
from sealstamp.vectors.situation import Situation
from sealstamp.vectors.surgery import (
    added,
    doubled,
    rebuilt,
    removed,
    value_at,
    with_header,
)


def missing(situation: Situation) -> Iterator[Case]:
    """Leave out what must come."""
    signed = situation.sign().request
    for carrier in situation.scheme.carriers:
        if not carrier.optional:
            request = removed(signed, carrier.places[0])
            yield fault(
                situation, f"missing-{carrier.name}", f"{carrier.name} does not come", request, MISSING, MALFORMED
            )
    without = removed(situation.post(), situation.scheme.carriers[0].places[0])
    yield fault(situation, "unsigned", "a request without any credentials", without, MISSING, MALFORMED)


def doubled_fields(situation: Situation) -> Iterator[Case]:
    """Send twice what may come once."""
    for carrier in situation.scheme.carriers:
        signed, place = situation.sign_with(carrier), carrier.places[0]
        if signed and place.is_in(signed.request):
            request = doubled(signed.request, place)
            like = f"with-{carrier.name}" if carrier.optional else situation.plain_name
            yield fault(situation, f"doubled-{carrier.name}", f"{place} comes twice", request, MALFORMED, like=like)


def spelled(situation: Situation) -> Iterator[Case]:
    """Servers that take two spellings for one header would see another value than the one that was verified."""
    signed = situation.sign().request
    for carrier in situation.scheme.carriers:
        place = carrier.places[0]
        if place.where is Where.HEADER and place.is_in(signed) and (spellings := sorted(other_spellings(place.key))):
            other = next((name for name in spellings if b"_" in name), spellings[0])
            request = with_header(signed, other, value_at(signed, place))
            title = f"the header {other.decode()} comes beside {place.name}"
            yield fault(situation, f"other-spelling-{carrier.name}", title, request, MALFORMED)


def in_two_places(situation: Situation) -> Iterator[Case]:
    """Send a value in two of its places."""
    form = situation.post(body=b"amount=1", kind=b"application/x-www-form-urlencoded")
    for carrier in situation.scheme.carriers:
        if len(carrier.places) > 1 and not (isinstance(carrier, Field) and carrier.first):
            signed = situation.sign(form if carrier.places[1].where is Where.FORM else None).request
            if carrier.places[0].is_in(signed):
                request = added(signed, carrier.places[1], value_at(signed, carrier.places[0]))
                title = f"{carrier.name} comes under two names"
                yield fault(situation, f"two-places-{carrier.name}", title, request, MALFORMED)


def bodies(situation: Situation) -> Iterator[Case]:
    """Bodies in which fields travel, and from which they cannot be read."""
    signed = situation.sign().request
    if situation.in_body is Where.JSON:
        for name, title, body in (
            ("cut", "the JSON body is cut off", (signed.body or b"")[:-1]),
            ("no-object", "the JSON body is no object", b"[%b]" % (signed.body or b"")),
            ("not-utf-8", "the JSON body is not UTF-8", b"\xff\xfe"),
        ):
            yield fault(situation, f"body-{name}", title, rebuilt(signed, body=body), MALFORMED)
    if situation.in_body is Where.XML:
        body = signed.body or b""
        for name, title, changed in (
            ("cut", "the XML body is cut off", body[:-1]),
            ("doctype", "the XML body has a document type", b"<!DOCTYPE xml []>" + body),
            ("nested", "an element of the XML body holds another", body.replace(b"</xml>", b"<a><b>1</b></a></xml>")),
        ):
            yield fault(situation, f"body-{name}", title, rebuilt(signed, body=changed), MALFORMED)
    if situation.in_body is Where.FORM:
        lines = [(name, b"text/plain" if name == b"content-type" else value) for name, value in signed.headers]
        title = "the body is a form, and its Content-Type says that it is none"
        yield fault(situation, "body-not-called-a-form", title, rebuilt(signed, headers=lines), MISSING)
