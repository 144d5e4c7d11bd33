"""Further secrets of a key: what the notation says, what a signer and a verifier need, and that none is shown."""

from __future__ import annotations

import hmac
import pickle

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme
from sealstamp.core.material import MisfitError
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import SchemeError, SignatureMismatchError, UnknownAccessKeyError
from sealstamp.schemes import get_scheme

NOW = 1_767_323_045_000
GET = Request(b"GET", b"/a?b=1", [(b"host", b"x.example")], body=b"")
HEAD = """
title = "T"
vendor = "V"
url = "https://v.example"
[fields]
access_key_id = "header X-Key"
phrase_sent = "header X-Phrase"
signature = "header X-Signature"
[sign]
string_to_sign = "{method}"
"""
HMAC = 'signature = "{string_to_sign|hmac:sha256,secret|hex}"\n'
EXTRAS = '[keys.extras]\nphrase = { make = "alnum 12", about = "a phrase"SHOWN }\n'
PAIR = Credential.of("id", "secret", phrase="open sesame")


def load(sent: str, *, signature: str = HMAC, extras: str = EXTRAS, shown: bool = False):
    text = HEAD + f"phrase_sent = {sent}\n" + signature + extras.replace("SHOWN", ", shown = true" if shown else "")
    return load_scheme(text, name="t", path="t.toml")


def signed(scheme, credential: Credential = PAIR) -> Request:
    return Signer(scheme, credential).sign(GET).apply(GET)


def check(scheme, request: Request, credential: Credential | None = PAIR) -> None:
    verifier = Verifier(scheme)
    key = None if credential is None else verifier.bind(credential, consumer="acme")
    verifier.check(request, verifier.present(request, NOW), key, NOW)


SHOWN = {"sent": '"{phrase}"', "shown": True}
SEALED = {"sent": '"{phrase|hmac:sha256,secret|hex}"'}


@pytest.mark.parametrize("said", [SHOWN, SEALED])
def test_it_travels_as_the_scheme_says_and_has_to_be_right(said) -> None:
    scheme = load(**said)
    request = signed(scheme)
    expected = b"open sesame" if said is SHOWN else hmac.digest(b"secret", b"open sesame", "sha256").hex().encode()
    assert request.header(b"x-phrase") == expected
    check(scheme, request)
    for other in ("open sesame!", "", "OPEN SESAME"):
        with pytest.raises(SignatureMismatchError):
            check(scheme, request, Credential.of("id", "secret", phrase=other))
    with pytest.raises(UnknownAccessKeyError):
        check(scheme, request, None)


def test_it_can_be_signed_without_travelling() -> None:
    signature = 'signature = "{string_to_sign|hmac:sha256,secret|hex}{phrase|sha256|hex}"\n'
    scheme = load('"1"', signature=signature)
    check(scheme, signed(scheme))
    with pytest.raises(SignatureMismatchError):
        check(scheme, signed(scheme), Credential.of("id", "secret", phrase="other"))


@pytest.mark.parametrize("credential", [Credential.of("id", "secret"), Credential.of("id", "secret", other="x")])
def test_a_credential_without_it_is_refused_when_it_is_bound(credential: Credential) -> None:
    scheme = load(**SEALED)
    for use in (Verifier(scheme).bind, lambda one, **_: Signer(scheme, one)):
        with pytest.raises(MisfitError, match="access key id, scheme t: it has no phrase, which this scheme needs"):
            use(credential, consumer="acme")


def test_an_optional_one_that_a_key_does_not_have_is_empty() -> None:
    scheme = load(**SEALED, extras=EXTRAS.replace("SHOWN", ", optional = true"))
    without = Credential.of("id", "secret")
    check(scheme, signed(scheme, without), without)
    check(scheme, signed(scheme))
    for signer, verifier in ((PAIR, without), (without, PAIR)):
        with pytest.raises(SignatureMismatchError):
            check(scheme, signed(scheme, signer), verifier)


def test_a_scheme_that_needs_none_takes_a_credential_with_more() -> None:
    scheme = get_scheme("taurusx")
    Verifier(scheme).bind(PAIR, consumer="acme")


def test_it_is_shown_nowhere() -> None:
    assert "sesame" not in repr(PAIR) + str(PAIR) + f"{PAIR}"
    with pytest.raises(TypeError):
        pickle.dumps(PAIR.extras["phrase"])
    assert Credential.of("id", "secret", phrase="open sesame") == PAIR
    assert Credential.of("id", "secret", phrase="open") != PAIR
    for said in (SHOWN, SEALED):
        scheme = load(**said)
        verifier = Verifier(scheme)
        request = signed(scheme)
        stages = {s.name: s.text for s in verifier.stages(request, verifier.present(request, NOW), PAIR)}
        assert stages["phrase_sent"] == "***"
        signer = Signer(scheme, PAIR)
        told = {s.name: s.text for s in signer.stages(request, signer.sign(GET), reveal=True)}
        assert told["phrase_sent"] == request.header(b"x-phrase").decode()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"sent": '"{phrase}"'}, "'phrase' itself would travel in 'phrase_sent'"),
        ({"sent": '"{phrase|upper}"', "shown": True}, "'phrase' itself would travel"),
        ({"sent": '"{phrase}{secret|sha256|hex}"', "shown": True}, "'phrase' itself would travel"),
        ({"sent": '"{secret}"', "shown": True}, "'phrase' is not used"),
        ({"sent": '"1"'}, "'phrase' is not used"),
        ({"sent": '"{phrase|sha256|hex}"', "signature": 'signature = "{phrase|sha256|hex}"\n'}, "anyone could make"),
        ({"sent": '"{phrase}"', "extras": ""}, "there is no name 'phrase'"),
        ({"sent": '"{phrase}"', "extras": EXTRAS.replace("alnum 12", "rsa")}, "is no private key"),
        ({"sent": '"{phrase}"', "extras": EXTRAS.replace("phrase =", "secret =")}, "cannot be a further secret"),
        ({"sent": '"{phrase}"', "extras": EXTRAS.replace("phrase =", "nonce =")}, "cannot be a further secret"),
        ({"sent": '"{phrase}"', "extras": EXTRAS.replace("phrase =", "method =")}, "cannot be a name"),
        ({"sent": '"{phrase}"', "extras": EXTRAS.replace("phrase =", "phrase_sent =")}, "cannot be defined"),
        ({"sent": '"{phrase}"', "extras": EXTRAS.replace("SHOWN", ", colour = 1")}, "has no key 'colour'"),
        ({"sent": '"{phrase}"', "extras": EXTRAS.replace('make = "alnum 12", ', "")}, "has no 'make'"),
    ],
)
def test_what_loading_refuses(said, problem: str) -> None:
    with pytest.raises(SchemeError, match=problem):
        load(**said)


def test_it_cannot_be_carried_by_its_own_name() -> None:
    text = HEAD.replace("phrase_sent", "phrase") + HMAC + EXTRAS.replace("SHOWN", ", shown = true")
    with pytest.raises(SchemeError, match="'phrase' is a secret of the key") as caught:
        load_scheme(text, name="t", path="t.toml")
    assert "phrase_sent" in caught.value.hint


@pytest.mark.parametrize("name", ["okx-v5", "coinbase-exchange", "bitget-v2", "kucoin-v2"])
def test_exchanges_have_a_passphrase_for_each_key_and_no_parameter_for_it(name: str) -> None:
    scheme = get_scheme(name)
    assert scheme.extras == ("passphrase",)
    assert "passphrase" not in scheme.parameters


def test_kucoin_sends_an_hmac_of_the_passphrase() -> None:
    credential = Credential.of("id", "secret", passphrase="phrase")
    request = Signer(get_scheme("kucoin-v2"), credential).sign(GET, time_ms=NOW).apply(GET)
    assert b"phrase" not in b"".join(value for _, value in request.headers)
