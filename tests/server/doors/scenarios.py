"""The scenarios, as data: what is sent, and what becomes of it at each door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from tests.server.doors.signed import SCHEMES, Plan

REAL = ("gateway", "nginx", "caddy", "haproxy", "envoy", "envoy-grpc")
"""Doors that a real program stands at."""
DOORS = (*REAL, "traefik", "apisix")
"""The last two as their sources say that they ask."""
SEEING_DOORS = ("gateway", "envoy-grpc")
"""Doors that see bodies; the others say that a signed digest is yet to be compared with one."""


@dataclass(frozen=True)
class Outcome:
    """What becomes of a request: it arrives, or is refused by Sealstamp or by the proxy itself; and why, if not told.

    ``rewritten`` is the target that the upstream gets where the door does not keep it as it was.
    """

    status: int = 200
    by_proxy: bool = False
    why: str = ""
    rewritten: bytes = b""

    @property
    def passes(self) -> bool:
        return self.status == 200

    def __str__(self) -> str:
        who = "the proxy refuses" if self.by_proxy else "refused"
        said = ("passes" if self.passes else f"{who}: {self.status}") + (", rewritten" if self.rewritten else "")
        return f"{said} ({self.why})" if self.why else said


PASSES = Outcome()
UNSIGNED = Outcome(402)
WRONG = Outcome(401)
STRAY = Outcome(403)
NO_TARGET = Outcome(400, why="HTTP has no such target")
NOT_FOUND = Outcome(404, by_proxy=True)
UNKNOWN_BODY = Outcome(402, why="the door is not told that there is no body")
RESOLVED = Outcome(404, by_proxy=True, why="the proxy itself sees the other path")
LEAVING = {"gateway": Outcome(400), "nginx": RESOLVED, "caddy": RESOLVED}
OTHER_NAME = {
    "gateway": Outcome(404),
    "caddy": NOT_FOUND,
    "haproxy": NOT_FOUND,
    "envoy": NOT_FOUND,
    "envoy-grpc": NOT_FOUND,
}
BLIND = dict.fromkeys(("caddy", "envoy", "traefik", "apisix"), UNKNOWN_BODY)
UNTRIED = Outcome(0, why="not tried: Traefik writes such paths anew, as Caddy does")
RAW_BYTES = {
    "traefik": UNTRIED,
    "gateway": NO_TARGET,
    "caddy": Outcome(rewritten=b"/shop/caf%C3%A9?name=\xe5\x90\x8d", why="the path is not signed"),
    "haproxy": Outcome(400, by_proxy=True),
    "envoy": Outcome(400, by_proxy=True),
    "envoy-grpc": Outcome(400, by_proxy=True),
}
SIGNED_BODY = Plan(method="PUT", body=b'{"colour": "red"}')
SEEING = {door: Outcome(402, why="the door sees the body") for door in SEEING_DOORS}
NOTHING = sha256().hexdigest().encode()
SIGV4 = "aws-sigv4-header"
OTHERS = tuple(scheme for scheme in SCHEMES if scheme != SIGV4)


@dataclass(frozen=True)
class Scenario:
    """A request, and its outcome: the same at every door, but for those that are named."""

    name: str
    scheme: str
    plan: Plan = field(default_factory=Plan)
    outcome: Outcome = PASSES
    but: Mapping[str, Outcome] = field(default_factory=dict)
    spoilt: str = ""
    """What is wrong with it: another ``secret``, another ``body`` than the signed one, or no ``signature`` at all."""

    def at(self, door: str) -> Outcome:
        return self.but.get(door, self.outcome)


def target(name: str, path: bytes, **more: Outcome) -> Scenario:
    """A request whose target is signed byte for byte."""
    return Scenario(name, "rfc9421", Plan(path), but={door.replace("_", "-"): each for door, each in more.items()})


SCENARIOS = (
    *(Scenario(f"{scheme}, signed rightly", scheme) for scheme in OTHERS),
    *(Scenario(f"{scheme}, with another secret", scheme, outcome=WRONG, spoilt="secret") for scheme in OTHERS),
    Scenario(f"{SIGV4}, no digest of the body", SIGV4, but=BLIND),
    Scenario(f"{SIGV4}, with a digest of the body", SIGV4, Plan(lines=[(b"X-Amz-Content-Sha256", NOTHING)])),
    Scenario(
        f"{SIGV4}, with another secret", SIGV4, Plan(lines=[(b"X-Amz-Content-Sha256", NOTHING)]), WRONG, spoilt="secret"
    ),
    Scenario("no signature at all", "stardust", outcome=UNSIGNED, spoilt="signature"),
    target("an encoded slash", b"/shop/a%2Fb%2fc"),
    target("two slashes", b"/shop//a///b"),
    target("a dot segment inside the API", b"/shop/a/./b"),
    target("two dots inside the API", b"/shop/a/../b"),
    target("encoded dots inside the API", b"/shop/a/%2e%2E/b"),
    target("a plus", b"/shop/a+b?c+d=e+f"),
    target("encoded and plain spellings of one letter", b"/shop/%61a?%7e=~"),
    target("an empty parameter, and one without a value", b"/shop/a?b=&c&=d&&"),
    target("a question mark alone", b"/shop/a?", gateway=Outcome(rewritten=b"/shop/a", why="the query is empty")),
    target("a repeated parameter", b"/shop/a?b=2&b=1&b=2"),
    target("encoded UTF-8", b"/shop/caf%C3%A9?name=%E5%90%8D"),
    Scenario("bytes that are not ASCII", "stardust", Plan(b"/shop/caf\xc3\xa9?name=\xe5\x90\x8d"), but=RAW_BYTES),
    target(
        "brackets, bars and quotes",
        b'/shop/a|b?c[]={"d"}',
        gateway=NO_TARGET,
        caddy=Outcome(401, why="Caddy writes the path anew"),
    ),
    target("a semicolon", b"/shop/a;b=c?d;e"),
    target("a long target", b"/shop/" + b"a" * 6_000),
    Scenario("two dots that leave the API", "stardust", Plan(b"/shop/../open/a"), STRAY, LEAVING),
    Scenario("encoded dots that leave the API", "stardust", Plan(b"/shop/%2e%2e/open/a"), STRAY, LEAVING),
    Scenario("a path of another name", "stardust", Plan(b"/shopping/a"), STRAY, OTHER_NAME),
    Scenario("a big header", "rfc9421", Plan(lines=[(b"X-Big", b"b" * 12_000)])),
    Scenario("eighty headers", "rfc9421", Plan(lines=[(b"X-Line-%d" % number, b"a") for number in range(80)])),
    Scenario("a header that comes twice", "rfc9421", Plan(lines=[(b"X-Twice", b"a"), (b"X-Twice", b"b")])),
    Scenario("an empty header", "rfc9421", Plan(lines=[(b"X-Empty", b"")])),
    Scenario("a body", "stardust", Plan(method="POST", body=b"a=1&b=2")),
    Scenario("a body under a signed digest", "rfc9421", SIGNED_BODY),
    Scenario("a body that is not the signed one", "rfc9421", SIGNED_BODY, but=SEEING, spoilt="body"),
    *(
        Scenario(f"method {method}", "rfc9421", Plan(method=method))
        for method in ("HEAD", "DELETE", "PATCH", "OPTIONS")
    ),
)

HTTP2_DOORS = tuple(door for door in REAL if door != "gateway")
HTTP2_SCENARIOS = (
    *(Scenario(f"{scheme}, signed rightly", scheme) for scheme in OTHERS),
    Scenario(f"{SIGV4}, with a digest of the body", SIGV4, Plan(lines=[(b"X-Amz-Content-Sha256", NOTHING)])),
    Scenario("no signature at all", "stardust", outcome=UNSIGNED, spoilt="signature"),
    target("an encoded slash, two slashes, a repeated parameter", b"/shop/a%2Fb//c?d=2&d=1&e="),
    Scenario("a body under a signed digest", "rfc9421", SIGNED_BODY),
)
