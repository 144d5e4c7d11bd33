"""Bodies signed chunk by chunk: the published examples, every way to spoil one, and what is held in memory."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable
from hashlib import sha1, sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core.bodycheck import BodyCheck
from sealstamp.core.credential import Credential
from sealstamp.core.lint import lint
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import (
    ComponentNotCoveredError,
    ConfigurationError,
    DigestMismatchError,
    MalformedCredentialsError,
    MissingComponentError,
    SealstampError,
    SignatureMismatchError,
    SigningError,
)
from sealstamp.plugins.aws_chunked import framed_length, sign_chunks
from sealstamp.schemes import get_scheme

PUBLISHED = json.loads(Path(__file__).parents[1].joinpath("schemes/published.json").read_text(encoding="utf-8"))
PAIR = Credential.of("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
TIME_MS = 1_369_353_600_000
"""20130524T000000Z, when the published examples are signed."""
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CHUNKS = (b"a" * 700, bytes(range(256)) * 2, b"\r\n0\r\n\r\n")
CRC32 = "x-amz-checksum-crc32"
CRC32C = "x-amz-checksum-crc32c"


def head(mode: str, chunks: Iterable[bytes] = CHUNKS, *, trailer: str = "", length: int | None = None) -> Request:
    """The head of an upload before it is signed."""
    length = sum(map(len, chunks)) if length is None else length
    lines = [(b"host", b"s3.example"), (b"content-encoding", b"aws-chunked")]
    lines += [(b"x-amz-content-sha256", mode.encode()), (b"x-amz-decoded-content-length", b"%d" % length)]
    return Request(b"PUT", b"/photos/a", lines + ([(b"x-amz-trailer", trailer.encode())] if trailer else []))


def signed(request: Request, **parameters: str) -> Request:
    signer = Signer(get_scheme("aws-sigv4-chunk", parameters), PAIR)
    return signer.sign(request, time_ms=TIME_MS).apply(request)


def framed(request: Request, chunks: Iterable[bytes] = CHUNKS, **trailers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in trailers.items()}
    return b"".join(sign_chunks(get_scheme("aws-sigv4-chunk"), PAIR, request, chunks, trailers=named))


def check_of(request: Request, **parameters: str) -> BodyCheck:
    """Verify a head, and return what checks the body that comes after it."""
    verifier = Verifier(get_scheme("aws-sigv4-chunk", parameters), body_later=True)
    key = verifier.bind(PAIR, consumer="acme")
    presented = verifier.present(request, TIME_MS)
    verifier.check(request, presented, key, TIME_MS)
    check = verifier.body_check(presented, key)
    assert check is not None
    return check


def passed(request: Request, body: bytes, step: int = 97, **parameters: str) -> bytes:
    """Return what goes on of a body that comes in pieces of ``step`` bytes."""
    check = check_of(request, **parameters)
    pieces = [check.update(body[at : at + step]) for at in range(0, len(body), step)]
    return b"".join([*pieces, check.finish()])


def with_lines(request: Request, **changes: str | None) -> Request:
    """Return a request with some header lines changed, or removed."""
    named = {name.replace("_", "-").encode(): value for name, value in changes.items()}
    lines = [line for line in request.headers if line[0] not in named]
    lines += [(name, value.encode()) for name, value in named.items() if value is not None]
    return Request(request.method, request.target, lines)


def test_published_chunks() -> None:
    """Amazon's example: the seed is that of the head, and each chunk's signature is the published one."""
    facts = next(facts for facts in PUBLISHED if facts["id"] == "aws-s3/chunked-chunks")
    lines = [(name.lower().encode(), value.encode()) for name, value in facts["request"]["headers"]]
    request = signed(Request(b"PUT", b"/examplebucket/chunkObject.txt", lines))
    assert request.header(b"authorization").endswith(facts["params"]["seed"].encode())
    sizes = facts["params"]["chunk_sizes"]
    body = framed(request, [b"a" * size for size in sizes])
    found = [line.partition(b"=")[2].decode() for line in body.split(b"\r\n") if b";chunk-signature=" in line]
    assert ",".join(found) == facts["expected"]["value"]
    assert len(body) == framed_length(sizes, SIGNED) == int(request.header(b"content-length"))
    assert passed(request, body) == body


def test_published_trailer() -> None:
    """Amazon's example with a trailer: the signatures of its chunks and of the field behind them."""
    lines = [(b"host", b"s3.amazonaws.com"), (b"x-amz-storage-class", b"REDUCED_REDUNDANCY")]
    lines += [(b"x-amz-content-sha256", SIGNED_TRAILER.encode()), (b"content-encoding", b"aws-chunked")]
    lines += [(b"x-amz-decoded-content-length", b"66560"), (b"x-amz-trailer", CRC32C.encode())]
    request = signed(Request(b"PUT", b"/examplebucket/chunkObject.txt", lines))
    assert request.header(b"authorization").endswith(
        b"Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    )
    body = framed(request, [b"a" * 65536, b"a" * 1024], x_amz_checksum_crc32c="sOO8/Q==")
    assert body.startswith(
        b"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n"
    )
    assert body.endswith(
        b"\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
        b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
        b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
    )
    assert b"\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" in body
    assert passed(request, body) == body


@pytest.mark.parametrize("step", [1, 2, 64, 65, 5_000])
@pytest.mark.parametrize("mode", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_every_way_to_cut_a_body(mode: str, step: int) -> None:
    trailer = "" if mode == SIGNED else CRC32
    request = signed(head(mode, trailer=trailer))
    body = framed(request)
    assert len(body) == framed_length(map(len, CHUNKS), mode, [trailer] if trailer else [])
    assert passed(request, body, step, unsigned_body="allowed") == body


def test_a_body_at_hand() -> None:
    """Where the caller has the whole body, it is checked with the signature."""
    request = signed(head(SIGNED))
    body = framed(request)
    verifier = Verifier(get_scheme("aws-sigv4-chunk"))
    key = verifier.bind(PAIR, consumer="acme")
    whole = Request(request.method, request.target, request.headers, body=body)
    assert verifier.verify(whole, TIME_MS, {PAIR.access_key_id.encode(): key}.get).consumer == "acme"
    wrong = Request(request.method, request.target, request.headers, body=body.replace(b"aa", b"ab", 1))
    with pytest.raises(DigestMismatchError):
        verifier.verify(wrong, TIME_MS, {PAIR.access_key_id.encode(): key}.get)


def test_bodies_that_are_not_in_chunks() -> None:
    """Clients that upload in chunks ask for lists as everybody does."""
    plain = Request(b"PUT", b"/photos/a", [(b"host", b"s3.example")], body=b"abc")
    request = signed(plain)
    assert request.header(b"x-amz-content-sha256") == sha256(b"abc").hexdigest().encode()
    later = Request(request.method, request.target, request.headers)
    assert passed(later, b"abc") == b"abc"
    with pytest.raises(DigestMismatchError):
        passed(later, b"abd")
    unsigned = signed(with_lines(head(SIGNED), x_amz_content_sha256="UNSIGNED-PAYLOAD"))
    with pytest.raises(ComponentNotCoveredError):
        check_of(unsigned)


def chunks_of(body: bytes) -> list[bytes]:
    """Return a framed body's chunks, each with its framing; what comes last is all behind the last chunk with bytes."""
    found = []
    while not body.startswith(b"0;"):
        line, _, rest = body.partition(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        found.append(line + b"\r\n" + rest[: size + 2])
        body = rest[size + 2 :]
    return [*found, body]


def edited(edit: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    return lambda body: b"".join(edit(chunks_of(body)))


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "a byte changed": lambda body: body.replace(b"aaa", b"aab", 1),
    "chunks in another order": edited(lambda chunks: [chunks[1], chunks[0], *chunks[2:]]),
    "a chunk twice": edited(lambda chunks: [chunks[0], *chunks]),
    "a chunk left out": edited(lambda chunks: chunks[1:]),
    "no last chunk": edited(lambda chunks: chunks[:-1]),
    "only the last chunk": edited(lambda chunks: chunks[-1:]),
    "half": lambda body: body[: len(body) // 2],
    "one byte short": lambda body: body[:-1],
    "nothing": lambda _: b"",
    "one byte more": lambda body: body + b"x",
    "a line more": lambda body: body + b"\r\n",
    "a request behind it": lambda body: body + b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "no signature": lambda body: body.replace(b";chunk-signature=", b";x=", 1),
    "a signature in upper case": lambda body: body[:20] + body[20:84].upper() + body[84:],
    "a line feed alone": lambda body: body.replace(b"\r\n", b"\n", 1),
    "a size that is no number": lambda body: b"-" + body,
    "a size with a prefix": lambda body: b"0x" + body,
    "a huge size": lambda body: b"f" * 16 + body,
    "a line without end": lambda _: b"1" * 100_000,
    "a smaller size": lambda body: body.replace(b"2bc;", b"2bb;", 1),
    "a larger size": lambda body: body.replace(b"2bc;", b"2bd;", 1),
}


@pytest.mark.parametrize("step", [1, 4_096])
@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_spoilt_bodies(spoil: Callable[[bytes], bytes], step: int) -> None:
    """Whatever is done to a framed body, it is refused, and never goes on as a whole."""
    request = signed(head(SIGNED))
    body = framed(request)
    spoilt = spoil(body)
    assert spoilt != body
    with pytest.raises(DigestMismatchError):
        passed(request, spoilt, step)


def test_no_chunk_goes_on_before_its_signature_is_right() -> None:
    request = signed(head(SIGNED))
    first, second, *_, last = chunks_of(framed(request))
    check = check_of(request)
    assert check.update(first[:-1]) == b""
    assert check.update(first[-1:] + second[:300]) == first
    with pytest.raises(DigestMismatchError, match="signature of a chunk"):
        check.update(second[300:].replace(b"\x80", b"\x81"))
    check = check_of(request)
    assert check.update(first) == first[:-1]  # or a body that ends here would look whole
    check = check_of(request)
    whole = framed(request)
    assert check.update(whole) == whole[: -len(last)]
    assert check.finish() == last


def test_another_secret_and_another_head() -> None:
    """The chunks are bound to the key, and to the head whose signature is the first of the chain."""
    request = signed(head(SIGNED))
    other = signed(with_lines(head(SIGNED), x_amz_meta_note="other"))
    with pytest.raises(DigestMismatchError):
        passed(request, framed(other))
    scheme, thief = get_scheme("aws-sigv4-chunk"), Credential.of(PAIR.access_key_id, "another")
    with pytest.raises(DigestMismatchError):
        passed(request, b"".join(sign_chunks(scheme, thief, request, CHUNKS)))
    with pytest.raises(SignatureMismatchError):
        check_of(with_lines(request, x_amz_decoded_content_length="9"))


@pytest.mark.parametrize("length", [0, 700, 2_000])
def test_the_announced_length_is_kept(length: int) -> None:
    request = signed(head(SIGNED, length=length))
    body = framed(signed(head(SIGNED)))
    with pytest.raises(DigestMismatchError):
        passed(request, body)


def test_large_chunks() -> None:
    """A signed chunk is held, so an API says how large one may be; an unsigned one is not held."""
    chunks = [b"x" * 5_000]
    request = signed(head(SIGNED, chunks))
    body = framed(request, chunks)
    assert passed(request, body, largest_chunk="5000") == body
    with pytest.raises(DigestMismatchError, match="at most 4999"):
        check_of(request, largest_chunk="4999").update(body[:100])
    request = signed(head(UNSIGNED_TRAILER, chunks, trailer=CRC32))
    body = framed(request, chunks)
    assert passed(request, body, largest_chunk="4999", unsigned_body="allowed") == body


@pytest.mark.parametrize("value", ["", "0", "1 MiB", "99999999999", "-1", "٣"])
def test_a_limit_that_is_none(value: str) -> None:
    with pytest.raises(ConfigurationError, match="largest_chunk"):
        get_scheme("aws-sigv4-chunk", {"largest_chunk": value})


def test_unsigned_chunks_have_to_be_allowed() -> None:
    request = signed(head(UNSIGNED_TRAILER, trailer=CRC32))
    with pytest.raises(ComponentNotCoveredError, match="UNSIGNED"):
        check_of(request)
    assert lint(get_scheme("aws-sigv4-chunk")).grade == "A"
    careless = lint(get_scheme("aws-sigv4-chunk", {"unsigned_body": "allowed"}))
    assert "body_not_covered" in [finding.rule.code for finding in careless.findings]


def test_unsigned_chunks_go_on_at_once() -> None:
    """All but the byte that came last, and the end, which waits for the checksum."""
    request = signed(head(UNSIGNED_TRAILER, trailer=CRC32))
    body = framed(request)
    check = check_of(request, unsigned_body="allowed")
    assert check.update(body[:200]) == body[:199]
    end = b"0\r\nx-amz-checksum-crc32:"
    rest = check.update(body[200:])
    assert rest == body[199 : body.rindex(end)]
    assert check.finish().startswith(end)


@pytest.mark.parametrize("mode", [SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_checksums(mode: str) -> None:
    """CRC32, SHA-1 and SHA-256 are compared; CRC32C is passed on as it came."""
    content = b"".join(CHUNKS)
    right = {
        "crc32": zlib.crc32(content).to_bytes(4),
        "sha1": sha1(content, usedforsecurity=False).digest(),
        "sha256": sha256(content).digest(),
    }
    for name, digest in right.items():
        field = f"x-amz-checksum-{name}"
        request = signed(head(mode, trailer=field))
        body = framed(request)
        assert b"%b:%b\r\n" % (field.encode(), b64encode(digest)) in body
        assert passed(request, body, unsigned_body="allowed") == body
    request = signed(head(mode, trailer=CRC32C))
    body = framed(request, x_amz_checksum_crc32c="AAAAAA==")
    assert passed(request, body, unsigned_body="allowed") == body
    assert len(body) == framed_length(map(len, CHUNKS), mode, [CRC32C])


def test_wrong_checksums() -> None:
    request = signed(head(UNSIGNED_TRAILER, trailer=CRC32))
    body = framed(request)
    for spoilt in (body.replace(b"aaa", b"aab", 1), body.replace(b"crc32:", b"crc32:A")):
        with pytest.raises(DigestMismatchError, match="checksum"):
            passed(request, spoilt, unsigned_body="allowed")


TRAILERS: dict[str, Callable[[bytes], bytes]] = {
    "no field": lambda body: body.replace(b"x-amz-checksum-crc32c:AAAA\r\n", b""),
    "another field": lambda body: body.replace(b"crc32c:", b"crc32:"),
    "a field twice": lambda body: body.replace(b"\r\nx-amz-check", b"\r\nx-amz-checksum-crc32c:AAAA\r\nx-amz-check"),
    "another value": lambda body: body.replace(b":AAAA", b":AAAB"),
    "no colon": lambda body: body.replace(b":AAAA", b"AAAA"),
    "no signature": lambda body: body.partition(b"x-amz-trailer-sig")[0] + b"\r\n",
    "another signature": lambda body: body[:-8] + b"0000\r\n\r\n",
    "a field behind the signature": lambda body: body[:-2] + b"x-amz-checksum-crc32c:AAAA\r\n\r\n",
    "no end": lambda body: body[:-2],
    "a line more": lambda body: body + b"\r\n",
    "a long line": lambda body: body.replace(b":AAAA", b":" + b"A" * 600),
}


@pytest.mark.parametrize("spoil", TRAILERS.values(), ids=TRAILERS)
def test_spoilt_trailers(spoil: Callable[[bytes], bytes]) -> None:
    request = signed(head(SIGNED_TRAILER, trailer=CRC32C))
    body = framed(request, x_amz_checksum_crc32c="AAAA")
    spoilt = spoil(body)
    assert spoilt != body
    with pytest.raises(DigestMismatchError):
        passed(request, spoilt)


@pytest.mark.parametrize("mode", [SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_fields_as_minio_writes_them(mode: str) -> None:
    """Its client ends a field with a line feed, and leaves a line empty."""
    request = signed(head(mode, trailer=CRC32))
    body = framed(request)
    at = body.rindex(b"crc32:") + len("crc32:AAAAAA==")
    written = body[:at] + b"\n\r\n" + body[at + 2 :]
    assert passed(request, written, unsigned_body="allowed") == written
    with pytest.raises(DigestMismatchError):
        passed(request, body[:at] + b"\n" + body[at + 2 :], unsigned_body="allowed")


BAD_HEADS: dict[str, tuple[str, dict[str, str | None]]] = {
    "no length": (SIGNED, {"x_amz_decoded_content_length": None}),
    "a length that is none": (SIGNED, {"x_amz_decoded_content_length": "-1"}),
    "a length in other digits": (SIGNED, {"x_amz_decoded_content_length": "٣"}),
    "a long length": (SIGNED, {"x_amz_decoded_content_length": "1" * 17}),
    "a trailer that is not to come": (SIGNED, {"x_amz_trailer": CRC32}),
    "no trailer": (SIGNED_TRAILER, {}),
    "an empty name": (SIGNED_TRAILER, {"x_amz_trailer": f"{CRC32},"}),
    "one name twice": (SIGNED_TRAILER, {"x_amz_trailer": f"{CRC32}, {CRC32}"}),
    "many names": (SIGNED_TRAILER, {"x_amz_trailer": ",".join("abcdefghi")}),
    "chunks of an unknown kind": ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", {}),
}


@pytest.mark.parametrize(("mode", "changes"), BAD_HEADS.values(), ids=BAD_HEADS)
def test_bad_heads(mode: str, changes: dict[str, str | None]) -> None:
    """They are refused before a key is looked for; our signer writes what it is given."""
    request = signed(with_lines(head(mode), **changes))
    verifier = Verifier(get_scheme("aws-sigv4-chunk"), body_later=True)
    with pytest.raises(MalformedCredentialsError):
        verifier.present(request, TIME_MS)
    with pytest.raises(SigningError):
        framed(request)


def test_a_doubled_length() -> None:
    request = signed(head(SIGNED))
    lines = [*request.headers, (b"x-amz-decoded-content-length", b"1")]
    with pytest.raises(MalformedCredentialsError, match="twice"):
        check_of(Request(request.method, request.target, lines))


def test_what_cannot_be_framed() -> None:
    scheme = get_scheme("aws-sigv4-chunk")
    with pytest.raises(SigningError, match="not signed"):
        next(sign_chunks(scheme, PAIR, signed(Request(b"PUT", b"/", [(b"host", b"h")], body=b"")), []))
    with pytest.raises(SigningError, match="announced"):
        framed(signed(head(SIGNED)), CHUNKS[:1])
    with pytest.raises(MissingComponentError, match="crc32c"):
        framed(signed(head(SIGNED_TRAILER, trailer=CRC32C)))
    with pytest.raises(SigningError, match="line break"):
        framed(signed(head(SIGNED_TRAILER, trailer=CRC32C)), x_amz_checksum_crc32c="a\r\nb")
    with pytest.raises(SigningError, match="not known"):
        framed_length([1], "STREAMING-X")


def test_stages_hide_the_keys() -> None:
    """What leads to the signature is shown, and nothing from which it could be made."""
    request = head(SIGNED)
    signer = Signer(get_scheme("aws-sigv4-chunk"), PAIR)
    instructions = signer.sign(request, time_ms=TIME_MS)
    request = instructions.apply(request)
    shown = {stage.name: stage.text for stage in signer.stages(request, instructions)}
    assert shown["content_sha256"] == SIGNED
    assert {shown[name] for name in ("start_key", "day_key", "signing_key", "signature")} == {"***"}
    revealed = {stage.name: stage.text for stage in signer.stages(request, instructions, reveal=True)}
    assert revealed["signature"] in instructions.headers["Authorization"]


@given(st.binary(max_size=300), st.sampled_from([SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER]), st.integers(1, 50))
def test_hostile_bytes(body: bytes, mode: str, step: int) -> None:
    """No bytes get through that nobody signed, and none raise anything but a refusal."""
    request = signed(head(mode, trailer="" if mode == SIGNED else CRC32))
    with pytest.raises(DigestMismatchError):
        passed(request, body, step, unsigned_body="allowed")


@given(st.lists(st.binary(max_size=200), max_size=5), st.integers(1, 400), st.data())
def test_round_trips(chunks: list[bytes], step: int, data: st.DataObject) -> None:
    """Any chunks come through in any pieces; with any one byte changed, they do not."""
    request = signed(head(SIGNED, chunks))
    body = framed(request, chunks)
    assert passed(request, body, step) == body
    at = data.draw(st.integers(0, len(body) - 1))
    bit = data.draw(st.integers(0, 7))
    spoilt = body[:at] + bytes([body[at] ^ 1 << bit]) + body[at + 1 :]
    if spoilt.lower() != body.lower():  # the digits of a size may come in either case
        with pytest.raises(SealstampError):
            passed(request, spoilt, step)
