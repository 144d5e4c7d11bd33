"""What a verifier of the four systems refuses, and with which error; and what it accepts because nobody signs it."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.encoding import MAX_PARAMETERS, percent_encode
from sealstamp.core.places import Place, Where
from sealstamp.core.request import MAX_HEADERS, Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import BoundKey, Claim, ClaimResult, ReplayBy, Verifier
from sealstamp.errors import (
    ConfigurationError,
    InactiveAccessKeyError,
    InvalidCredentialsError,
    MalformedCredentialsError,
    MissingCredentialsError,
    NonceReplayedError,
    OutsideTimeWindowError,
    PermissionDeniedError,
    Reason,
    SignatureMismatchError,
    UnknownAccessKeyError,
    VerificationError,
)
from tests.core.schemes import (
    FOUR,
    HEAD,
    ID,
    NOW_MS,
    SECRET,
    bare,
    bound,
    credential,
    load,
    remade,
    scheme,
    signed,
    verify,
    window,
)

Values = dict[str, bytes]
FIELDS = {
    "stardust": ("access_key_id", "timestamp", "signature"),
    "cdnetworks-api-shield": ("timestamp", "signature"),
    "taurusx": ("access_key_id", "timestamp", "signature"),
    "bbx": ("access_key_id", "nonce", "timestamp", "signature"),
}
EACH_FIELD = [(name, field) for name in FOUR for field in FIELDS[name]]
NAMING_A_KEY = [name for name in FOUR if "access_key_id" in FIELDS[name]]
IN_HEADERS = [name for name in FOUR if name != "bbx"]
PAST_MS = {name: 30_000 if name == "bbx" else 300_000 for name in FOUR}
UNIT_MS = {name: 1 if name == "stardust" else 1000 for name in FOUR}


def places(name: str) -> dict[str, Place]:
    return {carrier.name: carrier.places[0] for carrier in scheme(name).carriers}


def values(name: str, **changes: bytes) -> Values:
    """Return the values of a right request, signed anew if what is signed changes."""
    made = Signer(scheme(name), credential(name)).sign(bare(name), time_ms=NOW_MS, nonce="5f1c")
    return {**dict(zip(FIELDS[name], (value for _, value in made.additions), strict=True)), **changes}


def request_of(name: str, *fields: tuple[str, bytes]) -> Request:
    """Return a request with these fields in their places, encoded as a client would."""
    headers, pairs = [(b"host", b"api.example.com")], [b"page=2"]
    for field, value in fields:
        place = places(name)[field]
        if place.where is Where.HEADER:
            headers.append((place.key, value))
        else:
            pairs.append(place.key + b"=" + percent_encode(value))
    return Request(b"POST", b"/orders?" + b"&".join(pairs), headers, body=b"{}")


def refuse(name: str, request: Request, error: type[VerificationError], *, now_ms: int = NOW_MS) -> VerificationError:
    with pytest.raises(error) as caught:
        verify(name, request, now_ms=now_ms)
    assert type(caught.value) is error
    return caught.value


# presence


@pytest.mark.parametrize("name", FOUR)
def test_nothing_there(name: str) -> None:
    """A request without credentials is told which fields are missing, all of them."""
    error = refuse(name, request_of(name), MissingCredentialsError)
    assert str(error) == f"missing: {', '.join(FIELDS[name])}"


@pytest.mark.parametrize(("name", "field"), EACH_FIELD)
def test_one_field_missing(name: str, field: str) -> None:
    """Each field is required, and the log names the one that is not there."""
    left = [(key, value) for key, value in values(name).items() if key != field]
    error = refuse(name, request_of(name, *left), MissingCredentialsError)
    assert str(error) == f"missing: {field}"
    assert (error.status, error.reason) == (401, Reason.MISSING_CREDENTIALS)


@pytest.mark.parametrize(("name", "field"), EACH_FIELD)
@pytest.mark.parametrize("same", [True, False], ids=["same value", "another value"])
def test_one_field_twice(name: str, field: str, same: bool) -> None:
    """A field that comes twice could mean two things, and is refused even if both say the same."""
    given = values(name)
    extra = given[field] if same else b"1"
    for fields in ([*given.items(), (field, extra)], [(field, extra), *given.items()]):
        error = refuse(name, request_of(name, *fields), MalformedCredentialsError)
        assert places(name)[field].key.decode() in str(error)
        assert error.status == 400


@pytest.mark.parametrize("field", FIELDS["bbx"])
def test_one_parameter_twice_under_an_encoded_name(field: str) -> None:
    """A parameter's double is found however its name is percent-encoded."""
    request = request_of("bbx", *values("bbx").items())
    name = places("bbx")[field].key
    double = b"&%%%02X%s=1" % (name[0], name[1:])
    refuse("bbx", remade(request, target=request.target + double), MalformedCredentialsError)


SPELLINGS = [
    ("stardust", "x_stardust-key"),
    ("stardust", "x_stardust_key"),
    ("stardust", "x-stardust.key"),
    ("stardust", "x_ts"),
    ("stardust", "x.sign"),
    ("stardust", "-ts"),
    ("cdnetworks-api-shield", "x-sam-auth"),
    ("cdnetworks-api-shield", "x.sam.auth"),
    ("cdnetworks-api-shield", "x_sam-auth"),
    ("cdnetworks-api-shield", "x_date"),
    ("taurusx", "access_key"),
    ("taurusx", "access.key"),
]


@pytest.mark.parametrize(("name", "spelling"), SPELLINGS)
def test_other_spelling_of_a_header_alongside(name: str, spelling: str) -> None:
    """A header that CGI, WSGI or PHP would take for an authentication field is refused next to the right one."""
    request = signed(name)
    doubled = remade(request, headers=[*request.headers, (spelling.encode(), b"1")])
    assert spelling in str(refuse(name, doubled, MalformedCredentialsError))


@pytest.mark.parametrize(("name", "spelling"), SPELLINGS)
def test_other_spelling_of_a_header_instead(name: str, spelling: str) -> None:
    """A header under another spelling is not the header."""
    wanted = next(p.key for p in places(name).values() if _letters(p.key) == _letters(spelling.encode()))
    headers = [(spelling.encode() if key == wanted else key, value) for key, value in signed(name).headers]
    with pytest.raises((MissingCredentialsError, MalformedCredentialsError)):
        verify(name, remade(signed(name), headers=headers))


def _letters(name: bytes) -> bytes:
    letters = name.translate(None, b"-_.")
    return b"xts" if letters == b"ts" else letters


@pytest.mark.parametrize(("alias", "field"), [(b"_ts", "timestamp"), (b"_sign", "signature")])
def test_alias_and_name_both(alias: bytes, field: str) -> None:
    """A field under both of its names is refused, even if both say the same."""
    request = signed("stardust")
    both = remade(request, headers=[*request.headers, (alias, values("stardust")[field])])
    assert str(refuse("stardust", both, MalformedCredentialsError)) == f"{field} came under two names"


@pytest.mark.parametrize(("alias", "field"), [(b"_ts", "timestamp"), (b"_sign", "signature")])
def test_alias_twice(alias: bytes, field: str) -> None:
    """An alias is as strict as the name."""
    key = places("stardust")[field].key
    headers = [(alias if name == key else name, value) for name, value in signed("stardust").headers]
    verify("stardust", remade(signed("stardust"), headers=headers))
    doubled = remade(signed("stardust"), headers=[*headers, (alias, b"1")])
    refuse("stardust", doubled, MalformedCredentialsError)


ALIASES_OF_TWO_KINDS = f"""{HEAD}
[fields]
timestamp = "header X-T"
signature = ["header X-S", "query s", "query t"]
{window("unix-ms")}
[sign]
string_to_sign = "{{timestamp}}"
signature      = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""


def test_header_or_query() -> None:
    """A field may have its names in places of different kinds; it is read from any, and refused in two."""
    verifier = Verifier(load(ALIASES_OF_TWO_KINDS))
    key = verifier.bind(Credential.of("", SECRET), consumer="acme")
    made = Signer(verifier.scheme, Credential.of("", SECRET)).sign(Request(b"GET", b"/"), time_ms=NOW_MS)
    (_, stamp), (_, signature) = made.additions
    time = (b"x-t", stamp)

    def check(target: bytes, *headers: tuple[bytes, bytes]) -> None:
        verifier.verify(Request(b"GET", target, [time, *headers]), NOW_MS, lambda _: key)

    check(b"/?s=" + signature)
    check(b"/?t=" + signature)
    check(b"/", (b"x-s", signature))
    for target, headers in [
        (b"/?s=" + signature, [(b"x-s", signature)]),
        (b"/?s=" + signature + b"&t=" + signature, []),
        (b"/?s=" + signature + b"&s=" + signature, []),
    ]:
        with pytest.raises(MalformedCredentialsError):
            check(target, *headers)
    with pytest.raises(MissingCredentialsError, match="missing: signature"):
        check(b"/")


# who


@pytest.mark.parametrize("name", NAMING_A_KEY)
def test_unknown_key(name: str) -> None:
    """An id that nobody has is refused as an unknown key, in the log only."""
    refuse(name, request_of(name, *values(name, access_key_id=b"nobody").items()), UnknownAccessKeyError)


@pytest.mark.parametrize("name", FOUR)
def test_wrong_secret(name: str) -> None:
    """A request signed with another secret does not match."""
    refuse(name, signed(name, secret="another"), SignatureMismatchError)


@pytest.mark.parametrize("name", NAMING_A_KEY)
def test_unknown_key_and_wrong_signature_are_one_answer(name: str) -> None:
    """Nobody can find out which ids exist: all that a caller is told is the same."""
    unknown = refuse(name, request_of(name, *values(name, access_key_id=b"nobody").items()), UnknownAccessKeyError)
    wrong = refuse(name, signed(name, secret="another"), SignatureMismatchError)
    assert isinstance(unknown, InvalidCredentialsError)
    assert isinstance(wrong, InvalidCredentialsError)
    told = [(error.status, error.public_message, error.public_reason) for error in (unknown, wrong)]
    assert told[0] == told[1]


@pytest.mark.parametrize("name", NAMING_A_KEY)
def test_unknown_key_costs_a_signature(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For an unknown id a signature is computed as for a known one, so that the time tells nothing."""
    verifier, _ = bound(name)
    calls = []
    matches = verifier._stranger.matches
    counting = BoundKey(verifier._stranger.principal, lambda *given: calls.append(given) or matches(*given))  # type: ignore[func-returns-value]
    monkeypatch.setattr(verifier, "_stranger", counting)
    with pytest.raises(UnknownAccessKeyError):
        verifier.verify(signed(name), NOW_MS, lambda _: None)
    assert len(calls) == 1


@pytest.mark.parametrize("name", FOUR)
def test_no_candidate_matches(name: str) -> None:
    """Where no key is named, a request that none of the API's keys signed does not match; nor without any keys."""
    verifier = Verifier(scheme(name))
    presented = verifier.present(signed(name), NOW_MS)
    for secrets in ([], ["one"], ["one", "two"]):
        keys = [verifier.bind(credential(name, secret), consumer="acme") for secret in secrets]
        with pytest.raises(SignatureMismatchError):
            verifier.check_candidates(signed(name), presented, keys, NOW_MS)


@pytest.mark.parametrize("access_key_id", [b"\xff\xfe", "schlüssel".encode(), b"a\0b", b"a\nb", b"i" * 257, b"\x7f"])
@pytest.mark.parametrize("name", NAMING_A_KEY)
def test_id_that_no_key_can_have(name: str, access_key_id: bytes) -> None:
    """An id that is too long, or not visible ASCII, is refused as malformed and is not repeated in the log."""
    error = refuse(
        name, request_of(name, *values(name, access_key_id=access_key_id).items()), MalformedCredentialsError
    )
    assert str(error).isascii()
    assert str(error).isprintable()


# the key's state

STATES = {
    "disabled": ({"usable_until_ms": 0}, InactiveAccessKeyError),
    "expired this millisecond": ({"usable_until_ms": NOW_MS}, InactiveAccessKeyError),
    "expired and not permitted": ({"usable_until_ms": 1, "permitted": False}, InactiveAccessKeyError),
    "not permitted": ({"permitted": False}, PermissionDeniedError),
}


def check_with(name: str, secret: str, usable_until_ms: int = 1 << 62, permitted: bool = True) -> None:
    verifier = Verifier(scheme(name))
    key = verifier.bind(credential(name, secret), consumer="acme", usable_until_ms=usable_until_ms, permitted=permitted)
    presented = verifier.present(signed(name), NOW_MS)
    if scheme(name).names_key:
        verifier.check(signed(name), presented, key, NOW_MS)
    else:
        verifier.check_candidates(signed(name), presented, [key], NOW_MS)


@pytest.mark.parametrize(("state", "error"), STATES.values(), ids=STATES)
@pytest.mark.parametrize("name", FOUR)
def test_right_signature_of_a_key_in_no_state_for_it(
    name: str, state: dict[str, int], error: type[VerificationError]
) -> None:
    """Who signed rightly is told the key's state."""
    with pytest.raises(error):
        check_with(name, SECRET, **state)


@pytest.mark.parametrize(("state", "error"), STATES.values(), ids=STATES)
@pytest.mark.parametrize("name", FOUR)
def test_wrong_signature_of_a_key_in_no_state_for_it(
    name: str, state: dict[str, int], error: type[VerificationError]
) -> None:
    """Who did not sign rightly learns nothing of the key's state."""
    with pytest.raises(SignatureMismatchError):
        check_with(name, "another", **state)


@pytest.mark.parametrize("name", FOUR)
def test_key_that_expires_in_a_millisecond(name: str) -> None:
    """A key is good until its end."""
    check_with(name, SECRET, usable_until_ms=NOW_MS + 1)


def test_candidate_that_is_usable_is_preferred() -> None:
    """Of two keys with one secret, the usable one is who signed: a rotation that kept the secret does not lock out."""
    verifier = Verifier(scheme("cdnetworks-api-shield"))
    request = signed("cdnetworks-api-shield")
    old = verifier.bind(Credential.of("", SECRET), consumer="old", usable_until_ms=0)
    new = verifier.bind(Credential.of("", SECRET), consumer="new")
    key, _ = verifier.check_candidates(request, verifier.present(request, NOW_MS), [old, new], NOW_MS)
    assert key is new


# time


@pytest.mark.parametrize("name", FOUR)
def test_exactly_at_both_edges(name: str) -> None:
    """The window includes its edges."""
    request = signed(name)
    verify(name, request, now_ms=NOW_MS + PAST_MS[name])
    verify(name, request, now_ms=NOW_MS - PAST_MS[name])


@pytest.mark.parametrize("name", FOUR)
def test_a_millisecond_outside(name: str) -> None:
    """One millisecond beyond an edge is refused, with the server's time and by how much."""
    for now_ms, side in [(NOW_MS + PAST_MS[name] + 1, "behind"), (NOW_MS - PAST_MS[name] - 1, "ahead of")]:
        error = refuse(name, signed(name), OutsideTimeWindowError, now_ms=now_ms)
        assert isinstance(error, OutsideTimeWindowError)
        assert error.server_time_ms == now_ms
        assert f"{PAST_MS[name] + 1} ms {side} the server's" in str(error)


@pytest.mark.parametrize("name", FOUR)
def test_window_before_any_look_up(name: str) -> None:
    """A stale request is refused before anybody asks for its key."""
    verifier, _ = bound(name)
    with pytest.raises(OutsideTimeWindowError):
        verifier.verify(signed(name), NOW_MS + 10**9, lambda _: pytest.fail("looked up"))


@pytest.mark.parametrize("name", FOUR)
def test_time_in_the_wrong_unit(name: str) -> None:
    """Seconds for milliseconds, or the other way, are refused with a detail that names the mistake."""
    wrong = NOW_MS // 1000 if name == "stardust" else NOW_MS
    request = request_of(name, *values(name, timestamp=b"%d" % wrong).items())
    detail = str(refuse(name, request, OutsideTimeWindowError))
    expected = (
        "too small: is it in seconds where milliseconds"
        if name == "stardust"
        else "too large: is it in milliseconds where seconds"
    )
    assert expected in detail


NOT_NUMBERS = {
    "empty": b"",
    "minus": b"-%d",
    "plus": b"+%d",
    "space before": b" %d",
    "space after": b"%d ",
    "tab": b"\t%d",
    "new line": b"%d\n",
    "underscore": b"1_%d",
    "point": b"%d.0",
    "exponent": b"%de0",
    "hexadecimal": b"0x%x",
    "octal": b"0o%o",
    "NUL": b"%d\0",
    "word": b"now",
    "Arabic digits": "\u0661\u0666".encode(),
    "full-width digits": "\uff11\uff16".encode(),
    "superscript": "16\u00b3".encode(),
    "17 digits": b"0000000%d",
    "5,000 digits": b"9" * 5000,
    "bytes beyond ASCII": b"\xb2%d",
}


@pytest.mark.parametrize("disguise", NOT_NUMBERS.values(), ids=NOT_NUMBERS)
@pytest.mark.parametrize("name", FOUR)
def test_time_that_is_no_plain_number(name: str, disguise: bytes) -> None:
    """Whatever int() would take besides ASCII digits is no time."""
    now = NOW_MS // UNIT_MS[name]
    text = disguise.replace(b"0000000", b"0" * (17 - len(str(now)))) if b"0000000%d" in disguise else disguise
    stamp = text % now if b"%" in text else text
    refuse(name, request_of(name, *values(name, timestamp=stamp).items()), MalformedCredentialsError)


@pytest.mark.parametrize("digits", [1, 15, 16])
@pytest.mark.parametrize("name", FOUR)
def test_time_of_any_length_that_is_read(name: str, digits: int) -> None:
    """A number that can be read is judged by the window, however absurd."""
    request = request_of(name, *values(name, timestamp=b"9" * digits).items())
    refuse(name, request, OutsideTimeWindowError)


# signature

Disguise = Callable[[bytes], bytes]
WRONG_SIGNATURES: dict[str, Disguise] = {
    "empty": lambda _: b"",
    "first byte": lambda signature: signature[:1],
    "truncated": lambda signature: signature[:-1],
    "over-long": lambda signature: signature + b"0",
    "doubled": lambda signature: signature * 2,
    "NUL after": lambda signature: signature + b"\0",
    "NUL within": lambda signature: signature[:8] + b"\0" + signature[8:],
    "new line after": lambda signature: signature + b"\n",
    "space before": lambda signature: b" " + signature,
    "in quotes": lambda signature: b'"' + signature + b'"',
    "backwards": lambda signature: signature[::-1],
    "zeros": lambda signature: b"0" * len(signature),
    "not ASCII": lambda signature: b"\xff" * len(signature),
    "in base64": base64.b64encode,
    "with a prefix": lambda signature: b"sha256=" + signature,
    "the other case": lambda signature: signature.swapcase(),
    "a megabyte": lambda signature: signature * 20_000,
}


@pytest.mark.parametrize("disguise", WRONG_SIGNATURES.values(), ids=WRONG_SIGNATURES)
@pytest.mark.parametrize("name", FOUR)
def test_signature_written_otherwise(name: str, disguise: Disguise) -> None:
    """The signature is compared as text, byte for byte: no other writing of the same digest is accepted."""
    given = values(name)
    given["signature"] = disguise(given["signature"])
    refuse(name, request_of(name, *given.items()), SignatureMismatchError)


BASE64_VARIANTS: dict[str, Disguise] = {
    "without padding": lambda signature: signature.rstrip(b"="),
    "with more padding": lambda signature: signature + b"=",
    "URL-safe": lambda signature: signature.replace(b"=", b"%3D"),
    "in lines": lambda signature: signature[:20] + b"\r\n" + signature[20:],
    "another last digit": lambda signature: signature.replace(b"w==", b"x=="),
    "of the raw digest": lambda signature: base64.b64encode(bytes.fromhex(base64.b64decode(signature).decode())),
    "only the hex": base64.b64decode,
}


@pytest.mark.parametrize("disguise", BASE64_VARIANTS.values(), ids=BASE64_VARIANTS)
def test_base64_written_otherwise(disguise: Disguise) -> None:
    """Base64 that a lenient decoder takes for the same is not the same, so a signature has one spelling."""
    given = values("bbx", signature=b"M2Y0ODNlYTUwNDFiMTg5MjRmMGQxNmY1YTMyMzc1NTc5NTUzNDAzYw==", nonce=b"2")
    verify("bbx", request_of("bbx", *given.items()))
    given["signature"] = disguise(given["signature"])
    refuse("bbx", request_of("bbx", *given.items()), SignatureMismatchError)


@pytest.mark.parametrize("name", NAMING_A_KEY)
def test_signature_of_another_id(name: str) -> None:
    """A signature of one key is none of another key with another secret."""
    verifier = Verifier(scheme(name))
    other = verifier.bind(Credential.of("other", "other"), consumer="acme")
    request = request_of(name, *values(name, access_key_id=b"other").items())
    with pytest.raises(SignatureMismatchError):
        verifier.verify(request, NOW_MS, lambda _: other)


# nonce

NO_NONCES = [b"", b"\0", b"a\nb", b"\xff", "é".encode(), b"n" * 129, b"\x7f", b"n" * 1_000_000]


@pytest.mark.parametrize("nonce", NO_NONCES, ids=[f"{nonce[:6]!r}" for nonce in NO_NONCES])
def test_nonce_that_is_none(nonce: bytes) -> None:
    """A nonce is 1 to 128 visible ASCII characters, or it is refused before anything is looked up."""
    verifier, _ = bound("bbx")
    request = request_of("bbx", *values("bbx", nonce=nonce).items())
    with pytest.raises(MalformedCredentialsError):
        verifier.verify(request, NOW_MS, lambda _: pytest.fail("looked up"))


def test_longest_nonce() -> None:
    """128 characters are accepted."""
    made = Signer(scheme("bbx"), credential("bbx")).sign(bare("bbx"), time_ms=NOW_MS, nonce="n" * 128)
    verify("bbx", made.apply(bare("bbx")))


def test_claim_of_a_nonce() -> None:
    """What is claimed is the nonce, by API and key, until the request would be too old anyway."""
    verifier = Verifier(scheme("bbx"), scope="shop")
    key = verifier.bind(credential("bbx"), consumer="acme")
    claims: list[Claim] = []
    verifier.verify(signed("bbx"), NOW_MS, lambda _: key, lambda claim, _: claims.append(claim) or ClaimResult.MADE)  # type: ignore[func-returns-value]
    assert claims == [Claim(b"shop\0" + ID.encode() + b"\x005f1c", NOW_MS, NOW_MS + 30_000)]


@pytest.mark.parametrize("name", FOUR)
def test_claim_of_a_signature(name: str) -> None:
    """Where an API guards by signature, it is the signature that is claimed."""
    verifier = Verifier(scheme(name), replay_by=ReplayBy.SIGNATURE)
    request = signed(name)
    key = verifier.bind(credential(name), consumer="acme")
    claim = verifier.check(request, verifier.present(request, NOW_MS), key, NOW_MS)
    assert claim is not None
    assert claim.token.endswith(b"\0" + values(name)["signature"])


@pytest.mark.parametrize(
    ("result", "error"),
    [(ClaimResult.SEEN, NonceReplayedError), (ClaimResult.BEFORE_BIRTH, OutsideTimeWindowError)],
)
def test_claim_that_is_not_made(result: ClaimResult, error: type[VerificationError]) -> None:
    """A request seen before, or older than the guard's memory, is refused."""
    verifier, key = bound("bbx")
    with pytest.raises(error):
        verifier.verify(signed("bbx"), NOW_MS, lambda _: key, lambda *_: result)


@pytest.mark.parametrize("secret", ["another", SECRET])
def test_claim_only_after_everything_else(secret: str) -> None:
    """Nobody without a right signature and a usable key can fill the replay store."""
    verifier = Verifier(scheme("bbx"))
    key = verifier.bind(credential("bbx", secret), consumer="acme", usable_until_ms=0)
    with pytest.raises((SignatureMismatchError, InactiveAccessKeyError)):
        verifier.verify(signed("bbx"), NOW_MS, lambda _: key, lambda *_: pytest.fail("claimed"))


@pytest.mark.parametrize("name", IN_HEADERS)
def test_guard_by_a_nonce_that_does_not_travel(name: str) -> None:
    """A guard by what no request carries would refuse every second request; it is refused when it is set up."""
    with pytest.raises(ConfigurationError, match="no nonce"):
        Verifier(scheme(name), replay_by=ReplayBy.NONCE)


def test_guard_without_a_time() -> None:
    """A guard could never forget what carries no time."""
    timeless = f"""{HEAD}
[fields]
signature = "header X-S"
[sign]
string_to_sign = "{{path}}"
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
    assert Verifier(load(timeless)).replay_by is ReplayBy.OFF
    with pytest.raises(ConfigurationError, match="no time"):
        Verifier(load(timeless), replay_by=ReplayBy.SIGNATURE)


def test_nonce_is_guarded_without_asking() -> None:
    """A scheme with a nonce is guarded by it unless the API says otherwise."""
    assert Verifier(scheme("bbx")).replay_by is ReplayBy.NONCE


# size and noise


@pytest.mark.parametrize(("name", "field"), [(name, field) for name, field in EACH_FIELD if field != "signature"])
def test_a_megabyte_in_a_field(name: str, field: str) -> None:
    """A field of a megabyte is refused, whichever it is."""
    request = request_of(name, *values(name, **{field: b"a" * 1_000_000}).items())
    refuse(name, request, MalformedCredentialsError)


@pytest.mark.parametrize("name", FOUR)
def test_a_megabyte_in_another_header(name: str) -> None:
    """What is not ours is not our business, whatever its size."""
    request = signed(name)
    verify(name, remade(request, headers=[*request.headers, (b"cookie", b"a" * 1_000_000)]))


def test_too_many_query_parameters() -> None:
    """More parameters than anybody needs are refused where the query is read."""
    request = signed("bbx")
    target = request.target + b"&a=1" * 10_000
    refuse("bbx", remade(request, target=target), MalformedCredentialsError)


def test_as_many_query_parameters_as_are_read() -> None:
    """Up to the limit parameters are read, the scheme's own among them."""
    request = signed("bbx")
    missing = MAX_PARAMETERS - request.target.count(b"&") - 1
    verify("bbx", remade(request, target=request.target + b"&a=1" * missing))


@pytest.mark.parametrize("name", IN_HEADERS)
def test_many_query_parameters_where_none_are_read(name: str) -> None:
    """A scheme whose fields are headers does not read the query, and does not judge it."""
    verify(name, remade(signed(name), target=b"/?" + b"a=1&" * 10_000))


@pytest.mark.parametrize("name", FOUR)
def test_too_many_headers(name: str) -> None:
    """More header lines than servers let through are refused."""
    request = signed(name)
    with pytest.raises(MalformedCredentialsError, match="header fields"):
        verify(name, remade(request, headers=[*request.headers, *[(b"x-%d" % n, b"") for n in range(2_000)]]))


def test_as_many_headers_as_are_read() -> None:
    """Up to the limit header lines are read."""
    request = signed("stardust")
    more = [(b"x-%d" % number, b"") for number in range(MAX_HEADERS - len(request.headers))]
    verify("stardust", remade(request, headers=[*request.headers, *more]))


@pytest.mark.parametrize("name", FOUR)
def test_doubles_of_other_headers_and_parameters(name: str) -> None:
    """Doubles of what is the application's are the application's."""
    request = signed(name)
    headers = [*request.headers, (b"cookie", b"a"), (b"cookie", b"b")]
    verify(name, remade(request, target=request.target + b"&q=1&q=2", headers=headers))


# accepted, because none of the four signs it


@pytest.mark.parametrize("name", FOUR)
def test_other_method_path_and_body(name: str) -> None:
    """None of the four systems signs the request itself; they are run as they are."""
    request = signed(name)
    query = request.target.partition(b"?")[2]
    verify(name, remade(request, method=b"DELETE", target=b"/other?" + query, body=b"changed"))


def test_query_in_another_order() -> None:
    """BBX signs its own text of the parameters, whatever order they come in."""
    request = signed("bbx")
    path, _, query = request.target.partition(b"?")
    verify("bbx", remade(request, target=path + b"?" + b"&".join(reversed(query.split(b"&")))))


@pytest.mark.parametrize("field", FIELDS["bbx"])
def test_parameter_spelled_in_percent_encoding(field: str) -> None:
    """Every way to encode a parameter's name or value is the same parameter, as for any server behind."""
    given = values("bbx")
    encoded = b"".join(b"%%%02x" % byte for byte in places("bbx")[field].key)
    value = b"".join(b"%%%02X" % byte for byte in given.pop(field))
    request = request_of("bbx", *given.items())
    verify("bbx", remade(request, target=request.target + b"&" + encoded + b"=" + value))


def test_base64_with_its_signs_as_they_are() -> None:
    """A client that does not encode ``=`` in the signature is understood."""
    request = signed("bbx")
    verify("bbx", remade(request, target=request.target.replace(b"%3D", b"=")))
