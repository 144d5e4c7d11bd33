"""A raw HTTP request, as it came: the target undecoded, the field lines in order, nothing normalised.

What a signature covers is bytes, so everything here is bytes. A door that cannot give the raw target must refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, overload

from sealstamp.core.encoding import NONE, Pairs, parse_json_fields, parse_urlencoded, repeated
from sealstamp.errors import MalformedCredentialsError

MAX_HEADERS = 1_000
"""More field lines than this are refused; servers stop far earlier."""

T = TypeVar("T")
_FORM = b"application/x-www-form-urlencoded"
_COLON = ord(":")


class lazy(Generic[T]):  # noqa: N801  # reads as the decorator it is
    """Compute once, at first use; ``functools.cached_property`` takes a lock for that until Python 3.12."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__
        self.name = compute.__name__

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | lazy[T]:
        if instance is None:
            return self
        value = instance.__dict__[self.name] = self.compute(instance)
        return value


def index_headers(headers: Sequence[tuple[bytes, bytes]]) -> Pairs:
    """Return field values by name, and the doubled names. Raises MalformedCredentialsError for too many."""
    values = dict(headers)
    if len(headers) > MAX_HEADERS:
        raise MalformedCredentialsError(f"more than {MAX_HEADERS} header fields")
    if len(values) == len(headers):
        return values, NONE
    return values, repeated(name for name, _ in headers)


class Request:
    """An immutable view of one request.

    Args:
        method: ``b"GET"``, case kept.
        target: the request target as received: raw path, and raw query if there is one; starts with ``/``.
        headers: field lines in order, doubles kept; names in lower case, as HTTP servers deliver them.
        scheme: ``b"http"`` or ``b"https"``.
        authority: host and port of the URL; without it the Host header tells.
        body: all of the body's bytes, or None where nobody has read it.
        fields: what ``index_headers`` made of the headers, where that was done before.

    ``path`` and ``query`` are the target's parts around its first ``?``, ``header_fields`` the field lines by name.
    Raises MalformedCredentialsError for more than MAX_HEADERS.
    """

    def __init__(
        self,
        method: bytes,
        target: bytes,
        headers: Sequence[tuple[bytes, bytes]] = (),
        *,
        scheme: bytes = b"https",
        authority: bytes | None = None,
        body: bytes | None = None,
        fields: Pairs | None = None,
    ) -> None:
        self.method = method
        self.target = target
        self.path, _, self.query = target.partition(b"?")
        self.headers = headers
        if fields is None:  # as index_headers does, without the call
            values = dict(headers)
            fields = (values, NONE) if len(values) == len(headers) <= MAX_HEADERS else index_headers(headers)
        self.header_fields = fields
        self.scheme = scheme
        self._authority = authority
        self.body = body

    def __repr__(self) -> str:
        """Show no header values, no query and no body: any of them may carry a signature."""
        return f"<Request {self.method!r} {self.path!r}, {len(self.headers)} headers>"

    def header(self, name: bytes) -> bytes:
        """Return the value of a header that comes once; of one that came twice the last, of an absent one nothing."""
        return self.header_fields[0].get(name, b"")

    @property
    def authority(self) -> bytes:
        """Host and, if given, port: of the URL, else of the Host header; empty if neither is there.

        Raises MalformedCredentialsError for two Host headers, which name two hosts (RFC 9112, section 3.2); so do
        ``host`` and ``port``.
        """
        return (self._parts or self._split_authority())[0]

    @property
    def host(self) -> bytes:
        """The authority without its port."""
        return (self._parts or self._split_authority())[1]

    @property
    def port(self) -> bytes:
        """The authority's port, else the scheme's own: 443 or 80."""
        return (self._parts or self._split_authority())[2]

    _parts: tuple[bytes, bytes, bytes] | None = None

    def _split_authority(self) -> tuple[bytes, bytes, bytes]:
        """Return authority, host and port, and keep them; all at once costs less than ``lazy`` for each."""
        authority = self._authority
        if authority is None:
            values, doubled = self.header_fields
            if b"host" in doubled:
                raise MalformedCredentialsError("came more than once: host")
            authority = values.get(b"host", b"")
        host, port = authority, b"443" if self.scheme == b"https" else b"80"
        if _COLON in authority:
            before, _, after = authority.rpartition(b":")
            if after.isdigit():
                host, port = before, after
        parts = self._parts = (authority, host, port)
        return parts

    @lazy
    def url(self) -> bytes:
        """Scheme, authority and target as they came."""
        return self.scheme + b"://" + self.authority + self.target

    @lazy
    def query_fields(self) -> Pairs:
        """The query's parameters, decoded."""
        return parse_urlencoded(self.query)

    @property
    def is_form(self) -> bool:
        """Whether the body is ``application/x-www-form-urlencoded``."""
        kind = self.header_fields[0].get(b"content-type", b"")
        return kind == _FORM or kind.partition(b";")[0].strip().lower() == _FORM

    @lazy
    def form_fields(self) -> Pairs:
        """The parameters of an ``application/x-www-form-urlencoded`` body; none for any other body."""
        return parse_urlencoded(self.body or b"" if self.is_form else b"")

    @lazy
    def json_fields(self) -> Pairs:
        """The top-level texts and whole numbers of a JSON object body, as text."""
        return parse_json_fields(self.body or b"")

    @lazy
    def xml_fields(self) -> Pairs:
        """The elements of a flat XML body; none comes twice."""
        from sealstamp.core.xmlfields import read_xml  # few schemes have such bodies, and it is slow to import

        return dict(read_xml(self.body or b"")), NONE
