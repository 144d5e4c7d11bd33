"""RFC 9421 as a scheme: its policy, its components, hostile bytes, and another implementation on either side."""

from __future__ import annotations

import datetime as dt
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import http_message_signatures as peer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.cli import main
from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.lint import lint
from sealstamp.core.material import MisfitError
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import ReplayBy, Verifier
from sealstamp.errors import (
    BodyUnavailableError,
    ComponentNotCoveredError,
    ConfigurationError,
    DigestMismatchError,
    MalformedCredentialsError,
    MissingCredentialsError,
    OutsideTimeWindowError,
    SignatureMismatchError,
    SigningError,
    UnknownAccessKeyError,
    VerificationError,
)
from sealstamp.schemes import get_scheme
from tests.core.key_pairs import pem_of, private_key, public_pem_of

NOW_MS = 1_767_225_600_000
SECRET = "a secret nobody else has"
BODY = b'{"amount": 1}'
HEADERS = [
    *[(b"host", b"api.example.com"), (b"content-type", b"application/json"), (b"x-dict", b"a=1,  b=(x  y);z, a=?0")],
    *[(b"x-line", b" one "), (b"x-line", b"two, three"), (b"x-empty", b"")],
]
REQUEST = Request(b"POST", b"/v1/orders?to=alice%20b&n=1&n=2&plus=a+b%7E*", HEADERS, body=BODY)


def pair(kind: str) -> tuple[str, str]:
    key = private_key(kind)
    return pem_of(key).decode(), public_pem_of(key).decode()


def sign(request: Request = REQUEST, *, secret: str = SECRET, time_ms: int = NOW_MS, **parameters: str) -> Request:
    signer = Signer(get_scheme("rfc9421", parameters), Credential.of("key-1", secret))
    return signer.sign(request, time_ms=time_ms, nonce="5f1c").apply(request)


def verify(request: Request, *, secret: str = SECRET, now_ms: int = NOW_MS, **parameters: str) -> str:
    verifier = Verifier(get_scheme("rfc9421", parameters))
    keys = {b"key-1": verifier.bind(Credential.of("key-1", secret), consumer="acme")}
    return verifier.verify(request, now_ms, keys.get).consumer


def changed(request: Request, name: bytes, value: bytes | None) -> Request:
    headers = [line for line in request.headers if line[0] != name] + ([(name, value)] if value is not None else [])
    return Request(request.method, request.target, headers, authority=request.authority, body=request.body)


def with_input(request: Request, old: bytes, new: bytes) -> Request:
    text = request.header(b"signature-input")
    assert old in text
    return changed(request, b"signature-input", text.replace(old, new))


def lines(components: str, request: Request = REQUEST, **parameters: str) -> dict[str, str]:
    """Sign these components, and return the lines of the signature base."""
    scheme = get_scheme("rfc9421", {"components": components, **parameters})
    signer = Signer(scheme, Credential.of("key-1", SECRET))
    stages = signer.stages(request, signer.sign(request, time_ms=NOW_MS, nonce="5f1c"))
    base = next(stage.text for stage in stages if stage.name == "string_to_sign")
    return dict(line.split(": ", 1) if ": " in line else (line.rstrip(": "), "") for line in base.split("\n"))


# components


@pytest.mark.parametrize(
    ("component", "identifier", "value"),
    [
        ("@method", '"@method"', "POST"),
        ("@target-uri", '"@target-uri"', "https://api.example.com/v1/orders?to=alice%20b&n=1&n=2&plus=a+b%7E*"),
        ("@authority", '"@authority"', "api.example.com"),
        ("@scheme", '"@scheme"', "https"),
        ("@request-target", '"@request-target"', "/v1/orders?to=alice%20b&n=1&n=2&plus=a+b%7E*"),
        ("@path", '"@path"', "/v1/orders"),
        ("@query", '"@query"', "?to=alice%20b&n=1&n=2&plus=a+b%7E*"),
        ('@query-param;name="to"', '"@query-param";name="to"', "alice%20b"),
        ('"@query-param";name="plus"', '"@query-param";name="plus"', "a%20b%7E*"),
        ("x-line", '"x-line"', "one, two, three"),
        ("x-line;bs", '"x-line";bs', ":b25l:, :dHdvLCB0aHJlZQ==:"),
        ("x-empty", '"x-empty"', ""),
        ("x-dict", '"x-dict"', "a=1,  b=(x  y);z, a=?0"),
        ("x-dict;sf", '"x-dict";sf', "a=?0, b=(x y);z"),
        ('x-dict;key="b"', '"x-dict";key="b"', "(x y);z"),
        ('x-dict;key="a";sf', '"x-dict";key="a";sf', "?0"),
    ],
)
def test_components(component: str, identifier: str, value: str) -> None:
    """Each component is the line that section 2 says."""
    assert lines(component, structured="x-dict=dictionary")[identifier] == value


def test_folded_line_becomes_one() -> None:
    """Section 2.1: what was folded the old way is signed with a space."""
    request = Request(b"GET", b"/", [(b"host", b"a"), (b"x-old", b"one,\r\n   two")])
    assert lines("x-old", request)['"x-old"'] == "one, two"


@pytest.mark.parametrize(
    ("component", "problem"),
    [
        ("@status", "for responses"),
        ("@method;req", "for responses"),
        ("date;req", "a response or a trailer"),
        ("date;tr", "a response or a trailer"),
        ("date;sf;bs", "both as bytes"),
        ("date;sf", "which structured field date is"),
        ("date;x", "parameters that there are not"),
        ("@method;x", "no component @method"),
        ("@signature-params", "no component @signature-params"),
        ("@query-param", "no component @query-param"),
        ('"Date"', "not one in lower case"),
        ("date date", "twice"),
        ("(", "not one in lower case"),
    ],
)
def test_components_that_are_none(component: str, problem: str) -> None:
    """A parameter that names such a one is refused when it is set, a request that does when it comes."""
    with pytest.raises(ConfigurationError, match=problem):
        get_scheme("rfc9421", {"components": component})
    if component != "(":
        written = component if component.startswith('"') else f'"{component}"'.replace(";", '";', 1)
        written = written.removesuffix('"') if ";" in component else written.replace(" ", '" "')
        with pytest.raises(MalformedCredentialsError, match=problem):
            verify(with_input(sign(), b'"@method"', written.encode()))


@pytest.mark.parametrize("component", ["date", '@query-param;name="n"', '@query-param;name="x"', 'x-line;key="a"'])
def test_components_that_are_not_there(component: str) -> None:
    """What is not in the request, or in it twice, cannot be signed; a signature over it is refused."""
    with pytest.raises(SigningError):
        sign(components=component)


def test_line_end_in_a_value_makes_no_line() -> None:
    """A value cannot pretend to be another component."""
    request = changed(REQUEST, b"x-empty", b'a\n"@method": DELETE')
    with pytest.raises(SigningError, match="not a line"):
        sign(request, components="x-empty")
    assert lines("x-empty;bs", request)['"x-empty";bs'].startswith(":")


# policy


def test_defaults_cover_the_request() -> None:
    """Whoever signs and verifies by the defaults has everything covered but that a nonce came, for it need not."""
    scheme = get_scheme("rfc9421")
    assert coverage_of(scheme) == set(Covered) - {Covered.NONCE}
    assert lint(scheme).grade == "A"
    assert coverage_of(get_scheme("rfc9421", {"must_have": "created nonce"})) == set(Covered)
    weak = get_scheme("rfc9421", {"must_cover": "@method", "must_have": ""})
    assert coverage_of(weak) == {Covered.METHOD, Covered.ACCESS_KEY_ID}
    assert lint(weak).grade == "F"


def test_lint_tells_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The command shows the findings of a scheme in code, without a demonstration."""
    assert main(["schemes", "lint", "rfc9421"]) == 0
    assert "rfc9421: grade A" in capsys.readouterr().out


@pytest.mark.parametrize("left_out", ["@method", "@authority", "@path", "@query", "content-digest"])
def test_what_must_be_covered(left_out: str) -> None:
    """A signature that covers less is refused, and told what it lacks."""
    components = "@method @authority @path @query content-digest".replace(left_out, "")
    with pytest.raises(ComponentNotCoveredError, match=left_out):
        verify(sign(components=components))
    assert verify(sign(components=components), must_cover=components) == "acme"


@pytest.mark.parametrize("components", ["@method @target-uri", "@authority @request-target @method"])
def test_what_covers_more(components: str) -> None:
    """The target URI covers what it is made of, and so does the request target."""
    assert verify(sign(components=f"{components} content-digest")) == "acme"


def test_digest_is_demanded_of_a_body_alone() -> None:
    """A request without a body has none, and is signed and accepted without."""
    bare = Request(b"GET", b"/v1/orders", HEADERS, body=b"")
    assert b"digest" not in sign(bare).header(b"signature-input")
    assert verify(sign(bare)) == "acme"
    with pytest.raises(ComponentNotCoveredError):
        verify(Request(b"GET", b"/v1/orders", sign(bare).headers, body=b"x"))


@pytest.mark.parametrize("digest", ["sha-256", "sha-512"])
def test_body_is_the_signed_one(digest: str) -> None:
    """Another body is told after the signature, and so is one that comes later."""
    request = sign(digest=digest)
    other = Request(request.method, request.target, request.headers, body=BODY + b" ")
    with pytest.raises(DigestMismatchError):
        verify(other)
    with pytest.raises(SignatureMismatchError):
        verify(other, secret="another secret")
    later = Request(request.method, request.target, request.headers, body=None)
    with pytest.raises(BodyUnavailableError):
        verify(later)
    verifier = Verifier(get_scheme("rfc9421"), body_later=True)
    key = verifier.bind(Credential.of("key-1", SECRET), consumer="acme")
    presented = verifier.present(later, NOW_MS)
    assert verifier.check(later, presented, key, NOW_MS) is not None
    check = verifier.body_check(presented, key)
    assert check is not None
    assert check.update(BODY) + check.finish() == BODY


def test_body_that_came_unannounced_is_refused() -> None:
    """Where the body is a stream and nothing says that there is one, its first byte is refused."""
    request = sign(Request(b"POST", b"/v1/orders", HEADERS, body=b""))
    later = Request(request.method, request.target, request.headers, body=None)
    verifier = Verifier(get_scheme("rfc9421"), body_later=True)
    key = verifier.bind(Credential.of("key-1", SECRET), consumer="acme")
    check = verifier.body_check(verifier.present(later, NOW_MS), key)
    assert check is not None
    assert check.update(b"") + check.finish() == b""
    with pytest.raises(DigestMismatchError):
        check.update(b"x")


@pytest.mark.parametrize(
    "text", [b"", b"md5=:aGVsbG8=:", b"sha-256", b"sha-256=1", b"sha-256=:aGVsbG8=:", b"=", b"\xff"]
)
def test_digests_that_are_none(text: bytes) -> None:
    """A covered digest that cannot be checked is no digest."""
    with pytest.raises(VerificationError):
        verify(changed(sign(), b"content-digest", text))


def test_signature_parameters() -> None:
    """All six are written, in one order, and those that are demanded must be there."""
    request = sign(expires_after="1 min", write_alg="yes", tag="shop", label="mine")
    assert request.header(b"signature-input").decode().partition(")")[2] == (
        ';created=1767225600;expires=1767225660;keyid="key-1";nonce="5f1c";alg="hmac-sha256";tag="shop"'
    )
    every = "created expires nonce alg tag"
    assert verify(request, must_have=every) == "acme"
    for name, text in (("nonce", b';nonce="5f1c"'), ("tag", b';tag="shop"'), ("expires", b";expires=1767225660")):
        with pytest.raises(MissingCredentialsError, match=name):
            verify(with_input(request, text, b""), must_have=every)
    with pytest.raises(MissingCredentialsError, match="keyid"):
        verify(with_input(request, b';keyid="key-1"', b""))


def test_times() -> None:
    """The window is about created, and what has expired is over whatever the window says."""
    with pytest.raises(OutsideTimeWindowError):
        verify(sign(), now_ms=NOW_MS + 300_001)
    with pytest.raises(OutsideTimeWindowError):
        verify(sign(), now_ms=NOW_MS - 60_001)
    with pytest.raises(OutsideTimeWindowError, match="expired 1 ms ago"):
        verify(sign(expires_after="1 min"), now_ms=NOW_MS + 60_001)
    timeless = with_input(sign(), b";created=1767225600", b";expires=1767235600")
    with pytest.raises(OutsideTimeWindowError, match="expires too late"):
        verify(timeless, must_have="")


def test_labels_and_tags() -> None:
    """Signatures stand side by side; an API takes its own by label and tag, else the first that keeps to its policy."""
    both = sign(sign(label="proxy", tag="hop", components="@method"), secret="other", label="mine", tag="shop")
    assert both.header(b"signature").startswith(b"proxy=:")
    assert verify(both, secret="other") == "acme"  # the proxy's covers too little
    assert verify(both, label="proxy", must_cover="@method") == "acme"
    assert verify(both, tag="shop", secret="other") == "acme"
    with pytest.raises(MissingCredentialsError, match="label and the tag"):
        verify(both, label="theirs")
    again = sign(both, label="mine")
    assert again.header(b"signature-input").count(b"mine=") == 1
    assert verify(again, label="mine") == "acme"
    split = Request(
        both.method,
        both.target,
        [line for line in both.headers if not line[0].startswith(b"signature")]
        + [
            (name, piece)
            for name in (b"signature-input", b"signature")
            for piece in both.header(name).replace(b", mine", b"\0mine").split(b"\0")
        ],
        body=BODY,
    )
    assert verify(split, tag="shop", secret="other") == "acme"


def test_replay() -> None:
    """What has no nonce is claimed by all that it signs; of ECDSA's two signatures one is claimed."""
    verifier = Verifier(get_scheme("rfc9421"))
    key = verifier.bind(Credential.of("key-1", SECRET), consumer="acme")
    scheme = get_scheme("rfc9421")
    signer = Signer(scheme, Credential.of("key-1", SECRET))

    def token(target: bytes) -> bytes:
        request = Request(b"GET", target, HEADERS, body=b"")
        request = signer.sign(request, time_ms=NOW_MS).apply(request)
        claim = verifier.check(request, verifier.present(request, NOW_MS), key, NOW_MS)
        assert claim is not None
        return claim.token

    assert token(b"/a") == token(b"/a") != token(b"/b")
    private, public = pair("P-256")
    signed = sign(secret=private)
    by_signature = Verifier(get_scheme("rfc9421"), replay_by=ReplayBy.SIGNATURE)
    bound = by_signature.bind(Credential.of("key-1", public), consumer="acme")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    raw = by_signature.present(signed, NOW_MS)[8]
    mirrored = raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    twin = changed(signed, b"signature", b"sig1=:" + b64encode(mirrored) + b":")
    claims = {by_signature.check(one, by_signature.present(one, NOW_MS), bound, NOW_MS) for one in (signed, twin)}
    assert len(claims) == 1


# keys

FAMILIES = {
    "Ed25519": "ed25519",
    "P-256": "ecdsa-p256-sha256",
    "P-384": "ecdsa-p384-sha384",
    "RSA": "rsa-pss-sha512",
}


@pytest.mark.parametrize(("family", "algorithm"), FAMILIES.items())
def test_key_pairs(family: str, algorithm: str) -> None:
    """The key decides the algorithm; the request may say it, and nothing else."""
    private, public = pair(family)
    request = sign(secret=private, write_alg="yes")
    assert f'alg="{algorithm}"'.encode() in request.header(b"signature-input")
    assert verify(request, secret=public) == "acme"
    assert verify(sign(secret=private), secret=public) == "acme"
    with pytest.raises(SignatureMismatchError, match="its key is for"):
        verify(with_input(request, algorithm.encode(), b"hmac-sha256"), secret=public)
    with pytest.raises(MisfitError):
        verify(request, secret=public, algorithms="hmac-sha256")
    with pytest.raises(SigningError):
        sign(secret=public)
    other = pair("Ed25519")[1] if family != "Ed25519" else pair("P-256")[1]
    with pytest.raises(SignatureMismatchError):
        verify(sign(secret=private), secret=other)


def test_public_key_is_no_shared_secret() -> None:
    """The oldest confusion: a MAC made with the public key's text."""
    _, public = pair("RSA")
    text = sign(secret="x").header(b"signature-input")
    assert text
    with pytest.raises(SignatureMismatchError):
        verify(sign(secret="x" + public), secret=public)


def test_rsa_by_policy() -> None:
    """A key of RSA signs as the first algorithm that is allowed says, and as no other."""
    private, public = pair("RSA")
    old = sign(secret=private, algorithms="rsa-v1_5-sha256")
    assert verify(old, secret=public, algorithms="rsa-v1_5-sha256") == "acme"
    with pytest.raises(SignatureMismatchError):
        verify(old, secret=public)
    with pytest.raises(SignatureMismatchError):
        verify(old, secret=public, algorithms="rsa-pss-sha512 rsa-v1_5-sha256")


@pytest.mark.parametrize("algorithm", ["hmac-sha256", *FAMILIES.values()])
def test_unknown_key_is_refused_as_such(algorithm: str) -> None:
    """Whatever algorithms an API allows."""
    verifier = Verifier(get_scheme("rfc9421", {"algorithms": algorithm}))
    with pytest.raises(UnknownAccessKeyError):
        verifier.verify(sign(), NOW_MS, {}.get)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("algorithms", ""), ("algorithms", "rot13"), ("must_have", "keyid2"), ("label", "Sig"), ("tag", "\n")],
        *[
            ("expires_after", "5"),
            ("structured", "x-a"),
            ("structured", "x-a=tree"),
            ("must_cover", '"'),
            ("digest", "md5"),
        ],
    ],
)
def test_parameters_that_do_not_fit(name: str, value: str) -> None:
    """They are refused when they are set."""
    with pytest.raises(ConfigurationError, match=name):
        get_scheme("rfc9421", {name: value})


def test_secret_in_base64() -> None:
    """Shared secrets may be written as base64."""
    assert verify(sign(secret="c2VjcmV0", secret_form="base64"), secret="secret") == "acme"
    with pytest.raises(MisfitError):
        sign(secret="no base64", secret_form="base64")


# hostile bytes

PIECES = st.sampled_from(
    [
        *[
            b"sig1",
            b"=",
            b"(",
            b")",
            b'"@method"',
            b'"x";sf',
            b";",
            b"created",
            b"=1767225600",
            b';keyid="key-1"',
            b", ",
        ],
        *[
            b'"',
            b"\\",
            b":",
            b"AA==",
            b"?1",
            b"@1",
            b"1.5",
            b"\x00",
            b"\xff",
            b"\n",
            b" ",
            b"\t",
            b"a",
            b';nonce="',
            b"%",
        ],
    ]
)


@given(
    st.lists(PIECES, max_size=20).map(b"".join), st.sampled_from([b"signature-input", b"signature", b"content-digest"])
)
def test_hostile_fields_are_refused(text: bytes, name: bytes) -> None:
    """Whatever stands in the three fields, the answer is a refusal."""
    with pytest.raises(VerificationError):
        verify(changed(SIGNED, name, text))


SIGNED = sign()


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_one_changed_byte_is_refused_or_means_the_same(at: int, byte: int) -> None:
    """A changed Signature-Input is refused, unless it reads as it did before."""
    text = bytearray(SIGNED.header(b"signature-input"))
    text[at % len(text)] = byte
    spoilt = changed(SIGNED, b"signature-input", bytes(text))
    if bytes(text) == SIGNED.header(b"signature-input"):
        assert verify(spoilt) == "acme"
    else:
        with pytest.raises(VerificationError):
            verify(spoilt)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'("@method" "@auth', b'(  "@method"   "@auth'),
        (b";created", b"; created"),
        (b';keyid="key-1"', b';keyid="key\\-1"'),
        (b"=1767225600", b"=01767225600"),
    ],
)
def test_other_spellings_of_one_input(old: bytes, new: bytes) -> None:
    """The base has the parameters as they are written canonically, however they came."""
    request = with_input(sign(), old, new)
    if b"\\" in new:
        with pytest.raises(MalformedCredentialsError):
            verify(request)
    else:
        assert verify(request) == "acme"


@pytest.mark.parametrize("value", [b"?1", b"1.0", b'"1767225600"', b"@1767225600", b"tok", b"-1", b"9999999999999999"])
def test_created_of_another_type(value: bytes) -> None:
    """A time is an integer of at most 15 digits, and in the window."""
    with pytest.raises(VerificationError):
        verify(with_input(sign(), b"=1767225600", b"=" + value))


def test_sizes_are_bounded() -> None:
    """Neither many labels nor many components nor a long nonce cost more than reading them."""
    many = b", ".join(b'l%d=("@method");created=1767225600;keyid="k"' % number for number in range(17))
    with pytest.raises(MalformedCredentialsError, match="more than 16 signatures"):
        verify(changed(SIGNED, b"signature-input", many))
    wide = b"sig1=(%b)" % b" ".join(b'"x-%d"' % number for number in range(129))
    with pytest.raises(MalformedCredentialsError, match="more than 128 components"):
        verify(changed(SIGNED, b"signature-input", wide))
    with pytest.raises(MalformedCredentialsError, match="nonce"):
        verify(with_input(SIGNED, b'nonce="5f1c"', b'nonce="%b"' % (b"x" * 129)))


def test_other_spelling_of_a_field_is_refused() -> None:
    """Some servers would take the second for the first."""
    with pytest.raises(MalformedCredentialsError, match="another spelling"):
        verify(Request(b"POST", REQUEST.target, [*SIGNED.headers, (b"content_digest", b"x")], body=BODY))


# another implementation


class Message:
    """A request as the other implementation wants it."""

    def __init__(self, request: Request) -> None:
        self.method = request.method.decode()
        self.url = "https://api.example.com" + request.target.decode()
        self.headers = Fields((name.decode(), value.decode()) for name, value in request.headers)
        self.body = request.body

    def request(self) -> Request:
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        target = self.url.removeprefix("https://api.example.com").encode()
        return Request(self.method.encode(), target, headers, body=self.body)


class Fields(dict[str, str]):
    """Header fields whose names fold case."""

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name.lower(), value)


PLAIN = Request(
    b"POST", b"/v1/orders?to=alice%20b&x=1", [(b"host", b"api.example.com"), (b"x-dict", b"a=1, b=2")], body=BODY
)
COVER: Sequence[str] = ("@method", "@authority", "@path", "@query", '"@query-param";name="to"', '"x-dict";key="b"')
KEYS: dict[str, tuple[Any, str, str]] = {
    "hmac-sha256": (peer.algorithms.HMAC_SHA256, SECRET, SECRET),
    "ed25519": (peer.algorithms.ED25519, *pair("Ed25519")),
    "ecdsa-p256-sha256": (peer.algorithms.ECDSA_P256_SHA256, *pair("P-256")),
    "ecdsa-p384-sha384": (peer.algorithms.ECDSA_P384_SHA384, *pair("P-384")),
    "rsa-pss-sha512": (peer.algorithms.RSA_PSS_SHA512, *pair("RSA")),
    "rsa-v1_5-sha256": (peer.algorithms.RSA_V1_5_SHA256, *pair("RSA")),
}


@pytest.mark.parametrize("name", KEYS)
def test_another_implementation_verifies_what_is_signed_here(name: str) -> None:
    """http-message-signatures accepts it, digest included."""
    algorithm, private, public = KEYS[name]
    now_ms = int(dt.datetime.now(dt.UTC).timestamp()) * 1000  # it has its own clock
    components = " ".join(["content-digest", *COVER])
    request = sign(PLAIN, secret=private, algorithms=name, components=components, time_ms=now_ms)
    keys = peer.MappingKeyResolver(public_keys={"key-1": public.encode()}, private_keys={})
    verifier = peer.HTTPMessageVerifier(signature_algorithm=algorithm, key_resolver=keys)
    assert verifier.verify(Message(request), body=BODY)


@pytest.mark.parametrize("name", KEYS)
def test_what_another_implementation_signs_is_accepted_here(name: str) -> None:
    """And refused with another body."""
    algorithm, private, public = KEYS[name]
    message = Message(PLAIN)
    keys = peer.MappingKeyResolver(public_keys={}, private_keys={"key-1": private.encode()})
    signer = peer.HTTPMessageSigner(signature_algorithm=algorithm, key_resolver=keys)
    created = dt.datetime.fromtimestamp(NOW_MS / 1000, dt.UTC)
    signer.sign(
        message, key_id="key-1", created=created, nonce="n", label="sig", covered_component_ids=COVER, body=BODY
    )
    assert verify(message.request(), secret=public, algorithms=name) == "acme"
    message.body = b"{}"
    with pytest.raises(DigestMismatchError):
        verify(message.request(), secret=public, algorithms=name)
