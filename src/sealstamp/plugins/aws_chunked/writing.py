"""A framed body, written: for clients that upload what they do not have as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.scheme import SIGNATURE, TIMESTAMP, Scheme
from sealstamp.errors import MissingComponentError, SigningError, VerificationError
from sealstamp.plugins.aws_chunked.checksums import SIZES, Checksums
from sealstamp.plugins.aws_chunked.framing import TRAILER_SIGNATURE
from sealstamp.plugins.aws_chunked.heads import DIGEST, MODES, Head, read_head, values_of
from sealstamp.plugins.aws_chunked.signatures import EMPTY, Chain, signing_key

_SIGNATURE_SIZE = len(EMPTY)


def sign_chunks(
    scheme: Scheme,
    credential: Credential,
    signed: Request,
    chunks: Iterable[bytes],
    *,
    trailers: Mapping[str, str] | None = None,
) -> Iterator[bytes]:
    """Yield the framed body of a request whose head is ``signed`` already, and says that it comes in chunks.

    Each of ``chunks`` becomes one, and the one without bytes that ends the body is added. ``trailers`` are announced
    fields that cannot be computed here, such as CRC32C; CRC32, SHA-1 and SHA-256 can. Raises SigningError for a head
    that announces no chunks, or other bytes than come, MissingComponentError for an announced field that is not given.
    """
    values, head = _announced(scheme, signed)
    key = signing_key(scheme, credential.secret.reveal(), values["day"])
    chain = Chain(key, values[TIMESTAMP], values["scope"], values[SIGNATURE])
    checksums, total = Checksums(head.trailers), 0
    for chunk in filter(None, chunks):  # an empty one would be the end
        checksums.update(chunk)
        total += len(chunk)
        yield _begin(head, chain, chunk) + chunk + b"\r\n"
    if total != head.length:
        raise SigningError(f"{head.length} bytes were announced, and {total} came")
    given = {name.lower().encode(): value.encode() for name, value in (trailers or {}).items()}
    yield _begin(head, chain, b"") + _end(head, chain, given | checksums.values())


def framed_length(sizes: Iterable[int], mode: str, trailers: Iterable[str] = ()) -> int:
    """Return how many bytes a framed body has, for its Content-Length.

    ``sizes`` are those of its chunks, ``mode`` is the X-Amz-Content-Sha256 and ``trailers`` name checksums. Raises
    SigningError for a mode or a checksum that is not known.
    """
    names = [name.lower().encode() for name in trailers]
    if mode.encode() not in MODES or not SIZES.keys() >= {*names}:
        raise SigningError("chunks of this kind, or with such a checksum, are not known here")
    signed = MODES[mode.encode()].signed
    more = len(b";chunk-signature=") + _SIGNATURE_SIZE if signed else 0
    length = sum(len(b"%x\r\n\r\n" % size) + more + size for size in sizes if size) + len(b"0\r\n\r\n") + more
    length += sum(len(name) + len(b":\r\n") + SIZES[name] for name in names)
    return length + (len(TRAILER_SIGNATURE) + len(b":\r\n") + _SIGNATURE_SIZE if signed and names else 0)


def _announced(scheme: Scheme, signed: Request) -> tuple[dict[str, bytes], Head]:
    try:
        values = values_of(scheme, signed)
        head = read_head(signed, values[DIGEST])
    except VerificationError as error:
        raise SigningError(str(error)) from None
    if head is None or not values[SIGNATURE]:
        raise SigningError("the request is not signed, or its head does not say that its body comes in chunks")
    return {**values, "day": values["scope"].partition(b"/")[0]}, head


def _begin(head: Head, chain: Chain, chunk: bytes) -> bytes:
    size = b"%x" % len(chunk)
    if not head.mode.signed:
        return size + b"\r\n"
    return b"%b;chunk-signature=%b\r\n" % (size, chain.chunk(sha256(chunk).hexdigest().encode()))


def _end(head: Head, chain: Chain, values: Mapping[bytes, bytes]) -> bytes:
    if missing := [name.decode() for name in head.trailers if name not in values]:
        raise MissingComponentError(f"announced, and neither given nor computed here: {', '.join(missing)}")
    fields = {name: values[name] for name in sorted(head.trailers)}
    if any(re.search(rb"[\r\n]", value) for value in fields.values()):
        raise SigningError("a line break stands in a field that follows the body")
    if head.mode.signed and fields:
        fields = {**fields, TRAILER_SIGNATURE: chain.trailer(fields)}
    return b"".join(b"%b:%b\r\n" % field for field in fields.items()) + b"\r\n"
