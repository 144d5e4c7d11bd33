"""The calls that the demo makes: rightly signed ones, and for each scheme the ways to get it wrong."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sealstamp.cli.call import send
from sealstamp.cli.demo_stage import SCHEMES, Pairs, Stage
from sealstamp.cli.inputs import Wanted
from sealstamp.cli.moments import now_ms
from sealstamp.core.credential import Credential
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme

TEN_MINUTES_MS = 600_000


@dataclass(frozen=True)
class Case:
    """A call: how it differs from a right one, and the status that should come; ``change`` is made after signing."""

    scheme: str
    circumstance: str
    expected: int
    credential: Credential
    time_ms: int
    nonce: str
    method: str = "POST"
    change: Callable[[Wanted], Wanted] = lambda wanted: wanted


@dataclass(frozen=True)
class Outcome:
    """What came of a call."""

    case: Case
    status: int
    answer: str

    @property
    def as_expected(self) -> bool:
        """Tell whether the status is the one that should come."""
        return self.status == self.case.expected

    @property
    def decision(self) -> str:
        """Tell the status in a word."""
        return "accepted" if self.status < 400 else "refused"


def play(stage: Stage) -> Iterator[Outcome]:
    """Make every call, and tell what came of it. Raises CallFailedError where nothing answers."""
    for scheme in SCHEMES:
        for case in _cases(scheme, stage.pairs[scheme]):
            yield _call(stage.origin, case)


def _call(origin: str, case: Case) -> Outcome:
    headers = (("Content-Type", "application/json"),)
    path = f"/{case.scheme}/orders"
    wanted = Wanted(case.method, "http", origin.removeprefix("http://"), path, headers, b'{"amount": 1}')
    signer = Signer(get_scheme(case.scheme), case.credential)
    instructions = signer.sign(wanted.request, time_ms=case.time_ms, nonce=case.nonce)
    signed = wanted.signed(instructions.apply(wanted.request), instructions.additions)
    status, _, body = send(case.change(signed))
    return Outcome(case, status, body.decode())


def _cases(scheme: str, pairs: Pairs) -> Iterator[Case]:
    """Give the calls of one scheme; Stardust answers with statuses of its own."""
    pair, notation = pairs.right, get_scheme(scheme)
    wrong, unusable, stale = (401, 402, 403) if scheme == "stardust" else (401, 401, 401)

    def case(circumstance: str, expected: int, credential: Credential = pair, ahead_ms: int = 0) -> Case:
        return Case(scheme, circumstance, expected, credential, now_ms() + ahead_ms, secrets.token_hex(4))

    right = case("signed rightly", 200)
    yield right
    if notation.nonce:
        yield replace(right, circumstance="the same again: nonce used", expected=401)
    yield replace(case("another method: not signed", 200), method="PUT")
    yield replace(case("signature missing", unusable), change=_without_signature)
    yield replace(case("signature in upper case", wrong), change=_with_upper_signature)
    if scheme == "cdnetworks-api-shield":
        yield replace(case("both X_Sam_Auth and X-Sam-Auth", 400), change=_with_second_spelling)
    yield case("wrong secret", wrong, _stranger(pair.access_key_id))
    if notation.names_key:
        yield case("unknown key", wrong, _stranger("nobody"))
    yield case("key disabled", unusable, pairs.disabled)
    yield _in_wrong_unit(case("", stale), has_ms=scheme == "stardust")
    yield case("ten minutes old", stale, ahead_ms=-TEN_MINUTES_MS)
    yield case("ten minutes ahead", stale, ahead_ms=TEN_MINUTES_MS)


def _stranger(access_key_id: str) -> Credential:
    return Credential.of(access_key_id, secrets.token_hex(16))


def _in_wrong_unit(case: Case, *, has_ms: bool) -> Case:
    """Return a call stamped with the number of the other unit, and signed rightly over it."""
    if has_ms:
        return replace(case, circumstance="seconds where ms are due", time_ms=case.time_ms // 1000)
    return replace(case, circumstance="ms where seconds are due", time_ms=case.time_ms * 1000)


# changes on the way; the signature is the last value that is carried


def _without_signature(signed: Wanted) -> Wanted:
    if signed.target.endswith("/orders"):
        return signed.replace(headers=signed.headers[:-1])
    return signed.replace(target=signed.target.rpartition("&")[0])


def _with_upper_signature(signed: Wanted) -> Wanted:
    if signed.target.endswith("/orders"):
        name, value = signed.headers[-1]
        return signed.replace(headers=[*signed.headers[:-1], (name, value.upper())])
    rest, _, value = signed.target.rpartition("=")
    return signed.replace(target=f"{rest}={value.upper()}")


def _with_second_spelling(signed: Wanted) -> Wanted:
    """Add what a proxy or an application might take for the signature instead."""
    name, value = signed.headers[-1]
    return signed.replace(headers=[*signed.headers, (name.replace("_", "-"), value)])
