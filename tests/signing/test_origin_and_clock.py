"""Whom is signed for, and when."""

from __future__ import annotations

import pytest

from sealstamp import ConfigurationError, Credential
from sealstamp.errors import BodyUnavailableError
from sealstamp.signing import Origin, OriginSigner
from sealstamp.signing.clock import ServerClock

SECOND = 1_000_000_000


class Clocks:
    """Two clocks that a test sets."""

    def __init__(self) -> None:
        self.wall = 1_700_000_000 * SECOND
        self.steady = 5 * SECOND
        self.clock = ServerClock(lambda: self.wall, lambda: self.steady)

    @property
    def now_ms(self) -> int:
        return self.wall // 1_000_000

    def pass_s(self, seconds: int) -> None:
        self.wall += seconds * SECOND
        self.steady += seconds * SECOND


def test_learnt_and_kept() -> None:
    """The server's clock is followed as time goes by."""
    clocks = Clocks()
    assert clocks.clock.set_by(clocks.now_ms + 90_000)
    clocks.pass_s(600)
    assert clocks.clock.now_ms() == clocks.now_ms + 90_000


def test_unlearnt_when_the_server_agrees_again() -> None:
    """A server that tells this machine's own time leaves nothing of what was learnt."""
    clocks = Clocks()
    clocks.clock.set_by(clocks.now_ms - 90_000)
    assert clocks.clock.set_by(clocks.now_ms + 300)
    assert clocks.clock.ahead_ms == 0


def test_unlearnt_when_this_clock_is_set() -> None:
    """Whoever sets this machine's clock right would be off by what was learnt before."""
    clocks = Clocks()
    clocks.clock.set_by(clocks.now_ms + 90_000)
    clocks.wall += 90 * SECOND
    assert clocks.clock.now_ms() == clocks.now_ms


def test_not_believed() -> None:
    """Nobody has signatures made for a day that is far off; and the time that is known already is no news."""
    clocks = Clocks()
    assert not clocks.clock.set_by(clocks.now_ms + 25 * 3_600_000)
    assert clocks.clock.ahead_ms == 0
    assert clocks.clock.set_by(clocks.now_ms + 90_000)
    assert not clocks.clock.set_by(clocks.now_ms + 90_200)


@pytest.mark.parametrize(
    ("origin", "status", "told", "is_learnt"),
    [
        ("https://api.example.com", 401, "{}", True),
        ("http://127.0.0.1:8080", 402, "{}", True),
        ("http://api.example.com", 401, "{}", False),
        ("https://api.example.com", 200, "{}", False),
        ("https://api.example.com", 401, "-{}", False),
        ("https://api.example.com", 401, "9" * 400, False),
        ("https://api.example.com", 401, None, False),
    ],
)
def test_from_whom_the_time_is_taken(origin: str, status: int, told: str | None, is_learnt: bool) -> None:
    """Only a refusal tells, and only where nobody on the way can have written it."""
    clocks = Clocks()
    credential = Credential.of("id", "secret")
    signer = OriginSigner(origin, "bbx", credential, learns_time=True, clock=clocks.clock)
    assert signer.heed(status, told and told.format(clocks.now_ms + 60_000)) is is_learnt


def test_what_is_one_origin() -> None:
    """Scheme, host and port count, however they are written."""
    origin = Origin.of("https://API.example.com/some/path?x")
    assert str(origin) == "https://api.example.com"
    assert origin.is_of("https", "api.example.com", None)
    assert origin.is_of("https", "Api.Example.com", 443)
    for other in (("http", "api.example.com", None), ("https", "example.com", None), ("https", "api.example.com", 444)):
        assert not origin.is_of(*other)
    assert Origin.of("http://[::1]:8080/").authority == "[::1]:8080"
    assert Origin.of("http://[::1]:8080/").is_of("http", "[::1]", 8080)


@pytest.mark.parametrize(
    "url", ["", "api.example.com", "ftp://a", "https://", "http://a:b", "http://a:99999", "http://["]
)
def test_what_is_no_origin(url: str) -> None:
    """Raises ConfigurationError, whatever is wrong with it."""
    with pytest.raises(ConfigurationError):
        Origin.of(url)


@pytest.mark.parametrize(
    ("scheme", "values", "is_read"),
    [
        ("stardust", {}, False),
        ("bbx", {}, False),
        ("rfc9421", {}, True),
        ("okx-v5", {}, True),
        ("azure-appconfig", {}, True),
        ("aws-sigv4-header", {}, True),
        ("aws-sigv4-header", {"content_sha256": "UNSIGNED-PAYLOAD"}, False),
    ],
)
def test_which_bodies_are_read(scheme: str, values: dict[str, str], is_read: bool) -> None:
    """A stream passes unread where its bytes are not signed, or where something is signed in their place."""
    credential = Credential.of("id", "c2VjcmV0c2VjcmV0", passphrase="p")
    signer = OriginSigner("https://api.example.com", scheme, credential, values=values)
    assert signer.reads_body is is_read
    if is_read:
        with pytest.raises(BodyUnavailableError):
            signer.sign("PUT", b"/", [(b"content-length", b"5")], None)
    else:
        assert signer.sign("PUT", b"/", [(b"content-length", b"5")], None).body is None
