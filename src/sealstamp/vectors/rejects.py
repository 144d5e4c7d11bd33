"""Requests that must be refused, each an accepted one with a single fault in it.

Where a scheme does not notice a change, because its signature does not cover what was changed, the case is an accepted
one and its name begins with ``not-covered``: so the weakness is seen.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Final

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.packing import make_writer
from sealstamp.core.places import Where, other_spellings
from sealstamp.core.request import Request
from sealstamp.core.runtime import MAX_NONCE
from sealstamp.core.scheme import ACCESS_KEY_ID, EXPIRES, LIFETIME, NONCE, SIGNATURE, TIMESTAMP, Field, Packed
from sealstamp.core.verifier import MAX_ACCESS_KEY_ID, ReplayBy, Verifier
from sealstamp.errors import ConfigurationError, Reason, SigningError, VectorError, VerificationError
from sealstamp.vectors.accepts import with_signed_headers
from sealstamp.vectors.case import Case, Key
from sealstamp.vectors.situation import NOW_MS, PATH, Situation, header_names
from sealstamp.vectors.surgery import (
    added,
    doubled,
    rebuilt,
    removed,
    replaced,
    value_at,
    with_header,
    with_query,
)

ACCEPTED, MISMATCH = Reason.ACCEPTED, Reason.SIGNATURE_MISMATCH
MISSING, MALFORMED = Reason.MISSING_CREDENTIALS, Reason.MALFORMED_CREDENTIALS
OUTSIDE, NOT_COVERED = Reason.OUTSIDE_TIME_WINDOW, Reason.COMPONENT_NOT_COVERED
ALTERED = (MISMATCH, Reason.DIGEST_MISMATCH, MALFORMED, NOT_COVERED)
"""How a changed request may end: a digest, a packed text or a list of names may tell before the signature does."""


def rejects(situation: Situation) -> Iterator[Case]:
    """Make every refused case that applies."""
    for make in (
        *(_tampered, _tampered_headers, _tampered_values, _optional_digests),
        *(_missing, _doubled, _spelled, _in_two_places, _bodies),
        *(_wrong_keys, _signatures, _key_ids, _packed, _chosen),
        *(_times, _units, _unreadable_times, _lifetimes, _nonces, _replays, _key_states),
    ):
        yield from make(situation)


# what was changed on the way


def _tampered(situation: Situation) -> Iterator[Case]:
    covered = coverage_of(situation.scheme)
    plain = situation.sign().request
    host = [(name, b"evil.example.com" if name == b"host" else value) for name, value in plain.headers]
    yield _change(
        situation,
        "method",
        "the method",
        rebuilt(plain, method={b"GET": b"DELETE"}.get(plain.method, b"PUT")),
        Covered.METHOD in covered,
    )
    yield _change(situation, "host", "the host", rebuilt(plain, headers=host), Covered.HOST in covered)
    path = rebuilt(plain, target=plain.target.replace(b"/orders/42", b"/orders/43"))
    yield _change(situation, "path", "the path", path, Covered.PATH in covered)
    query = with_query(plain, plain.query.replace(b"limit=10", b"limit=99"))
    yield _change(situation, "query", "a value in the query", query, Covered.QUERY in covered)
    more = with_query(plain, plain.query + b"&admin=1")
    yield _change(situation, "query-addition", "one more parameter in the query", more, Covered.QUERY in covered)
    if situation.takes(situation.post()):
        yield from _tampered_body(situation, sure=Covered.BODY in covered)


def _tampered_body(situation: Situation, *, sure: bool) -> Iterator[Case]:
    post = situation.sign(situation.post()).request
    changed = (post.body or b"").replace(b"1", b"9", 1)
    yield _change(situation, "body", "the body", rebuilt(post, body=changed), sure, like="post")
    if situation.reads_forms and situation.in_body is None:
        post = situation.sign(situation.post_json()).request
        changed = (post.body or b"").replace(b"1", b"9", 1)
        yield _change(
            situation, "json-body", "a body that is no form", rebuilt(post, body=changed), False, like="json-body"
        )
    if situation.plain_name == "get":
        query = with_query(post, post.query.replace(b"limit=10", b"limit=99"))
        sure = Covered.QUERY in coverage_of(situation.scheme)
        yield _change(situation, "query-of-post", "a value in the query of a POST", query, sure, like="post")


def _change(situation: Situation, name: str, what: str, request: Request, sure: bool, *, like: str = "") -> Case:
    """Make the case of a change; it may only be accepted if coverage does not say that it is covered."""
    reasons = ALTERED if sure else (ACCEPTED, *ALTERED)
    like = like or situation.plain_name
    case = situation.case(f"tampered-{name}", f"{what} was changed on the way", request, *reasons, like=like)
    if not case.accepted:
        return case
    return case.replace(name=f"not-covered-{name}", title=f"{what} was changed on the way, and is not signed")


def _tampered_headers(situation: Situation) -> Iterator[Case]:
    names = header_names(situation.scheme)
    if names and situation.takes(with_signed_headers(situation)):
        signed = situation.sign(with_signed_headers(situation)).request
        for name in names:
            lines = [(key, value + b"9" if key == name.encode() else value) for key, value in signed.headers]
            changed = rebuilt(signed, headers=lines)
            yield _change(situation, f"header-{name}", f"the header {name}", changed, False, like="signed-headers")


def _tampered_values(situation: Situation) -> Iterator[Case]:
    """Every value that travels besides the signature and the key's id."""
    signed = situation.sign().request
    covered = coverage_of(situation.scheme)
    for name, value in situation.values(signed).items():
        if name in (SIGNATURE, ACCESS_KEY_ID) or name in situation.scheme.chosen or not value:
            continue
        sure = name in situation.scheme.computed
        sure |= (name in (TIMESTAMP, EXPIRES) and Covered.TIME in covered) or (
            name == NONCE and Covered.NONCE in covered
        )
        request = put(situation, signed, name, _other(situation, name, value))
        yield _change(situation, name, f"the value {name}", request, sure)


def _optional_digests(situation: Situation) -> Iterator[Case]:
    """A digest of the body that need not come: where it does, the body cannot be changed."""
    for name, field in situation.scheme.digest_fields.items():
        if field.optional and (signed := situation.sign_with(field)):
            like = f"with-{name}"
            body = (signed.request.body or b"").replace(b"1", b"9", 1)
            request = rebuilt(signed.request, body=body)
            title = f"the body was changed on the way, under a {name}"
            yield _fault(situation, f"tampered-body-under-{name}", title, request, *ALTERED, like=like)
            request = replaced(signed.request, field.places[0], flipped(value_at(signed.request, field.places[0])))
            title = f"the value {name} was changed on the way"
            yield _fault(situation, f"tampered-{name}", title, request, *ALTERED, like=like)
        for constant in field.instead:
            if not field.instead_allowed:
                request = situation.sign(situation.post(), values={name: constant}).request
                title = f"{constant} comes in place of {name}, and the API does not allow it"
                yield _fault(situation, f"instead-{constant}", title, request, NOT_COVERED)


def _other(situation: Situation, name: str, value: bytes) -> bytes:
    rule = situation.scheme.time
    if name in (TIMESTAMP, EXPIRES) and rule is not None:
        may_be_ahead = name == EXPIRES or rule.future_ms >= 1000
        return rule.format.write(NOW_MS + (1000 if may_be_ahead else -1000))
    if name == LIFETIME:
        return b"%d" % (int(value) - 1)
    return flipped(value)


# what does not come, or comes oddly


def _missing(situation: Situation) -> Iterator[Case]:
    signed = situation.sign().request
    for carrier in situation.scheme.carriers:
        if not carrier.optional:
            request = removed(signed, carrier.places[0])
            yield _fault(
                situation, f"missing-{carrier.name}", f"{carrier.name} does not come", request, MISSING, MALFORMED
            )
    without = removed(situation.post(), situation.scheme.carriers[0].places[0])
    yield _fault(situation, "unsigned", "a request without any credentials", without, MISSING, MALFORMED)


def _doubled(situation: Situation) -> Iterator[Case]:
    for carrier in situation.scheme.carriers:
        signed, place = situation.sign_with(carrier), carrier.places[0]
        if signed and place.is_in(signed.request):
            request = doubled(signed.request, place)
            like = f"with-{carrier.name}" if carrier.optional else situation.plain_name
            yield _fault(situation, f"doubled-{carrier.name}", f"{place} comes twice", request, MALFORMED, like=like)


def _spelled(situation: Situation) -> Iterator[Case]:
    """Servers that take two spellings for one header would see another value than the one that was verified."""
    signed = situation.sign().request
    for carrier in situation.scheme.carriers:
        place = carrier.places[0]
        if place.where is Where.HEADER and place.is_in(signed) and (spellings := sorted(other_spellings(place.key))):
            other = next((name for name in spellings if b"_" in name), spellings[0])
            request = with_header(signed, other, value_at(signed, place))
            title = f"the header {other.decode()} comes beside {place.name}"
            yield _fault(situation, f"other-spelling-{carrier.name}", title, request, MALFORMED)


def _in_two_places(situation: Situation) -> Iterator[Case]:
    form = situation.post(body=b"amount=1", kind=b"application/x-www-form-urlencoded")
    for carrier in situation.scheme.carriers:
        if len(carrier.places) > 1 and not (isinstance(carrier, Field) and carrier.first):
            signed = situation.sign(form if carrier.places[1].where is Where.FORM else None).request
            if carrier.places[0].is_in(signed):
                request = added(signed, carrier.places[1], value_at(signed, carrier.places[0]))
                title = f"{carrier.name} comes under two names"
                yield _fault(situation, f"two-places-{carrier.name}", title, request, MALFORMED)


def _bodies(situation: Situation) -> Iterator[Case]:
    """Bodies in which fields travel, and from which they cannot be read."""
    signed = situation.sign().request
    if situation.in_body is Where.JSON:
        for name, title, body in (
            ("cut", "the JSON body is cut off", (signed.body or b"")[:-1]),
            ("no-object", "the JSON body is no object", b"[%b]" % (signed.body or b"")),
            ("not-utf-8", "the JSON body is not UTF-8", b"\xff\xfe"),
        ):
            yield _fault(situation, f"body-{name}", title, rebuilt(signed, body=body), MALFORMED)
    if situation.in_body is Where.XML:
        body = signed.body or b""
        for name, title, changed in (
            ("cut", "the XML body is cut off", body[:-1]),
            ("doctype", "the XML body has a document type", b"<!DOCTYPE xml []>" + body),
            ("nested", "an element of the XML body holds another", body.replace(b"</xml>", b"<a><b>1</b></a></xml>")),
        ):
            yield _fault(situation, f"body-{name}", title, rebuilt(signed, body=changed), MALFORMED)
    if situation.in_body is Where.FORM:
        lines = [(name, b"text/plain" if name == b"content-type" else value) for name, value in signed.headers]
        title = "the body is a form, and its Content-Type says that it is none"
        yield _fault(situation, "body-not-called-a-form", title, rebuilt(signed, headers=lines), MISSING)


def _fault(situation: Situation, name: str, title: str, request: Request, *reasons: Reason, **more: object) -> Case:
    facts = {"like": situation.plain_name, **more}
    return situation.case(name, title, request, *reasons, **facts)


# keys and signatures


def _wrong_keys(situation: Situation) -> Iterator[Case]:
    impostor = situation.credential.replace(secret=situation.stranger.secret)
    request = situation.sign(credential=impostor).request
    yield _fault(situation, "wrong-secret", "signed with another secret", request, MISMATCH)
    if situation.scheme.names_key:
        request = situation.sign(credential=situation.stranger).request
        title = "signed rightly, with a key that nobody knows"
        yield _fault(situation, "unknown-key", title, request, Reason.UNKNOWN_ACCESS_KEY)


def _signatures(situation: Situation) -> Iterator[Case]:
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
        yield _fault(situation, f"signature-{name}", title, request, *no_signature)
    swapped = put(situation, signed, SIGNATURE, value.swapcase())
    title = "the signature is in the other letter case"
    yield _fault(situation, "signature-letter-case", title, swapped, ACCEPTED, *no_signature)
    place = situation.carrier(SIGNATURE).places[0]
    if place.where in (Where.QUERY, Where.FORM):
        broken = replaced(signed, place, b"%zz" + value, raw=True)
        title = "the signature's percent-encoding is broken"
        yield _fault(situation, "signature-broken-escape", title, broken, *no_signature)
    another = situation.sign(rebuilt(situation.plain, target=PATH), time_ms=NOW_MS - 1000).request
    taken = put(situation, signed, SIGNATURE, situation.values(another)[SIGNATURE])
    title = "the signature of another request"
    yield _change_of_signature(situation, title, taken)


def _change_of_signature(situation: Situation, title: str, request: Request) -> Case:
    case = _fault(situation, "signature-of-another", title, request, ACCEPTED, *ALTERED)
    return case.replace(name="not-covered-whole-request") if case.accepted else case


def _key_ids(situation: Situation) -> Iterator[Case]:
    if not situation.scheme.names_key:
        return
    signed = situation.sign().request
    unknown = (Reason.UNKNOWN_ACCESS_KEY, MALFORMED)
    for name, title, other in (
        ("empty", "the access key id is empty", b""),
        ("too-long", f"an access key id of {MAX_ACCESS_KEY_ID + 1} characters", b"k" * (MAX_ACCESS_KEY_ID + 1)),
    ):
        request = put(situation, signed, ACCESS_KEY_ID, other)
        yield _fault(situation, f"key-id-{name}", title, request, *unknown)


def _packed(situation: Situation) -> Iterator[Case]:
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
            yield _fault(situation, f"{carrier.name}-{name}", f"{carrier.name} {title}", request, *reasons)


def _chosen(situation: Situation) -> Iterator[Case]:
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
            yield _fault(situation, f"uncovered-{left_out}", title, request, NOT_COVERED)
        for pattern in chosen.must_name_all:
            header = pattern.replace("*", "added").replace("?", "a")
            title = f"the header {header} was added, and {name} does not name it"
            request = with_header(signed, header.encode(), b"1")
            yield _fault(situation, f"uncovered-{header}", title, request, NOT_COVERED)


# time


def unit_ms(situation: Situation) -> int:
    """Return the smallest step of the scheme's times, in milliseconds, at least one."""
    rule = situation.scheme.time
    return 1 if rule is None or rule.format.write(NOW_MS) != rule.format.write(NOW_MS + 1) else 1000


def _times(situation: Situation) -> Iterator[Case]:
    if situation.scheme.time is None:
        return
    signed, unit = situation.sign().request, unit_ms(situation)
    ahead_ms, old_ms = situation.scheme.good_for
    late, early = NOW_MS + old_ms + unit, NOW_MS - ahead_ms - unit
    yield _fault(situation, "stale", "one unit of time older than it may be", signed, OUTSIDE, now_ms=late)
    yield _fault(situation, "future", "one unit of time further ahead than it may be", signed, OUTSIDE, now_ms=early)


def _units(situation: Situation) -> Iterator[Case]:
    rule = situation.scheme.time
    if rule is None or rule.format.per_ms is None:
        return
    for name, title, time_ms in (
        ("too-large", "the time is in a unit a thousand times smaller", NOW_MS * 1000),
        ("too-small", "the time is in a unit a thousand times larger", NOW_MS // 1000),
    ):
        yield _fault(situation, f"unit-{name}", title, _signed_at(situation, time_ms), OUTSIDE, MALFORMED)


def _signed_at(situation: Situation, time_ms: int) -> Request:
    """Sign with a time; where it is one that no calendar has, it is put in afterwards."""
    try:
        return situation.sign(time_ms=time_ms).request
    except SigningError:
        rule = situation.scheme.time
        written = rule.format.write(time_ms) if rule else b""
        name = TIMESTAMP if TIMESTAMP in situation.scheme.carried else EXPIRES
        return put(situation, situation.sign().request, name, written)


def _unreadable_times(situation: Situation) -> Iterator[Case]:
    signed = situation.sign().request
    for field, what in ((TIMESTAMP, "time"), (EXPIRES, "expires"), (LIFETIME, "lifetime")):
        value = situation.values(signed).get(field)
        if situation.scheme.time is None or not value:
            continue
        for name, title, other in (
            ("garbage", "is no time", b"tomorrow"),
            ("empty", "is empty", b""),
            ("signed", "has a sign", b"+" + value),
        ):
            request = put(situation, signed, field, other)
            reasons = _unreadable(situation, field, other)
            yield _fault(situation, f"{what}-{name}", f"the value {field} {title}", request, *reasons)


def _lifetimes(situation: Situation) -> Iterator[Case]:
    rule = situation.scheme.time
    if rule is not None and rule.most_ms is not None:
        too_long = situation.sign(values={LIFETIME: str(rule.most_ms // rule.unit_ms + 1)}).request
        title = "one unit longer good than a request may be"
        yield _fault(situation, "lifetime-too-long", title, too_long, OUTSIDE)
    if rule is not None and EXPIRES in situation.scheme.may_lack:
        short, unit = situation.sign(values={LIFETIME: "1"}).request, unit_ms(situation)
        title = "not too old, but good only until a time that is over"
        yield _fault(situation, "expired", title, short, OUTSIDE, now_ms=NOW_MS + rule.unit_ms + unit)


def _unreadable(situation: Situation, name: str, value: bytes) -> tuple[Reason, ...]:
    """Return how a value that cannot be read may end; an empty one that need not come is as if it had not come."""
    as_if_absent = not value and situation.carrier(name).optional
    return (MALFORMED, MISSING, MISMATCH) if as_if_absent else (MALFORMED, MISSING)


# once only


def _nonces(situation: Situation) -> Iterator[Case]:
    if situation.scheme.nonce is None:
        return
    signed = situation.sign().request
    empty = put(situation, signed, NONCE, b"")
    yield _fault(situation, "nonce-empty", "the nonce is empty", empty, *_unreadable(situation, NONCE, b""))
    for name, title, nonce in (
        ("too-long", f"a nonce of {MAX_NONCE + 1} characters", "n" * (MAX_NONCE + 1)),
        ("not-ascii", "a nonce that is not ASCII", "einmal-\N{LATIN SMALL LETTER E WITH ACUTE}"),
    ):
        try:
            request = situation.sign(nonce=nonce).request
        except SigningError:
            continue
        yield _fault(situation, f"nonce-{name}", title, request, MALFORMED)


def _replays(situation: Situation) -> Iterator[Case]:
    if situation.scheme.time is None:
        return
    first = situation.sign().request
    guard = ReplayBy.NONCE if situation.scheme.nonce else ReplayBy.SIGNATURE
    if not _can_guard(situation, guard):
        return
    yield _fault(
        situation,
        f"replayed-{guard}",
        f"the same request again, at an API that accepts each {guard} once",
        first,
        Reason.NONCE_REPLAYED,
        before=(first,),
        guard=guard,
    )
    if guard is ReplayBy.NONCE:
        second = situation.sign(time_ms=NOW_MS + 1000).request
        title = "another request with a nonce that was used before"
        yield _fault(situation, "nonce-again", title, second, Reason.NONCE_REPLAYED, before=(first,), guard=guard)


def _can_guard(situation: Situation, by: ReplayBy) -> bool:
    try:
        Verifier(situation.scheme, replay_by=by)
    except ConfigurationError:  # a signature that anyone can rewrite tells no two requests apart
        return False
    return True


def _key_states(situation: Situation) -> Iterator[Case]:
    signed, credential = situation.sign().request, situation.credential
    inactive = Reason.INACTIVE_ACCESS_KEY
    disabled = Key(credential, usable_until_ms=0)
    yield _fault(situation, "key-disabled", "the access key is disabled", signed, inactive, key=disabled)
    expired = Key(credential, usable_until_ms=NOW_MS)
    yield _fault(situation, "key-expired", "the access key has just expired", signed, inactive, key=expired)
    foreign = Key(credential, permitted=False)
    denied = Reason.PERMISSION_DENIED
    yield _fault(situation, "key-not-permitted", "the access key is for other APIs", signed, denied, key=foreign)
    other = put(situation, signed, SIGNATURE, flipped(situation.values(signed)[SIGNATURE]))
    title = "a disabled access key and a wrong signature: nothing is told of the key"
    yield _fault(situation, "key-disabled-wrong-signature", title, other, MISMATCH, MALFORMED, key=disabled, like="")


# changing values


def flipped(value: bytes) -> bytes:
    """Return a text in which one character, in the middle, is another of its kind."""
    at = next((at for at in range(len(value) // 2, len(value)) if value[at : at + 1].isalnum()), len(value) - 1)
    old = value[at : at + 1]
    new = b"1" if old == b"0" else b"0" if old.isdigit() else b"b" if old in b"aA" else b"a"
    return value[:at] + new + value[at + 1 :]


def put(situation: Situation, request: Request, name: str, value: bytes) -> Request:
    """Return the request with another value for one that it carries, in whatever carries it."""
    carrier = situation.carrier(name)
    place = carrier.places[0]
    if not isinstance(carrier, Packed):
        return replaced(request, place, value)
    values = situation.values(request)
    for decode, encode in (_AS_IT_IS, _IN_BASE64):
        text = decode(value_at(request, place))
        at = _position(situation, request, carrier, name, text, encode)
        if at is not None:
            return replaced(request, place, encode(text[:at] + value + text[at + len(values[name]) :]))
    if carrier.template is None and not carrier.pairs:  # only the scheme's code can write it
        raise VectorError(f"{situation.scheme.name}: {name} does not stand in {carrier.name} as it is")
    return replaced(request, place, make_writer(carrier)({**values, name: value}))


def _from_base64(text: bytes) -> bytes:
    """Undo base64; of a text that is none, nothing is left."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


_Recode = Callable[[bytes], bytes]
_AS_IT_IS: Final[tuple[_Recode, _Recode]] = (bytes, bytes)
_IN_BASE64: Final[tuple[_Recode, _Recode]] = (_from_base64, base64.b64encode)


def _position(
    situation: Situation, request: Request, carrier: Packed, name: str, text: bytes, encode: _Recode
) -> int | None:
    """Return where in a packed text a value stands: there, and nowhere else, does a change of it change this value."""
    values = situation.values(request)
    old, other = values[name], _other(situation, name, values[name]) if values[name] else b""
    wanted = {**values, name: other}
    for found in re.finditer(re.escape(old), text) if old else ():
        changed = replaced(request, carrier.place, encode(text[: found.start()] + other + text[found.end() :]))
        try:
            came = situation.values(changed)
        except VerificationError:
            continue
        if came == wanted:
            return found.start()
    return None
