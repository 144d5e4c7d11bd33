"""Where the secret must not be seen: anything that prints, copies, pickles or shows a traceback."""

from __future__ import annotations

import copy
import io
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import BoundKey, Verifier
from sealstamp.errors import BodyUnavailableError, SealstampError
from tests.core.schemes import EVERY, FOUR, HEAD, ID, NOW_MS, bare, bound, load, remade, scheme, signed, window

SECRET = "s3cr3t-never-shown"
FORMS = (SECRET, SECRET.encode().hex(), repr(SECRET.encode())[2:-1], SECRET[::-1])


def assert_hidden(text: str) -> None:
    for form in FORMS:
        assert form not in text


def objects(name: str) -> dict[str, object]:
    verifier, key = bound(name, SECRET)
    credential = Credential.of(ID, SECRET)
    signer = Signer(scheme(name), credential)
    request = bare(name)
    instructions = signer.sign(request, time_ms=NOW_MS, nonce="5f1c")
    return {
        "secret": credential.secret,
        "credential": credential,
        "signer": signer,
        "verifier": verifier,
        "key": key,
        "principal": key.principal,
        "instructions": instructions,
        "request": instructions.apply(request),
        "stages": signer.stages(request, instructions),
        "claim": verifier.check(
            instructions.apply(request), verifier.present(instructions.apply(request), NOW_MS), key, 0
        ),
    }


KINDS = tuple(objects("bbx"))
WAYS: dict[str, Callable[[object], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda thing: f"{thing}",
    "percent": lambda thing: "%s %r %a" % (thing, thing, thing),  # noqa: UP031  # as old log calls do
    "list": lambda thing: str([thing]),
    "variables": lambda thing: str({name: getattr(thing, name) for name in getattr(thing, "__dict__", {})}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FOUR)
def test_shown(name: str, kind: str, way: str) -> None:
    """Nothing that holds the secret shows it, however it is shown."""
    assert_hidden(WAYS[way](objects(name)[kind]))


@pytest.mark.parametrize("kind", ["instructions", "request", "key"])
@pytest.mark.parametrize("name", FOUR)
def test_signature_shown(name: str, kind: str) -> None:
    """A signature that would be accepted is not shown either, by what carries it."""
    things = objects(name)
    made = things["instructions"].additions[-1][1].decode()  # type: ignore[attr-defined]
    assert made not in repr(things[kind])


@pytest.mark.parametrize("spec", ["", "s", ">40", "!r"])
def test_formatted(spec: str) -> None:
    """No format specification brings a secret out."""
    assert format(Secret(SECRET), spec) == "***"


def test_logged() -> None:
    """A log line with a secret among its arguments shows stars."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s %r", (Secret(SECRET), Credential.of(ID, SECRET)), None)
    handler.emit(record)
    assert_hidden(stream.getvalue())
    assert "***" in stream.getvalue()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", ["secret", "credential", "signer"])
def test_pickled(kind: str, protocol: int) -> None:
    """A secret cannot be pickled, nor what holds it, in any protocol."""
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)) as caught:
        pickle.dumps(objects("bbx")[kind], protocol)
    assert_hidden(str(caught.value))


@pytest.mark.parametrize("kind", ["key", "verifier"])
def test_bound_key_pickled(kind: str) -> None:
    """What a secret has become cannot be pickled either."""
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)) as caught:
        pickle.dumps(objects("bbx")[kind])
    assert_hidden(str(caught.value))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copied(copied: Callable[[object], object]) -> None:
    """A secret is not copied by those who copy whatever they meet."""
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        copied(Secret(SECRET))
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        copy.deepcopy(Credential.of(ID, SECRET))


def test_secret_holds_nothing_else() -> None:
    """A secret has no dictionary, no hash and no order; equal ones are equal, and equal to nothing else."""
    secret = Secret(SECRET)
    assert not hasattr(secret, "__dict__")
    assert secret == Secret(SECRET.encode())
    assert secret != Secret("other")
    assert secret != SECRET
    with pytest.raises(TypeError):
        hash(secret)
    with pytest.raises(TypeError):
        bytes(secret)  # type: ignore[call-overload]
    assert secret.reveal() == SECRET.encode()


# tracebacks


def with_locals(error: BaseException) -> str:
    """Return a traceback as error reporters write it: with every frame's local variables."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def refused(call: Callable[[], object]) -> SealstampError:
    with pytest.raises(SealstampError) as caught:
        call()
    return caught.value


def refusals(name: str) -> dict[str, Callable[[], object]]:
    """Return calls that a verifier or signer with the secret refuses, at every step."""
    verifier, key = bound(name, SECRET)
    right, wrong = signed(name, secret=SECRET), signed(name, secret="other")
    disabled = BoundKey(key.principal, key.matches, usable_until_ms=0)
    presented = verifier.present(wrong, NOW_MS)
    return {
        "missing": lambda: verifier.verify(Request(b"GET", b"/"), NOW_MS, lambda _: key),
        "too old": lambda: verifier.verify(right, NOW_MS * 2, lambda _: key),
        "mismatch": lambda: verifier.verify(wrong, NOW_MS, lambda _: key),
        "unknown": lambda: verifier.verify(right, NOW_MS, lambda _: None),
        "disabled": lambda: verifier.verify(right, NOW_MS, lambda _: disabled),
        "no candidate": lambda: verifier.check_candidates(wrong, presented, [key, key], NOW_MS),
    }


@pytest.mark.parametrize("step", refusals("bbx"))
@pytest.mark.parametrize("name", EVERY)
def test_traceback_of_a_refusal(name: str, step: str) -> None:
    """No frame of a refused verify has the secret among its locals."""
    error = refused(refusals(name)[step])
    assert_hidden(with_locals(error))
    assert_hidden(str(error))


SIGNED_PARTS = f"""{HEAD}
[fields]
timestamp = "header X-T"
signature = "header X-S"
{window("unix-ms")}
[sign]
first          = "{{timestamp}}{{secret}}"
string_to_sign = ["{{first}}", "{{header.x-extra}}", "{{query.page}}", "{{host}}", "{{body|sha256|hex}}"]
signature      = "{{string_to_sign|sha256|hex}}"
"""


def test_traceback_of_a_refusal_while_computing() -> None:
    """Where computing itself refuses, with the secret in its own variables, those frames are not in the traceback."""
    test = load(SIGNED_PARTS)
    credential = Credential.of("", SECRET)
    signer, verifier = Signer(test, credential), Verifier(test)
    key = verifier.bind(credential, consumer="acme")
    request = signer.sign(bare("lines"), time_ms=NOW_MS).apply(bare("lines"))
    assert verifier.verify(request, NOW_MS, lambda _: key)
    doubled = [
        remade(request, headers=[*request.headers, (b"x-extra", b"2")]),
        remade(request, target=b"/?page=2&page=3"),
        remade(request, headers=[*request.headers, (b"host", b"other")]),
        Request(request.method, request.target, request.headers),
    ]
    with pytest.raises(SealstampError) as inside:
        key.matches(verifier.present(doubled[0], NOW_MS), doubled[0])
    assert SECRET in with_locals(inside.value)  # so there is something to keep out
    for other in doubled:
        presented = verifier.present(other, NOW_MS)
        calls: list[Callable[[], object]] = [
            lambda other=other: verifier.verify(other, NOW_MS, lambda _: key),  # type: ignore[misc]
            lambda other=other, presented=presented: verifier.check_candidates(other, presented, [key], NOW_MS),  # type: ignore[misc]
            lambda other=other: signer.sign(other, time_ms=NOW_MS),  # type: ignore[misc]
        ]
        for call in calls:
            error = refused(call)
            assert_hidden(with_locals(error))
            assert error.__cause__ is None


def test_body_that_nobody_read() -> None:
    """A door that signs or verifies a body it does not have is told so."""
    with pytest.raises(BodyUnavailableError):
        signed("packed-plain", Request(b"GET", b"/"))


def test_stages_that_are_asked_for() -> None:
    """Only ``reveal=True`` shows a signature and the secret in a text."""
    signer = Signer(scheme("stardust"), Credential.of(ID, SECRET))
    request = bare("stardust")
    instructions = signer.sign(request, time_ms=NOW_MS)
    assert SECRET in str(signer.stages(request, instructions, reveal=True))
    assert_hidden(str(signer.stages(request, instructions)))


def test_derived_key_is_hidden() -> None:
    """A key derived from the secret signs as the secret does, and is hidden as a whole."""
    signer = Signer(scheme("packed-quoted"), Credential.of(ID, SECRET))
    request = bare("packed-quoted")
    instructions = signer.sign(request, time_ms=NOW_MS, nonce="5f1c")
    shown = {stage.name: stage.text for stage in signer.stages(request, instructions)}
    revealed = {stage.name: stage.text for stage in signer.stages(request, instructions, reveal=True)}
    assert {name for name, text in shown.items() if text == "***"} == {
        "day_key",
        "region_key",
        "signing_key",
        "signature",
    }
    assert shown["string_to_sign"] == revealed["string_to_sign"]
    assert all(len(bytes.fromhex(revealed[name])) == 32 for name in ("day_key", "region_key", "signing_key"))


def test_secret_in_other_clothes_in_a_stage() -> None:
    """A secret that a filter rewrites is hidden before it is rewritten."""
    test = load(SIGNED_PARTS.replace("{timestamp}{secret}", "{timestamp}{secret|base64|upper}{secret|percent_encode}"))
    signer = Signer(test, Credential.of("", SECRET))
    request = bare("lines")
    shown = str(signer.stages(request, signer.sign(request, time_ms=NOW_MS)))
    assert_hidden(shown)
    assert "CZNJCJN0" not in shown.upper()
