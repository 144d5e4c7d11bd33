"""Keys, ids and signatures that are wrong, and packed texts and lists that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from sealstamp.core.places import Where
from sealstamp.core.request import Request
from sealstamp.core.scheme import ACCESS_KEY_ID, SIGNATURE, Packed
from sealstamp.core.verifier import MAX_ACCESS_KEY_ID
from sealstamp.errors import Reason
from sealstamp.vectors.case import Case
from sealstamp.vectors.faults.case import ACCEPTED, ALTERED, MALFORMED, MISMATCH, MISSING, NOT_COVERED, fault
from sealstamp.vectors.faults.values import flipped, put
from sealstamp.vectors.situation import NOW_MS, PATH, Situation
from sealstamp.vectors.surgery import (
    rebuilt,
    replaced,
    value_at,
    with_header,
)


def wrong_keys(situation: Situation) -> Iterator[Case]:
    """Sign with the secret of another, and with a key that is not known."""
    impostor = situation.credential.replace(secret=situation.stranger.secret)
    request = situation.sign(credential=impostor).request
    yield fault(situation, "wrong-secret", "signed with another secret", request, MISMATCH)
    if situation.scheme.names_key:
        request = situation.sign(credential=situation.stranger).request
        title = "signed rightly, with a key that nobody knows"
        yield fault(situation, "unknown-key", title, request, Reason.UNKNOWN_ACCESS_KEY)


def signatures(situation: Situation) -> Iterator[Case]:
    """Spoil the signature itself."""
    signed = situation.sign().request
    value = situation.values(signed)[SIGNATURE]
    no_signature = (MISMATCH, MALFORMED, MISSING)
    for name, title, other in (
        ("truncated", "the signature lacks its last character", value[:-1]),
        ("extended", "the signature has one more character", value + value[-1:]),
        ("altered", "one character of the signature is another", flipped(value)),
        ("empty", "the signature is empty", b""),
        ("not-encoded", "the signature is not in the encoding of the scheme", b"%!" + value[2:]),
    ):
        request = put(situation, signed, SIGNATURE, other)
        yield fault(situation, f"signature-{name}", title, request, *no_signature)
    swapped = put(situation, signed, SIGNATURE, value.swapcase())
    title = "the signature is in the other letter case"
    yield fault(situation, "signature-letter-case", title, swapped, ACCEPTED, *no_signature)
    place = situation.carrier(SIGNATURE).places[0]
    if place.where in (Where.QUERY, Where.FORM):
        broken = replaced(signed, place, b"%zz" + value, raw=True)
        title = "the signature's percent-encoding is broken"
        yield fault(situation, "signature-broken-escape", title, broken, *no_signature)
    another = situation.sign(rebuilt(situation.plain, target=PATH), time_ms=NOW_MS - 1000).request
    taken = put(situation, signed, SIGNATURE, situation.values(another)[SIGNATURE])
    title = "the signature of another request"
    yield _change_of_signature(situation, title, taken)


def _change_of_signature(situation: Situation, title: str, request: Request) -> Case:
    case = fault(situation, "signature-of-another", title, request, ACCEPTED, *ALTERED)
    return case.replace(name="not-covered-whole-request") if case.accepted else case


def key_ids(situation: Situation) -> Iterator[Case]:
    """Spoil the access key id."""
    if not situation.scheme.names_key:
        return
    signed = situation.sign().request
    unknown = (Reason.UNKNOWN_ACCESS_KEY, MALFORMED)
    for name, title, other in (
        ("empty", "the access key id is empty", b""),
        ("too-long", f"an access key id of {MAX_ACCESS_KEY_ID + 1} characters", b"k" * (MAX_ACCESS_KEY_ID + 1)),
    ):
        request = put(situation, signed, ACCESS_KEY_ID, other)
        yield fault(situation, f"key-id-{name}", title, request, *unknown)


def packed(situation: Situation) -> Iterator[Case]:
    """Spoil what several values are packed into."""
    signed = situation.sign().request
    for carrier in situation.scheme.carriers:
        if not isinstance(carrier, Packed):
            continue
        text = value_at(signed, carrier.place)
        for name, title, other in (
            ("malformed", "is not written as the scheme says", b"nonsense"),
            ("cut", "is cut off in the middle", text[: len(text) // 3]),
            ("algorithm", "names an algorithm that the scheme does not have", b"X" + text),
        ):
            request = replaced(signed, carrier.place, other)
            # A mismatch where the algorithm's name is a computed value; an unknown id where the text begins with one.
            reasons = (MALFORMED, MISSING, MISMATCH, Reason.UNKNOWN_ACCESS_KEY)
            yield fault(situation, f"{carrier.name}-{name}", f"{carrier.name} {title}", request, *reasons)


def chosen(situation: Situation) -> Iterator[Case]:
    """Choose to sign less than is demanded."""
    signed = situation.sign().request
    for name, chosen in situation.scheme.chosen.items():
        separator = chosen.separator.encode()
        named = situation.values(signed)[name].split(separator)
        for left_out in chosen.must_name:
            rest = separator.join(word for word in named if word != left_out.encode())
            title = f"{name} leaves {left_out} out"
            if not rest and chosen.default:
                continue  # a list of none means the default
            request = put(situation, signed, name, rest)
            yield fault(situation, f"uncovered-{left_out}", title, request, NOT_COVERED)
        for pattern in chosen.must_name_all:
            header = pattern.replace("*", "added").replace("?", "a")
            title = f"the header {header} was added, and {name} does not name it"
            request = with_header(signed, header.encode(), b"1")
            yield fault(situation, f"uncovered-{header}", title, request, NOT_COVERED)
