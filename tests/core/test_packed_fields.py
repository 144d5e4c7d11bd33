"""The list of a packed text's pairs, and values that a signer must not put into one."""

from __future__ import annotations

import pytest

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import MalformedCredentialsError, SchemeError, SignatureMismatchError, SigningError
from sealstamp.schemes import get_scheme
from tests.core.schemes import HEAD, load, remade

NOW_MS = 1_767_225_600_000
PAIR = Credential.of("alice", "secret", token_secret="token's secret")
REQUEST = Request(b"POST", b"/a?b=c", [(b"host", b"h")], body=b"body")
LISTED = f"""{HEAD}
[parameters]
note = {{ default = "", about = "a note" }}
[packed."header Authorization"]
prefix = "Seal "
optional = ["note"]
encoded = ["note"]
pairs = {{ v = "{{version}}", id = "{{access_key_id}}", hash = "{{hash}}", note = "{{note}}", mac = "{{signature}}" }}
[sign]
version = "1"
hash = "{{body|sha1|hex}}"
string_to_sign = "{{version}}{{packed_fields|join:'=',';'}}"
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""


def changed(request: Request, old: bytes, new: bytes) -> Request:
    headers = [(name, value.replace(old, new, 1)) for name, value in request.headers]
    assert headers != request.headers
    return remade(request, headers=headers)


def sign(**values: str) -> Request:
    return Signer(load(LISTED), PAIR).sign(REQUEST, values=values).apply(REQUEST)


def check(request: Request) -> None:
    verifier = Verifier(load(LISTED))
    verifier.check(request, verifier.present(request, NOW_MS), verifier.bind(PAIR, consumer="acme"), NOW_MS)


def test_pairs_are_listed_as_they_will_travel() -> None:
    """What is computed is not among them, a digest of the body is; values are as they were before they were encoded."""
    signer = Signer(load(LISTED), PAIR)
    instructions = signer.sign(REQUEST, values={"note": "a, b"})
    text = instructions.headers["Authorization"]
    assert text.startswith("Seal v=1, id=alice, hash=02083f4579e08a612425c0c1a17ee47add783b94, note=a%2C%20b, mac=")
    expected = "1id=alice;hash=02083f4579e08a612425c0c1a17ee47add783b94;note=a, b"
    for request in (REQUEST, instructions.apply(REQUEST)):
        assert {s.name: s.text for s in signer.stages(request, instructions)}["string_to_sign"] == expected
    check(sign(note="a, b"))
    check(sign())


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"note=a", b"note=b"), (b", mac=", b", more=1, mac="), (b"note=a, ", b""), (b"note=a", b"note=%2561")],
)
def test_pairs_that_came_otherwise_are_seen(old: bytes, new: bytes) -> None:
    """A pair that nobody knows is signed as well."""
    with pytest.raises(SignatureMismatchError):
        check(changed(sign(note="a"), old, new))


def test_what_means_the_same_is_the_same() -> None:
    """White space, quotes and needless escapes are not what is signed."""
    check(changed(sign(note="a"), b", note=a", b' ,note="%61" '))


def test_a_doubled_pair_is_refused() -> None:
    """Of two, nobody knows which is meant."""
    with pytest.raises(MalformedCredentialsError):
        check(changed(sign(note="a"), b", mac=", b", note=a, mac="))


@pytest.mark.parametrize("kept", ["packed_fields", "packed_fields|drop:'oauth_nonce'", "packed_fields|match:'realm'"])
def test_coverage_of_listed_pairs(kept: str) -> None:
    """A value is covered if its pair is certainly in the list."""
    source = get_scheme("oauth1").source.replace("packed_fields|drop:'realm'", kept)
    covered = coverage_of(load(source)) & {Covered.TIME, Covered.NONCE, Covered.ACCESS_KEY_ID}
    everything = {Covered.TIME, Covered.NONCE, Covered.ACCESS_KEY_ID}
    expected = {"packed_fields": everything, "packed_fields|match:'realm'": set()}
    assert covered == expected.get(kept, everything - {Covered.NONCE})


OTHER = '[packed."header A"]\npairs = { a = "{note}" }\n[sign]'
NO_PAIRS = f"""{HEAD}
[fields]
signature = "header A"
[sign]
string_to_sign = "{{packed_fields|names:','}}"
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""


@pytest.mark.parametrize(
    ("source", "texts"), [(NO_PAIRS, 0), (LISTED.replace(', note = "{note}"', "").replace("[sign]", OTHER), 2)]
)
def test_there_is_one_text_with_pairs(source: str, texts: int) -> None:
    """Of none, or of two, pairs cannot be listed."""
    source = source.replace('optional = ["note"]\nencoded = ["note"]\n', "")
    with pytest.raises(SchemeError, match=f"lists the pairs of a packed text, and there are {texts} of them"):
        load(source)


@pytest.mark.parametrize(
    ("scheme", "values", "place"),
    [
        ("hawk", {"ext": 'a"b'}, "the value of ext"),
        ("hawk", {"ext": "a\r\nX-Evil: 1"}, "header Authorization: the value contains the end of a line"),
        ("hawk", {"ext": "a\0"}, "the end of a line"),
        ("hawk", {"app": 'a"', "dlg": 'b"'}, "the value of app, dlg"),
        ("hawk", {"ext": "x" * 16_300}, "it is too long"),
    ],
)
def test_a_signer_refuses_what_would_break_out(scheme: str, values: dict[str, str], place: str) -> None:
    """It says which value it is, rather than send what means something else."""
    signer = Signer(get_scheme(scheme), PAIR)
    with pytest.raises(SigningError, match=place):
        signer.sign(REQUEST, time_ms=NOW_MS, nonce="n", values=values)


@pytest.mark.parametrize("access_key_id", ["a:b", "a\nb"])
def test_an_id_that_would_end_early(access_key_id: str) -> None:
    """The same goes for the pair's own id, and for texts that are a template."""
    signer = Signer(get_scheme("qiniu-v2"), Credential.of(access_key_id, "secret"))
    with pytest.raises(SigningError, match=r"access_key_id contains what would end it|end of a line"):
        signer.sign(REQUEST, time_ms=NOW_MS)


@pytest.mark.parametrize("note", ["a, more=1", " a", 'a"', "a,"])
def test_a_value_without_quotes(note: str) -> None:
    """A separator in it, a quote, or white space at its ends would not be read back."""
    signer = Signer(load(LISTED.replace('encoded = ["note"]\n', "")), PAIR)
    with pytest.raises(SigningError, match="header Authorization could not be read back: the value of note contains"):
        signer.sign(REQUEST, values={"note": note})


def test_a_header_of_its_own() -> None:
    """So it does for values that travel alone."""
    with pytest.raises(SigningError, match="header X-STARDUST-KEY: the value contains the end of a line"):
        Signer(get_scheme("stardust"), Credential.of("a\nb: c", "secret")).sign(REQUEST, time_ms=NOW_MS)
