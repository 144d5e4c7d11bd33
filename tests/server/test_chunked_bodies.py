"""Bodies signed chunk by chunk, through the gateway: what is wrong never becomes whole at the upstream."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import time
from collections.abc import Iterable, Iterator
from contextlib import closing

import pytest

from tests.server.circumstances import check_problem
from tests.server.service import Answer, Lines, Service, raw_request, until
from tests.server.upstream import MEBIBYTE, Upstream

HOST = "s3.example:8080"
SIZE = 65_536
BLOCK = bytes(range(256)) * (SIZE // 256)
LARGE = 64 * MEBIBYTE
ALLOWED_GROWTH = 10 * MEBIBYTE
API, SCHEME = "chunked", "aws-sigv4-chunk"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY = hashlib.sha256(b"").hexdigest()


class Upload:
    """One upload, signed by hand as Amazon says it."""

    def __init__(self, path: str, length: int, mode: str = SIGNED, trailer: str = "") -> None:
        self.path = path
        self._now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        self._scope = f"{self._now[:8]}/us-east-1/s3/aws4_request"
        self._key = b"AWS4bXkgc2VjcmV0"
        for part in self._scope.split("/"):
            self._key = hmac.digest(self._key, part.encode(), "sha256")
        signed = {
            "host": HOST,
            "x-amz-content-sha256": mode,
            "x-amz-date": self._now,
            "x-amz-decoded-content-length": str(length),
            **({"x-amz-trailer": trailer} if trailer else {}),
        }
        canonical = [
            "PUT",
            path,
            "",
            *(f"{name}:{value}" for name, value in signed.items()),
            "",
            ";".join(signed),
            mode,
        ]
        digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
        self._last = self._sign("AWS4-HMAC-SHA256", digest)
        pairs = f"Credential=uploader/{self._scope},SignedHeaders={';'.join(signed)},Signature={self._last}"
        authorization = f"AWS4-HMAC-SHA256 {pairs}"
        self.lines: Lines = [*signed.items(), ("Authorization", authorization), ("Content-Encoding", "aws-chunked")]

    def _sign(self, algorithm: str, *rest: str) -> str:
        text = "\n".join([algorithm, self._now, self._scope, *rest])
        return hmac.digest(self._key, text.encode(), "sha256").hex()

    def chunk(self, data: bytes) -> bytes:
        """Frame the next chunk."""
        self._last = self._sign("AWS4-HMAC-SHA256-PAYLOAD", self._last, EMPTY, hashlib.sha256(data).hexdigest())
        return b"%x;chunk-signature=%b\r\n%b\r\n" % (len(data), self._last.encode(), data)

    def framed(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Frame a whole body."""
        yield from map(self.chunk, blocks)
        yield self.chunk(b"")


def framed_size(blocks: int) -> int:
    return blocks * (SIZE + 90) + 86  # their sizes have five digits, that of the last chunk one


def put(service: Service, upload: Upload, body: bytes) -> Answer:
    return service.exchange(raw_request("PUT", upload.path, upload.lines, body))


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked by HTTP too"])
def test_a_large_upload(chunked: bool, service: Service, upstream: Upstream) -> None:
    """64 MB in 1,024 chunks arrive framed as they were sent, and memory does not grow with them."""
    warm = Upload(f"/{API}/warm", 2 * SIZE)
    assert put(service, warm, b"".join(warm.framed([BLOCK] * 2))).status == 200
    count, digest = LARGE // SIZE, hashlib.sha256()
    before = most = service.resident_bytes()
    upload = Upload(f"/{API}/large", LARGE)

    def pieces() -> Iterator[bytes]:
        nonlocal most
        for number, piece in enumerate(upload.framed([BLOCK] * count)):
            digest.update(piece)
            if number % 64 == 0:
                most = max(most, service.resident_bytes())
            yield piece

    length = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(framed_size(count))}
    headers = {**dict(upload.lines), "X-Play": "sink", **length}
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        connection.request("PUT", upload.path, pieces(), headers, encode_chunked=chunked)
        assert connection.getresponse().status == 200
    assert (upstream.last.size, upstream.last.digest) == (framed_size(count), digest.hexdigest())
    assert upstream.last.values(b"content-encoding") == [b"aws-chunked"]
    assert most - before < ALLOWED_GROWTH, f"grew by {(most - before) / MEBIBYTE:.1f} MB"


SPOILT = {
    "chunk 1 of many is another": lambda chunks: [chunks[0], chunks[1].replace(b"\x00", b"\x01", 1), *chunks[2:]],
    "two chunks changed places": lambda chunks: [*chunks[:4], chunks[5], chunks[4], *chunks[6:]],
    "the end is cut off": lambda chunks: chunks[:-1],
    "half of it": lambda chunks: chunks[: len(chunks) // 2],
    "bytes behind it": lambda chunks: [*chunks, b"x"],
    "a second body behind it": lambda chunks: [*chunks, *chunks],
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_spoilt_uploads(spoil: object, service: Service, upstream: Upstream) -> None:
    """The client is told, the log knows, and the upstream got no more than a beginning."""
    assert callable(spoil)
    count, before = 32, len(upstream.arrived)
    upload = Upload(f"/{API}/spoilt", count * SIZE)
    answer = put(service, upload, b"".join(spoil([*upload.framed([BLOCK] * count)])))
    assert answer.status == 400
    check_problem(answer.json(), "digest_mismatch", 400, answer.request_id)
    assert service.reason(answer) == "digest_mismatch"
    assert not any(request.whole.is_set() for request in upstream.arrived[before:])


def test_a_chunk_goes_on_when_it_is_right(service: Service, upstream: Upstream) -> None:
    """The upstream gets the first chunk while the second is still to come, and nothing of a wrong one."""
    before = len(upstream.arrived)
    upload = Upload(f"/{API}/slow", 2 * SIZE)
    first, second = upload.chunk(BLOCK), upload.chunk(BLOCK)
    with service.connect() as connection:
        lines = [*upload.lines, ("Content-Length", str(framed_size(2)))]
        connection.send(raw_request("PUT", upload.path, lines) + first)
        until(lambda: len(upstream.arrived) > before and upstream.arrived[before].first_piece.is_set(), "the chunk")
        connection.send(second[:-3] + b"x\r\n")
        assert connection.read_answer().status == 400
    assert not upstream.arrived[before].whole.is_set()


def test_unsigned_chunks(service: Service, upstream: Upstream) -> None:
    """They pass where the API allows it, with the checksum behind them."""
    trailer = "x-amz-checksum-crc32"
    body = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
    refused = put(service, Upload(f"/{API}/x", 5, UNSIGNED, trailer), body)
    assert (refused.status, service.reason(refused)) == (401, "component_not_covered")
    assert put(service, Upload("/chunked-loose/x", 5, UNSIGNED, trailer), body).status == 200
    assert upstream.last.body == body
    wrong = put(service, Upload("/chunked-loose/x", 5, UNSIGNED, trailer), body.replace(b"hello", b"hallo"))
    assert (wrong.status, service.reason(wrong)) == (400, "digest_mismatch")


def test_a_head_that_announces_chunks_and_no_body(service: Service, upstream: Upstream) -> None:
    before = len(upstream.arrived)
    upload = Upload(f"/{API}/none", 0)
    assert service.exchange(raw_request("PUT", upload.path, upload.lines)).status == 400
    assert len(upstream.arrived) == before
    assert put(service, upload, b"".join(upload.framed([]))).status == 200
