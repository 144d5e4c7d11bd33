"""Headers with underscores, over a raw socket: they pass, and nobody can use them to say a thing twice."""

from __future__ import annotations

import pytest

from tests.server.conftest import Book
from tests.server.service import Service, raw_request
from tests.server.signing import CDNETWORKS, STARDUST
from tests.server.upstream import Upstream

Books = dict[str, Book]


@pytest.mark.parametrize("name", ["X_Sam_Auth", "x_sam_auth", "X_SAM_AUTH"])
def test_x_sam_auth(name: str, service: Service, books: Books, upstream: Upstream) -> None:
    """It is read, and passed on as it is, whatever its case."""
    (_, stamp), (_, signature) = CDNETWORKS.sign(books["cdnetworks-api-shield"].right)
    lines = [("Host", "a"), ("X-Date", stamp), (name, signature)]
    answer = service.exchange(raw_request("GET", "/cdnetworks-api-shield", lines))
    assert answer.status == 200
    assert upstream.last.values(b"x_sam_auth") == [signature.encode()]
    assert upstream.last.values(b"x-sam-auth") == []


def test_ts_and_sign(service: Service, books: Books, upstream: Upstream) -> None:
    """``_ts`` and ``_sign`` are read, and passed on as they are."""
    key, (_, stamp), (_, signature) = STARDUST.sign(books["stardust"].right)
    lines = [("Host", "a"), key, ("_ts", stamp), ("_sign", signature)]
    assert service.exchange(raw_request("GET", "/stardust", lines)).status == 200
    assert upstream.last.values(b"_ts") == [stamp.encode()]
    assert upstream.last.values(b"_sign") == [signature.encode()]


@pytest.mark.parametrize("other", ["X-Sam-Auth", "X.Sam.Auth", "X_Sam-Auth", "x-sam_auth"])
def test_both_spellings_together(other: str, service: Service, books: Books) -> None:
    """What stands behind may read either, so two spellings are refused, in either order."""
    (_, stamp), (_, signature) = CDNETWORKS.sign(books["cdnetworks-api-shield"].right)
    spellings = [("X_Sam_Auth", signature), (other, "0" * 64)]
    for pair in (spellings, spellings[::-1]):
        answer = service.get("/cdnetworks-api-shield", [("X-Date", stamp), *pair])
        assert answer.status == 400
        assert service.reason(answer) == "malformed_credentials"


@pytest.mark.parametrize("other", ["X_STARDUST_KEY", "X_TS", "X.SIGN"])
def test_a_second_spelling_of_a_stardust_field(other: str, service: Service, books: Books) -> None:
    """Fields with dashes are guarded in the same way."""
    answer = service.get("/stardust", [*STARDUST.sign(books["stardust"].right), (other, "1")])
    assert answer.status == 402
    assert service.reason(answer) == "malformed_credentials"
