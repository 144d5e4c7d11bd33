"""Reading requests strictly: bodies are JSON of exactly the fields an operation takes, within their limits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec

from sealstamp.core.request import Request
from sealstamp.resources.common import decode
from sealstamp.server.management.operations import IfMatch, Operation
from sealstamp.server.management.problems import Code, ProblemError

MERGE_PATCH: Final = "application/merge-patch+json"
"""RFC 7396: a member that is null is cleared, one that is absent stays."""
MAX_PARAMETERS: Final = 50
LONGEST_SEGMENT: Final = 256
_JSON_TYPE = re.compile(rb"application/(?:json|merge-patch\+json)(?:[ \t]*;[ \t]*charset=\"?utf-8\"?)?", re.IGNORECASE)
_ETAG = re.compile(r'"([0-9]{1,15})"')  # a weak one never matches here (RFC 9110, section 13.1.1)
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def read_body(operation: Operation, request: Request, body: bytes) -> Any:
    """Return what the body says, as the operation's type; None where it takes none. Raises ProblemError."""
    if operation.takes is None:
        if body:
            raise ProblemError(Code.MALFORMED_REQUEST, "this operation takes no body")
        return None
    if _JSON_TYPE.fullmatch(request.header(b"content-type").strip()) is None:
        accept = [(b"accept", b"application/json")]
        raise ProblemError(Code.UNSUPPORTED_MEDIA_TYPE, "send the body as application/json", accept)
    if request.header(b"content-encoding").lower() not in (b"", b"identity"):
        raise ProblemError(Code.UNSUPPORTED_MEDIA_TYPE, "send the body without a content coding")
    return _decoded(body, operation.takes)


def _decoded(body: bytes, shape: type[Any]) -> Any:
    try:
        value: Any = decode(body, shape)
        json.loads(body, object_pairs_hook=_refuse_doubled)
    except msgspec.ValidationError as error:
        raise ProblemError(Code.INVALID_REQUEST, _lower(str(error))) from None
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise ProblemError(Code.MALFORMED_REQUEST, "the body is not JSON") from None
    return value


def _refuse_doubled(pairs: list[tuple[str, Any]]) -> None:
    """Refuse an object with a member that comes twice: readers differ about which of them counts (RFC 8259)."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ProblemError(Code.MALFORMED_REQUEST, "a member of an object comes twice")


def read_query(operation: Operation, request: Request) -> Any:
    """Return the query's parameters as the operation's type. Raises ProblemError."""
    given: dict[str, str] = {}
    for piece in filter(None, request.query.decode("latin-1").split("&")):
        name, _, value = (_text(part.replace("+", " ")) for part in piece.partition("="))
        if name in given or len(given) >= MAX_PARAMETERS:
            raise ProblemError(Code.MALFORMED_REQUEST, "a parameter comes twice, or there are too many")
        given[name] = value
    try:
        return msgspec.convert(given, operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise ProblemError(Code.INVALID_REQUEST, _lower(str(error)), place="query") from None


def read_path(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Return the path's parameters decoded. Raises ProblemError for what nothing can be called."""
    return {name: _segment(text) for name, text in parameters.items()}


def _segment(text: str) -> str:
    decoded = _text(text)
    if len(decoded) > LONGEST_SEGMENT or not decoded.isprintable():
        raise ProblemError(Code.NOT_FOUND, "nothing can be called so")
    return decoded


def _text(escaped: str) -> str:
    try:
        if _ESCAPE.search(escaped) is None:
            return unquote_to_bytes(escaped).decode()
    except UnicodeDecodeError:
        pass
    raise ProblemError(Code.MALFORMED_REQUEST, "the path or query is not percent-encoded UTF-8")


def read_if_match(operation: Operation, request: Request) -> int | None:
    """Return the version that the caller has seen; None for any. Raises ProblemError."""
    text = request.header(b"if-match").decode("latin-1").strip()
    if operation.if_match is IfMatch.IGNORED or text == "*":
        return None
    if not text:
        if operation.if_match is IfMatch.REQUIRED:
            title = "say which version is to be changed: If-Match with its ETag, or *"
            raise ProblemError(Code.PRECONDITION_REQUIRED, title)
        return None
    tag = _ETAG.fullmatch(text)
    if tag is None:
        raise ProblemError(Code.MALFORMED_REQUEST, "If-Match is not one ETag of this API, nor *")
    return int(tag[1])


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
