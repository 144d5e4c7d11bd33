"""Findings shown, not told: a request that was signed, and what the verifier accepts although nobody signed it.

Each demonstration is carried out when it is asked for, on the scheme's example, by somebody who has seen one signed
request and does not hold the secret. What cannot be carried out is not shown.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import md5
from typing import Final

from sealstamp.core import findings
from sealstamp.core.collisions import collisions_of
from sealstamp.core.coverage import Covered
from sealstamp.core.example import Example, example_of
from sealstamp.core.findings import Finding
from sealstamp.core.forging import Captured, is_accepted
from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.scheme import LIFETIME, NONCE, Field, Scheme
from sealstamp.core.timing import write_duration
from sealstamp.errors import ConfigurationError, SigningError

LATER_MS: Final = 10 * 365 * 86_400_000
"""Ten years."""


class Demonstration(Record):
    """``signed`` is what the key's owner sent; ``accepted`` is what the verifier accepted after ``later_ms``."""

    rule: str
    claim: str
    signed: Request
    accepted: Request
    later_ms: int = 0


def demonstrate(scheme: Scheme, finding: Finding) -> Demonstration | None:
    """Return a demonstration of a finding, or None where there is none to be had."""
    if scheme.code is not None:  # what its code writes cannot be taken apart and forged by what [sign] says
        return None
    show = _SHOWN.get(finding.rule.code)
    try:
        return next(show(example_of(scheme)), None) if show else None
    except ConfigurationError:  # there is no pair to show it with
        return None


# what is not covered


def _changed_method(request: Request) -> Request:
    return _copy(request, method=b"DELETE")


def _changed_host(request: Request) -> Request:
    headers = [(name, _OTHER_HOST if name == b"host" else value) for name, value in request.headers]
    return _copy(request, headers=headers, authority=_OTHER_HOST)


def _changed_path(request: Request) -> Request:
    return _copy(request, target=request.target.replace(b"/v1/orders", b"/v1/transfers"))


def _changed_query(request: Request) -> Request:
    return _copy(request, target=request.target.replace(b"to=alice%20b", b"to=mallory"))


def _changed_body(request: Request) -> Request:
    return _copy(request, body=(request.body or b"").replace(b"1", b"1000", 1))


_OTHER_HOST: Final = b"live.example.com"
_CHANGES: Final[Mapping[Covered, Callable[[Request], Request]]] = {
    Covered.METHOD: _changed_method,
    Covered.HOST: _changed_host,
    Covered.PATH: _changed_path,
    Covered.QUERY: _changed_query,
    Covered.BODY: _changed_body,
}


def _copy(
    request: Request,
    *,
    method: bytes | None = None,
    target: bytes | None = None,
    headers: Sequence[tuple[bytes, bytes]] | None = None,
    authority: bytes | None = None,
    body: bytes | None = None,
) -> Request:
    return Request(
        method or request.method,
        target or request.target,
        request.headers if headers is None else headers,
        authority=authority or request.authority,
        body=request.body if body is None else body,
    )


_KINDS: Final = (
    b"application/octet-stream",
    b"multipart/form-data; boundary=x",
    b"application/x-www-form-urlencoded2",
)
"""Kinds of body that some schemes leave out of what they sign; the last only looks like a form."""


def _captures(example: Example) -> Iterator[tuple[Request, Captured]]:
    """Yield what was signed and seen: the example's request, and others of which some schemes sign less."""
    request = example.request
    others = [_copy(request, method=method) for method in (b"PUT", b"GET")]
    others += [_copy(request, headers=[(b"host", request.host), (b"content-type", kind)]) for kind in _KINDS]
    parameters = example.scheme.parameters
    emptied = [{name: ""} for name in example.scheme.carried if name in parameters]
    tried = [*((each, {}) for each in (request, *others)), *((request, values) for values in emptied)]
    for each, values in tried:
        if captured := _capture(example, each, values):
            yield each, captured


def _uncovered(part: Covered) -> Callable[[Example], Iterator[Demonstration]]:
    def show(example: Example) -> Iterator[Demonstration]:
        clients = (example, _omitting(example), _elsewhere(example))
        tried = (found for each in clients for found in _captures(each))
        for request, captured in tried:
            sent = captured.forge(_CHANGES[part](request))
            if is_accepted(example, captured.signed) and is_accepted(example, sent):
                claim = f"the {part} is another one, and the signature that was captured is accepted"
                yield Demonstration(findings.UNCOVERED[part].code, claim, captured.signed, sent)

    return show


def _omitting(example: Example) -> Example:
    """Return the example of a signer that leaves out whatever it may."""
    carriers = tuple(carrier.replace(omitted=carrier.may_lack) for carrier in example.scheme.carriers)
    return example.replace(scheme=example.scheme.replace(carriers=carriers))


def _elsewhere(example: Example) -> Example:
    """Return the example of a signer that uses the last of the places where a field may travel."""
    carriers = tuple(
        carrier.replace(places=carrier.places[::-1]) if isinstance(carrier, Field) else carrier
        for carrier in example.scheme.carriers
    )
    return example.replace(scheme=example.scheme.replace(carriers=carriers))


def _capture(example: Example, request: Request, values: Mapping[str, str] | None = None) -> Captured | None:
    try:
        return Captured(example, request, values=values)
    except SigningError:
        return None


# when, and how often


def _show_no_time(example: Example) -> Iterator[Demonstration]:
    captured = Captured(example, example.request)
    now_ms = example.time_ms + LATER_MS
    sent = captured.forge(example.request, time_ms=now_ms)
    if is_accepted(example, sent, now_ms):
        claim = "ten years later, the signature that was captured is accepted"
        yield Demonstration(findings.NO_TIME.code, claim, captured.signed, sent, LATER_MS)


def _show_time_may_lack(example: Example) -> Iterator[Demonstration]:
    captured = Captured(example.replace(dated=False), example.request)
    if is_accepted(example, captured.signed, example.time_ms + LATER_MS):
        claim = "a request without a time, sent once more after ten years, and accepted"
        yield Demonstration(findings.TIME_MAY_LACK.code, claim, captured.signed, captured.signed, LATER_MS)


def _show_no_nonce(example: Example) -> Iterator[Demonstration]:
    if NONCE in example.scheme.may_lack:
        example = example.replace(nonce="")
    captured = Captured(example, example.request)
    sent = captured.forge(example.request, nonce=f"{example.nonce}0" if example.nonce else "")
    if is_accepted(example, captured.signed) and is_accepted(example, sent):
        again = "with another nonce" if example.nonce else "as it was"
        claim = f"sent once more {again}, and accepted once more"
        yield Demonstration(findings.NO_NONCE.code, claim, captured.signed, sent)


def _show_window(example: Example) -> Iterator[Demonstration]:
    time = example.scheme.time
    if time is None:
        return
    longest = {} if time.most_ms is None else {LIFETIME: str(time.most_ms // time.unit_ms)}
    captured = _capture(example, example.request, longest) or Captured(example, example.request)
    for later_ms in ((time.most_ms or 0) - time.unit_ms, time.past_ms):
        if later_ms > 0 and is_accepted(example, captured.signed, example.time_ms + later_ms):
            claim = f"sent once more after {write_duration(later_ms)}, and accepted"
            yield Demonstration(findings.WIDE_WINDOW.code, claim, captured.signed, captured.signed, later_ms)


def _show_lifetime(example: Example) -> Iterator[Demonstration]:
    captured, time = Captured(example, example.request), example.scheme.time
    if time is None or time.most_ms is None or LIFETIME not in example.scheme.carried:
        return
    sent = captured.forge(example.request, values={LIFETIME: str(time.most_ms // time.unit_ms)})
    later_ms = time.most_ms - time.unit_ms
    if is_accepted(example, sent, example.time_ms + later_ms):
        claim = f"given a lifetime of {write_duration(time.most_ms)}, and accepted until then"
        yield Demonstration(findings.LIFETIME_NOT_COVERED.code, claim, captured.signed, sent, later_ms)


# what signs alike


def _show_collision(code: str, *, marked: bool) -> Callable[[Example], Iterator[Demonstration]]:
    def show(example: Example) -> Iterator[Demonstration]:
        for collision in collisions_of(example.scheme):
            if bool(collision.mark) is marked:
                claim = f"{' and '.join(collision.values)} are divided differently, and signed alike"
                yield Demonstration(code, claim, collision.first, collision.second)

    return show


_BLOCKS: Final = tuple(
    bytes.fromhex(
        "d131dd02c5e6eec4693d9a0698aff95c2fcab5"
        + first
        + "12467eab4004583eb8fb7f8955ad340609f4b30283e4888325"
        + second
        + "415a085125e8f7cdc99fd91dbd"
        + third
        + "280373c5bd8823e3156348f5bae6dacd436c919c6dd53e2"
        + fourth
        + "487da03fd02396306d248cda0e99f33420f577ee8ce54b67080"
        + fifth
        + "0d1ec69821bcb6a8839396f965"
        + sixth
        + "b6ff72a70"
    )
    for first, second, third, fourth, fifth, sixth in [
        ("87", "71", "f", "b", "a8", "2"),
        ("07", "f1", "7", "3", "28", "a"),
    ]
)
"""Two texts with one MD5 (X. Wang and H. Yu, How to Break MD5 and Other Hash Functions, 2005)."""


def _show_md5(example: Example) -> Iterator[Demonstration]:
    first, second = _BLOCKS
    digest = (b"content-md5", b64encode(md5(first, usedforsecurity=False).digest()))
    request = _copy(example.request, body=first)
    for captured in filter(None, (_capture(example, each) for each in (request, _with_header(request, *digest)))):
        sent = captured.forge(_copy(captured.request, body=second))
        other = captured.forge(_copy(captured.request, body=first + b"."))
        if is_accepted(example, sent) and not is_accepted(example, other):
            claim = "two bodies with one MD5: whoever had the first one signed can send the second"
            yield Demonstration(findings.MD5.code, claim, captured.signed, sent)


def _with_header(request: Request, name: bytes, value: bytes) -> Request:
    return _copy(request, headers=[*request.headers, (name, value)])


_SHOWN: Final[Mapping[str, Callable[[Example], Iterator[Demonstration]]]] = {
    **{findings.UNCOVERED[part].code: _uncovered(part) for part in _CHANGES},
    findings.NO_TIME.code: _show_no_time,
    findings.TIME_MAY_LACK.code: _show_time_may_lack,
    findings.NO_NONCE.code: _show_no_nonce,
    findings.WIDE_WINDOW.code: _show_window,
    findings.LIFETIME_NOT_COVERED.code: _show_lifetime,
    findings.TOUCHING.code: _show_collision(findings.TOUCHING.code, marked=False),
    findings.AMBIGUOUS.code: _show_collision(findings.AMBIGUOUS.code, marked=True),
    findings.MD5.code: _show_md5,
}
