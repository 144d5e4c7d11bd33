"""The four systems, against the one published vector that follows from its secret and against computing by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from sealstamp.core.places import Where
from sealstamp.core.request import Request
from sealstamp.core.signer import Instructions, Signer
from sealstamp.core.stages import Stage
from sealstamp.core.verifier import Verifier
from sealstamp.schemes import get_scheme
from tests.core.schemes import FOUR, ID, NOW_MS, SECRET, bare, credential, scheme, signed, verify

SECONDS, MILLISECONDS = "1612149637", "1612149637000"
PUBLISHED = "M2Y0ODNlYTUwNDFiMTg5MjRmMGQxNmY1YTMyMzc1NTc5NTUzNDAzYw=="


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def instructions(name: str, nonce: str = "2") -> Instructions:
    return Signer(scheme(name), credential(name)).sign(bare(name), time_ms=NOW_MS, nonce=nonce)


def written(name: str) -> dict[str, str]:
    return {str(place): value.decode() for place, value in instructions(name).additions}


BY_HAND = {
    "stardust": {
        "header X-STARDUST-KEY": ID,
        "header X-TS": MILLISECONDS,
        "header X-SIGN": md5(f"{MILLISECONDS}&{SECRET}&{ID}"),
    },
    "cdnetworks-api-shield": {
        "header X-Date": SECONDS,
        "header X_Sam_Auth": hmac.new(SECRET.encode(), SECONDS.encode(), "sha256").hexdigest(),
    },
    "taurusx": {
        "header access-key": ID,
        "header timestamp": SECONDS,
        "header token": md5(SECRET + md5(SECONDS)),
    },
    "bbx": {
        "query AccessKeyId": ID,
        "query SignatureNonce": "2",
        "query Timestamp": SECONDS,
        "query Signature": PUBLISHED,
    },
}

STRINGS_TO_SIGN = {
    "stardust": f"{MILLISECONDS}&{SECRET}&{ID}",
    "cdnetworks-api-shield": SECONDS,
    "taurusx": SECRET + md5(SECONDS),
    "bbx": f"AccessKeyId={ID}&SignatureNonce=2&Timestamp={SECONDS}",
}


def test_published_vector_of_bbx_by_hand() -> None:
    """The vector that BBX publishes follows from its secret, so that it may serve as one."""
    text = hmac.new(SECRET.encode(), STRINGS_TO_SIGN["bbx"].encode(), "sha1").hexdigest()
    assert base64.b64encode(text.encode()).decode() == PUBLISHED


def test_published_vector_of_bbx_signed() -> None:
    """The published request is what a signer makes, field for field."""
    assert written("bbx")["query Signature"] == PUBLISHED


def test_published_vector_of_bbx_verified() -> None:
    """The published signature is accepted in the query of a POST, whose body is not signed."""
    target = f"/v1/orders?AccessKeyId={ID}&SignatureNonce=2&Timestamp={SECONDS}&Signature={PUBLISHED}"
    verify("bbx", Request(b"POST", target.encode(), [(b"host", b"api.bbx.com")], body=b'{"a":1}'))


@pytest.mark.parametrize("name", FOUR)
def test_signed_by_sealstamp(name: str) -> None:
    """A signer writes what computing by hand gives, to the places the vendor names, in its order."""
    assert list(written(name).items()) == list(BY_HAND[name].items())


@pytest.mark.parametrize("name", FOUR)
def test_signed_by_hand(name: str) -> None:
    """A request put together by hand is accepted."""
    headers = [(place.partition(" ")[2].lower(), value) for place, value in BY_HAND[name].items()]
    query = "&".join(f"{place.partition(' ')[2]}={value}" for place, value in BY_HAND[name].items())
    if name == "bbx":
        request = Request(b"GET", f"/?{query}".encode())
    else:
        request = Request(b"GET", b"/", [(key.encode(), value.encode()) for key, value in headers])
    verify(name, request)


@pytest.mark.parametrize("name", ["stardust"])
def test_signed_with_the_names_of_the_vendors_sample(name: str) -> None:
    """Stardust's page writes ``_ts`` and ``_sign`` in its sample: both names are read."""
    fields = BY_HAND[name]
    request = Request(
        b"POST",
        b"/",
        [
            (b"x-stardust-key", fields["header X-STARDUST-KEY"].encode()),
            (b"_ts", fields["header X-TS"].encode()),
            (b"_sign", fields["header X-SIGN"].encode()),
        ],
    )
    verify(name, request)


def test_cdnetworks_with_its_signature_elsewhere() -> None:
    """The signature's place and name, and the time's header, are what the API sets."""
    given = {"signature_in": "query", "signature_name": "auth", "time_header": "Date-Stamp"}
    other = get_scheme("cdnetworks-api-shield", given)
    made = Signer(other, credential("cdnetworks-api-shield")).sign(bare("bbx"), time_ms=NOW_MS)
    assert [(str(place), value.decode()) for place, value in made.additions] == [
        ("header Date-Stamp", SECONDS),
        ("query auth", BY_HAND["cdnetworks-api-shield"]["header X_Sam_Auth"]),
    ]
    request = made.apply(bare("bbx"))
    verifier = Verifier(other)
    key = verifier.bind(credential("cdnetworks-api-shield"), consumer="acme")
    assert verifier.verify(request, NOW_MS, lambda _: key).consumer == "acme"


@pytest.mark.parametrize("name", FOUR)
def test_key_of_the_api_is_found_among_candidates(name: str) -> None:
    """Where a request names no key, or is treated so, the candidate that matches is who signed."""
    verifier = Verifier(scheme(name))
    keys = [verifier.bind(credential(name, secret), consumer=secret) for secret in ("other", SECRET, "third")]
    presented = verifier.present(signed(name), NOW_MS)
    key, _ = verifier.check_candidates(signed(name), presented, keys, NOW_MS)
    assert key is keys[1]


def stages(name: str, *, reveal: bool) -> dict[str, str]:
    signer = Signer(scheme(name), credential(name))
    request = bare(name)
    shown = signer.stages(request, signer.sign(request, time_ms=NOW_MS, nonce="2"), reveal=reveal)
    assert all(isinstance(stage, Stage) for stage in shown)
    return {stage.name: stage.text for stage in shown}


@pytest.mark.parametrize("name", FOUR)
def test_stages_revealed(name: str) -> None:
    """Whoever asks for it sees the text that was signed and the signature, in the clear."""
    signature = list(BY_HAND[name].values())[-1]
    assert stages(name, reveal=True) == {"string_to_sign": STRINGS_TO_SIGN[name], "signature": signature}


@pytest.mark.parametrize("name", FOUR)
def test_stages_by_default(name: str) -> None:
    """Without asking for it nobody sees the secret or the signature; the rest is as it was signed."""
    hidden = STRINGS_TO_SIGN[name].replace(SECRET, "***")
    assert stages(name, reveal=False) == {"string_to_sign": hidden, "signature": "***"}


@pytest.mark.parametrize("name", FOUR)
def test_stages_of_a_verifier(name: str) -> None:
    """What should have come is explained without the signature that would be accepted."""
    verifier = Verifier(scheme(name))
    request = signed(name)
    shown = verifier.stages(request, verifier.present(request, NOW_MS), credential(name))
    signature = list(BY_HAND[name].values())[-1]
    assert shown[-1].text == "***"
    assert all(SECRET not in stage.text and signature not in stage.text for stage in shown)


@pytest.mark.parametrize("name", FOUR)
def test_headers_of_instructions(name: str) -> None:
    """Clients that only set headers get them by name."""
    made = instructions(name)
    expected = {place.name: value.decode() for place, value in made.additions if place.where is Where.HEADER}
    assert made.headers == expected
