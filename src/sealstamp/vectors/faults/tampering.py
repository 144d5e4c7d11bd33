"""What was changed on the way."""

from __future__ import annotations

from collections.abc import Iterator

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.request import Request
from sealstamp.core.scheme import ACCESS_KEY_ID, EXPIRES, NONCE, SIGNATURE, TIMESTAMP
from sealstamp.vectors.accepts import with_signed_headers
from sealstamp.vectors.case import Case
from sealstamp.vectors.faults.case import ACCEPTED, ALTERED, NOT_COVERED, fault
from sealstamp.vectors.faults.values import flipped, other_value, put
from sealstamp.vectors.situation import Situation, header_names
from sealstamp.vectors.surgery import (
    rebuilt,
    replaced,
    value_at,
    with_query,
)


def tampered(situation: Situation) -> Iterator[Case]:
    """Change what a request says."""
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


def tampered_headers(situation: Situation) -> Iterator[Case]:
    """Change headers that the scheme signs."""
    names = header_names(situation.scheme)
    if names and situation.takes(with_signed_headers(situation)):
        signed = situation.sign(with_signed_headers(situation)).request
        for name in names:
            lines = [(key, value + b"9" if key == name.encode() else value) for key, value in signed.headers]
            changed = rebuilt(signed, headers=lines)
            yield _change(situation, f"header-{name}", f"the header {name}", changed, False, like="signed-headers")


def tampered_values(situation: Situation) -> Iterator[Case]:
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
        request = put(situation, signed, name, other_value(situation, name, value))
        yield _change(situation, name, f"the value {name}", request, sure)


def optional_digests(situation: Situation) -> Iterator[Case]:
    """A digest of the body that need not come: where it does, the body cannot be changed."""
    for name, field in situation.scheme.digest_fields.items():
        if field.optional and (signed := situation.sign_with(field)):
            like = f"with-{name}"
            body = (signed.request.body or b"").replace(b"1", b"9", 1)
            request = rebuilt(signed.request, body=body)
            title = f"the body was changed on the way, under a {name}"
            yield fault(situation, f"tampered-body-under-{name}", title, request, *ALTERED, like=like)
            request = replaced(signed.request, field.places[0], flipped(value_at(signed.request, field.places[0])))
            title = f"the value {name} was changed on the way"
            yield fault(situation, f"tampered-{name}", title, request, *ALTERED, like=like)
        for constant in field.instead:
            if not field.instead_allowed:
                request = situation.sign(situation.post(), values={name: constant}).request
                title = f"{constant} comes in place of {name}, and the API does not allow it"
                yield fault(situation, f"instead-{constant}", title, request, NOT_COVERED)
