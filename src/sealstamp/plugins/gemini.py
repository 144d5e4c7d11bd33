"""Gemini's payload: what is signed is a JSON object in base64, in a header of its own.

Its members are ``request``, which must be the target of the request that carries it, ``nonce``, and the call's
parameters. Clients send these in the payload alone, or in the body as well; the signature is over the text as it came.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, NoReturn

from sealstamp.core.code import Description
from sealstamp.core.compiler import Compiled, Matches, Presented, Sign, Stages
from sealstamp.core.coverage import Covered
from sealstamp.core.places import Place
from sealstamp.core.reading import make_finder
from sealstamp.core.request import Request
from sealstamp.core.runtime import body_of, check_counter
from sealstamp.core.scheme import ACCESS_KEY_ID, NONCE, SIGNATURE, Scheme
from sealstamp.errors import ConfigurationError, MalformedCredentialsError, SignatureMismatchError, VerificationError

MAX_PAYLOAD = 65_536
"""A longer payload, in base64, is refused unread."""
REQUEST = "request"


def describe(scheme: Scheme) -> Description:
    """Describe the scheme. A body can be taken away, so it is not covered. Raises ConfigurationError."""
    if (
        set(scheme.carried) != {ACCESS_KEY_ID, SIGNATURE, NONCE}
        or scheme.time
        or not (scheme.nonce and scheme.nonce.grows)
    ):
        problem = "its code needs an access key id, a signature, a nonce that grows, and no time"
        raise ConfigurationError(f"scheme {scheme.name}", problem, "copy the catalogue's gemini")
    return Description(
        stages={
            "payload": "JSON with the target, the nonce and the parameters",
            "string_to_sign": "the payload in base64, as it travels",
            "signature": "the HMAC-SHA384 of it with the secret as its key, in hexadecimal",
        },
        covered=frozenset({Covered.PATH, Covered.QUERY, Covered.NONCE}),
        digests=frozenset({"sha384"}),
        signed_with="HMAC-SHA384",
    )


def compile(scheme: Scheme) -> Compiled:
    """Return the scheme's functions."""
    find = make_finder(scheme)
    places = {name: carrier.places[0] for carrier in scheme.carriers for name in carrier.carried}
    order = [list(places).index(name) for name in (ACCESS_KEY_ID, SIGNATURE, NONCE)]

    def reread(request: Request) -> Presented:
        found = find(request)
        access_key_id, signature, text = (found[index] for index in order)
        payload = _read_payload(text)
        values = {ACCESS_KEY_ID: access_key_id, SIGNATURE: signature, NONCE: _nonce_of(payload)}
        check_counter(values[NONCE])
        carried = (values[name] for name in scheme.carried)
        return (access_key_id, None, values[NONCE], *carried, signature, text, payload)

    def bind(access_key_id: bytes, secret: bytes) -> tuple[Matches, Sign]:
        def matches(presented: Presented, request: Request) -> bool:
            *_, signature, text, payload = presented
            if not hmac.compare_digest(_mac(secret, text), signature):
                return False
            _check_request(payload, request)
            return True

        def sign(
            time_ms: int | None, nonce: bytes, given: Sequence[bytes], request: Request
        ) -> list[tuple[Place, bytes]]:
            text = _make_payload(request, nonce, places[NONCE])
            values = {ACCESS_KEY_ID: access_key_id, NONCE: text, SIGNATURE: _mac(secret, text)}
            return [(place, values[name]) for name, place in places.items()]

        return matches, sign

    return Compiled(lambda request, now_ms: reread(request), bind, _bind_stages, reread=reread)


def _bind_stages(access_key_id: bytes, secret: bytes) -> Stages:
    def stages(presented: Presented, request: Request) -> tuple[bytes, ...]:
        text = presented[-2]
        return b64decode(text), text, _mac(secret, text)

    return stages


def _mac(secret: bytes, text: bytes) -> bytes:
    return hmac.digest(secret, text, "sha384").hex().encode()


# reading

Object = dict[str, Any]
"""A JSON object, its numbers as ("number", text): two are equal if they are written alike."""


def _read_payload(text: bytes) -> Object:
    """Read a payload. Raises MalformedCredentialsError."""
    if len(text) > MAX_PAYLOAD:
        raise MalformedCredentialsError("the payload is too long")
    try:
        return _read_object(b64decode(text, validate=True))
    except ValueError:
        raise MalformedCredentialsError("the payload is not a JSON object in base64, each name in it once") from None


def _read_object(text: bytes) -> Object:
    """Read one JSON object in UTF-8 that has no name twice, at any depth. Raises ValueError."""

    def number(text: str) -> tuple[str, str]:
        return ("number", text)

    try:
        match json.loads(
            text.decode(), object_pairs_hook=_once, parse_int=number, parse_float=number, parse_constant=_refuse
        ):
            case dict() as value:
                return value
    except RecursionError:
        raise ValueError("nested too deeply") from None
    raise ValueError("not an object")


def _once(pairs: list[tuple[str, Any]]) -> Object:
    """Servers do not agree on which of two members of one name counts."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name comes twice")
    return values


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _nonce_of(payload: Object) -> bytes:
    """Return the nonce, which clients write as a number or as a text."""
    match payload.get(NONCE):
        case str(text) | ("number", str(text)):
            return text.encode("utf-8", "backslashreplace")
        case _:
            raise MalformedCredentialsError("the payload has no nonce")


def _check_request(payload: Object, request: Request) -> None:
    """Raise SignatureMismatchError for a payload of another request."""
    if not _is_for(payload, request):
        raise SignatureMismatchError("the payload is signed, and its 'request' is another path and query")
    body = body_of(request)
    try:
        members = _read_object(body) if body else {}
        same = all(name in payload and payload[name] == value for name, value in members.items())
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise SignatureMismatchError("the payload is signed, and the body says something that it does not say")


def _is_for(payload: Object, request: Request) -> bool:
    target = payload.get(REQUEST)
    return isinstance(target, str) and target.encode("utf-8", "backslashreplace") == request.target


# writing


def _make_payload(request: Request, nonce: bytes, place: Place) -> bytes:
    """Return the payload in base64: what the request has already if it will do, else with the body's members.

    Raises MalformedCredentialsError for a body that is no JSON object, or that names what the payload says itself.
    """
    standing = place.value_in(request)
    if standing and _will_do(standing, request, nonce):
        return standing
    check_counter(nonce)
    head = json.dumps({REQUEST: request.target.decode("latin-1"), NONCE: nonce.decode()}, ensure_ascii=False)
    members = _members(body_of(request) or _parameters_of(standing))
    text = b64encode(b"%b%b}" % (head[:-1].encode("utf-8"), b", " + members if members else b""))
    _read_payload(text)
    return text


def _will_do(text: bytes, request: Request, nonce: bytes) -> bool:
    try:
        payload = _read_payload(text)
        return _nonce_of(payload) == nonce and _is_for(payload, request)
    except VerificationError:
        return False


def _parameters_of(text: bytes) -> bytes:
    """Return what a payload says beside the request and the nonce: one that is signed anew keeps it."""
    if not text:
        return b""
    _read_payload(text)
    payload = json.loads(b64decode(text))
    return json.dumps({name: value for name, value in payload.items() if name not in (REQUEST, NONCE)}).encode()


def _members(text: bytes) -> bytes:
    """Return what stands between the braces of a JSON object, as it is written: numbers stay as they are."""
    try:
        return text.strip()[1:-1].strip() if text and _read_object(text) is not None else b""
    except ValueError:
        raise MalformedCredentialsError("the body is not a JSON object, each name in it once") from None
