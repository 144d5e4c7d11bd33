"""What compiled schemes call, beyond the filters: refusals, and readings too rare to write in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hmac import compare_digest
from typing import Final, NoReturn, TypeVar

from sealstamp.core.chosenlists import refuse_spelling
from sealstamp.core.encoding import remove_parameters
from sealstamp.core.fieldlists import (
    encoded_query,
    form_list,
    form_text,
    header_list,
    pick_headers,
    query_list,
    xml_list,
)
from sealstamp.core.material import (
    cannot_sign,
    is_shared,
    is_signed,
    kind_of,
    match_signed,
    signer_for,
    verifier_for,
)
from sealstamp.core.places import Place
from sealstamp.core.placing import place_all, request_without
from sealstamp.core.request import Request
from sealstamp.core.scheme import Carrier
from sealstamp.core.sortedpairs import encode_pairs, sorted_pairs, sorted_query
from sealstamp.core.timing import MAX_DIGITS
from sealstamp.errors import (
    BodyUnavailableError,
    ComponentNotCoveredError,
    MalformedCredentialsError,
    MissingCredentialsError,
    OutsideTimeWindowError,
)

__all__ = [
    "body_of",
    "cannot_sign",
    "check_counter",
    "check_unexpired",
    "cover",
    "encode_pairs",
    "encoded_query",
    "end_by_expiry",
    "end_of_lifetime",
    "form_list",
    "form_of",
    "form_text",
    "header_list",
    "header_value",
    "is_shared",
    "is_signed",
    "is_visible",
    "join_nonempty",
    "kind_of",
    "malformed_nonce",
    "malformed_time",
    "match_any",
    "match_signed",
    "missing",
    "no_case",
    "not_accepted",
    "one_of",
    "outside",
    "pick_headers",
    "place_all",
    "query_list",
    "query_value",
    "read_time",
    "refuse_doubles",
    "refuse_spelling",
    "refuse_unsigned",
    "remember",
    "request_without",
    "signer_for",
    "sorted_pairs",
    "sorted_query",
    "standing",
    "standing_time",
    "verifier_for",
    "xml_list",
]

T = TypeVar("T")

MAX_REMEMBERED: Final = 8
"""Derived keys that are remembered for each access key: a few regions, services and days."""
MAX_REMEMBERED_LENGTH: Final = 256
"""A derived key is not remembered if what it is derived with is longer: strangers choose it."""
MAX_NONCE: Final = 128
"""A nonce is kept for the window, so its length is limited."""
MAX_COUNTER_DIGITS: Final = 20
"""A nonce that grows has at most this many digits: 64 bits."""


def remember(memory: dict[tuple[bytes, ...], T], values: tuple[bytes, ...], state: T) -> T:
    """Keep what was made with ``values``, among the last few, and return it."""
    if sum(map(len, values)) <= MAX_REMEMBERED_LENGTH:
        if len(memory) >= MAX_REMEMBERED:
            memory.clear()
        memory[values] = state
    return state


def is_visible(text: bytes) -> bool:
    """Tell whether text is ASCII without control characters."""
    return text.isascii() and text.decode().isprintable()


def join_nonempty(separator: bytes, parts: Iterable[bytes]) -> bytes:
    """Join the parts that are not empty."""
    return separator.join(filter(None, parts))


def header_value(request: Request, name: bytes) -> bytes:
    """Return a signed header's value; one that came twice means two things and is refused."""
    values, doubled = request.header_fields
    return _refuse_double(name) if name in doubled else values.get(name, b"")


def query_value(request: Request, name: bytes) -> bytes:
    """Return a signed query parameter's value; one that came twice means two things and is refused."""
    values, doubled = request.query_fields
    return _refuse_double(name) if name in doubled else values.get(name, b"")


def _refuse_double(name: bytes) -> NoReturn:
    raise MalformedCredentialsError(f"signed, and came more than once: {_names([name])}")


def body_of(request: Request) -> bytes:
    """Return the body. Raises BodyUnavailableError where nobody has read it."""
    if request.body is None:
        raise BodyUnavailableError("the scheme signs the body, and its bytes are not here")
    return request.body


def no_case() -> NoReturn:
    """Refuse a value for which a switch without a default has no case."""
    raise MalformedCredentialsError("a value is none of those that the scheme knows")


def standing(request: Request, place: Place, instead: tuple[bytes, ...]) -> bytes:
    """Return what a request already has for a digest: all there is for a body not at hand, else a word ``instead``."""
    value = place.value_in(request)
    return value if request.body is None or value in instead else b""


def refuse_unsigned(value: bytes) -> NoReturn:
    """Refuse a constant that came in place of the body's digest."""
    raise ComponentNotCoveredError(f"the body is not signed: {value.decode('ascii', 'backslashreplace')}")


def form_of(request: Request, names: frozenset[bytes]) -> bytes:
    """Return the body, of an urlencoded one all but the fields ``names``. Raises BodyUnavailableError."""
    body = body_of(request)
    return remove_parameters(body, names) if request.is_form else body


def one_of(places: Iterable[tuple[Mapping[bytes, bytes], bytes]], field: str) -> bytes:
    """Return the value of a field that has several places and came in one of them; refuse two."""
    value, *others = [fields[name] for fields, name in places if name in fields]
    if others:
        raise MalformedCredentialsError(f"{field} came under two names")
    return value


def missing(carriers: Sequence[Carrier], request: Request) -> NoReturn:
    """Refuse, naming what is not there."""
    absent = [c.name for c in carriers if not c.optional and not any(place.is_in(request) for place in c.places)]
    raise MissingCredentialsError(f"missing: {', '.join(absent)}")


def cover(
    request: Request,
    listed: bytes,
    separator: bytes,
    computed: frozenset[bytes],
    values: Mapping[bytes, bytes],
    lines: Mapping[bytes, bytes],
) -> bytes:
    """Return a line for each component of a list; refuse one that is not there, or is listed twice.

    A header is found whatever the case of its name, which is written as the list has it.
    """
    names = listed.split(separator)
    lower = [name.lower() for name in names]
    if len(set(lower)) != len(lower):
        raise MalformedCredentialsError("a component is covered twice")
    headers: dict[bytes, bytes] = {}
    for name, value in request.headers:
        if name not in computed:
            headers[name] = headers[name] + b", " + value.strip() if name in headers else value.strip()
    found = {**headers, **values}
    if absent := [name for name in lower if name not in lines and (name not in found or values.get(name) == b"")]:
        raise MalformedCredentialsError(f"covered, and not there: {_names(absent)}")
    listing = zip(names, lower, strict=True)
    return b"\n".join([lines[key] if key in lines else name + b": " + found[key] for name, key in listing])


def not_accepted(field: str) -> NoReturn:
    """Refuse a value that is none of those the scheme, or the API, allows."""
    raise MalformedCredentialsError(f"{field} is none of those that are accepted")


def match_any(expected: bytes, texts: Iterable[bytes], may: bool = True) -> bytes:
    """Return ``expected`` if it ``may`` be and is one of the values that came, else nothing.

    All are compared, in constant time.
    """
    matched = may & bool(sum([compare_digest(expected, text) for text in texts]))
    return expected if matched else b""


def refuse_doubles(doubled: frozenset[bytes], fields: frozenset[bytes]) -> None:
    """Refuse if an authentication field came twice; other doubles are the application's business."""
    if both := doubled & fields:
        raise MalformedCredentialsError(f"came more than once: {_names(both)}")


def _names(names: Iterable[bytes]) -> str:
    return b", ".join(sorted(names)).decode("ascii", "backslashreplace")


def malformed_time() -> NoReturn:
    """Refuse a time that is not plain ASCII digits of sane length."""
    raise MalformedCredentialsError("the time is not a plain decimal number")


def standing_time(request: Request, places: Iterable[Place], read: Callable[[bytes], int], written: bytes) -> bytes:
    """Return the time as a request says it already, in another of the scheme's formats; else as it is ``written``."""
    for text in (place.value_in(request) for place in places):
        try:
            if read(text) == read(written):
                return text
        except (ValueError, OverflowError):
            continue
    return written


def malformed_nonce() -> NoReturn:
    """Refuse a nonce that is empty, too long or not visible ASCII."""
    raise MalformedCredentialsError(f"the nonce is not 1 to {MAX_NONCE} visible ASCII characters")


def check_counter(nonce: bytes) -> None:
    """Refuse a nonce that is no decimal number of at most 64 bits."""
    if not nonce.isdigit() or len(nonce) > MAX_COUNTER_DIGITS or int(nonce) >= 1 << 64:
        raise MalformedCredentialsError("the nonce is not a decimal number of at most 64 bits")


def read_time(read: Callable[[bytes], int], text: bytes) -> int:
    """Read a time that is written as a calendar date, into Unix milliseconds."""
    try:
        return read(text)
    except (ValueError, OverflowError):
        raise MalformedCredentialsError("the time is not written as the scheme says") from None


def end_of_lifetime(
    time_ms: int, lifetime: bytes, unit_ms: int, most_ms: int, past_ms: int | None, future_ms: int, now_ms: int
) -> int:
    """Return until when a request is good that says for how long it is; one that need not is for ``past_ms``.

    All is in Unix milliseconds, ``lifetime`` in units of ``unit_ms``. Refuses what is too old, too far ahead, or asks
    for more than ``most_ms``; without ``past_ms``, also an empty lifetime.
    """
    if lifetime or past_ms is None:
        if not lifetime.isdigit() or len(lifetime) > MAX_DIGITS:
            raise MalformedCredentialsError("the lifetime is not a plain decimal number")
        lifetime_ms = int(lifetime) * unit_ms
        if lifetime_ms > most_ms:
            _refuse_lifetime(lifetime_ms, most_ms, now_ms)
    else:
        lifetime_ms = past_ms
    if not time_ms - future_ms <= now_ms <= time_ms + lifetime_ms:
        outside(time_ms, now_ms)
    return time_ms + lifetime_ms


def end_by_expiry(begin_ms: int, expires_ms: int, most_ms: int, future_ms: int, now_ms: int) -> int:
    """Return the expiry of a request that is good from ``begin_ms``, which may be ``future_ms`` ahead; in Unix ms.

    Refuses what has expired, has not begun, or is good for longer than ``most_ms``.
    """
    if begin_ms - future_ms > now_ms:
        outside(begin_ms, now_ms)
    check_unexpired(expires_ms, now_ms)
    if expires_ms - begin_ms > most_ms:
        _refuse_lifetime(expires_ms - begin_ms, most_ms, now_ms, _other_unit(expires_ms, now_ms))
    return expires_ms


def check_unexpired(expires_ms: int, now_ms: int) -> None:
    """Refuse what has expired."""
    if now_ms > expires_ms:
        detail = f"the request expired {now_ms - expires_ms} ms ago"
        raise OutsideTimeWindowError(now_ms, detail + _other_unit(expires_ms, now_ms))


def _refuse_lifetime(lifetime_ms: int, most_ms: int, now_ms: int, hint: str = "") -> NoReturn:
    detail = f"the request would be good for {lifetime_ms} ms, and at most {most_ms} ms are accepted"
    raise OutsideTimeWindowError(now_ms, detail + hint)


def outside(time_ms: int, now_ms: int) -> NoReturn:
    """Refuse a time outside the window, and say so if another unit would have fitted."""
    off = now_ms - time_ms
    detail = f"the request's time is {abs(off)} ms {'behind' if off > 0 else 'ahead of'} the server's"
    raise OutsideTimeWindowError(now_ms, detail + _other_unit(time_ms, now_ms))


def _other_unit(time_ms: int, now_ms: int) -> str:
    """Say so if a time is right in another unit."""
    if _near(time_ms * 1000, now_ms):
        return "; it looks a thousand times too small: is it in seconds where milliseconds are meant?"
    if _near(time_ms // 1000, now_ms):
        return "; it looks a thousand times too large: is it in milliseconds where seconds are meant?"
    return ""


def _near(time_ms: int, now_ms: int) -> bool:
    day_ms = 86_400_000
    return abs(time_ms - now_ms) < day_ms
