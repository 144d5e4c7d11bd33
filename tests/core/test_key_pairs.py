"""Schemes with key pairs: ``sign`` in the notation, what each side needs, and that no key is taken for another kind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import inspect

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from sealstamp.core.asymmetric import ALGORITHMS, ORDERS, load_key, verifier_of
from sealstamp.core.credential import Credential
from sealstamp.core.lint import lint
from sealstamp.core.loader import load_scheme
from sealstamp.core.material import MisfitError
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Claim, ReplayBy, Verifier
from sealstamp.errors import (
    MalformedCredentialsError,
    SchemeError,
    SignatureMismatchError,
    SigningError,
    UnknownAccessKeyError,
)
from sealstamp.schemes import get_scheme
from tests.core.key_pairs import pair_for, pem_of, private_key, public_pem_of

NOW = 1_767_323_045_000
GET = Request(b"GET", b"/a?b=1", [(b"host", b"x.example")], body=b"")
HEAD = """
title = "T"
vendor = "V"
url = "https://v.example"
[fields]
access_key_id = "header X-Key"
timestamp = "header X-Time"
signature = "header X-Signature"
[time]
format = "unix-ms"
past = "5 min"
future = "5 min"
"""
STRING = '[sign]\nstring_to_sign = ["{method}", "{host}", "{target}", "{body}", "{timestamp}"]\n'
MIXED = HEAD.replace("[fields]", '[parameters]\nalgorithm = { default = "hmac", about = "which" }\n[fields]').replace(
    "[time]", 'algorithm = "header X-Algorithm"\n[time]'
)
CASES = """
{ switch = "{algorithm}", cases = {
  hmac = "{string_to_sign|hmac:sha256,secret|hex}",
  ed25519 = "{string_to_sign|sign:ed25519,secret|hex}",
  rsa = "{string_to_sign|sign:rsa-v1_5-sha256,secret|base64}" } }
"""


def load(signature: str, head: str = HEAD):
    return load_scheme(f"{head}{STRING}signature = {' '.join(signature.split())}\n", name="t", path="t.toml")


def scheme_of(algorithm: str, codec: str = "base64"):
    return load(f'"{{string_to_sign|sign:{algorithm},secret|{codec}}}"')


def credential(secret: bytes | str) -> Credential:
    return Credential.of("id", secret)


def signed_with(scheme, secret: bytes, **values: str) -> Request:
    return Signer(scheme, credential(secret)).sign(GET, time_ms=NOW, values=values).apply(GET)


def check(scheme, secret: bytes | None, request: Request) -> None:
    verifier = Verifier(scheme)
    key = None if secret is None else verifier.bind(credential(secret), consumer="acme")
    verifier.check(request, verifier.present(request, NOW), key, NOW)


def with_header(request: Request, name: bytes, value: bytes) -> Request:
    headers = [(key, value if key == name else old) for key, old in request.headers]
    return Request(request.method, request.target, headers, body=request.body)


# one algorithm


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_private_key_signs_and_the_public_key_verifies(algorithm: str) -> None:
    scheme, (private, public) = scheme_of(algorithm), pair_for(algorithm)
    request = signed_with(scheme, private)
    check(scheme, public, request)
    check(scheme, private, request)
    for wrong in (with_header(request, b"x-time", b"%d" % (NOW + 1)), with_header(request, b"host", b"y.example")):
        with pytest.raises(SignatureMismatchError):
            check(scheme, public, wrong)
    with pytest.raises(UnknownAccessKeyError):
        check(scheme, None, request)


@pytest.mark.parametrize("signature", ["", "x", "=", "é", "A" * 88, "v1=", "00" * 64, "A" * 10_000])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_of_any_text_does_not_match(algorithm: str, signature: str) -> None:
    scheme, (private, public) = scheme_of(algorithm), pair_for(algorithm)
    request = with_header(signed_with(scheme, private), b"x-signature", signature.encode())
    for key in (public, None):
        with pytest.raises((SignatureMismatchError, UnknownAccessKeyError)):
            check(scheme, key, request)


@pytest.mark.parametrize("codec", ["hex", "base64", "base64url", "hex|base64"])
def test_what_wrote_the_signature_is_undone(codec: str) -> None:
    private, public = pair_for("ed25519")
    scheme = load(f'"v1={{string_to_sign|sign:ed25519,secret|{codec}}};"')
    request = signed_with(scheme, private)
    value = request.header(b"x-signature")
    assert value.startswith(b"v1=")
    assert value.endswith(b";")
    check(scheme, public, request)
    for other in (value[3:], value[:-1], b"v1=;", b"v1" + value[3:], value[:3] + b" " + value[3:], b"V" + value[1:]):
        with pytest.raises(SignatureMismatchError):
            check(scheme, public, with_header(request, b"x-signature", other))


def test_one_signature_has_one_text() -> None:
    private, public = pair_for("ed25519")
    scheme = scheme_of("ed25519", "hex")
    request = signed_with(scheme, private)
    with pytest.raises(SignatureMismatchError):
        check(scheme, public, with_header(request, b"x-signature", request.header(b"x-signature").upper()))
    scheme = scheme_of("ed25519", "base64")
    request = signed_with(scheme, private)
    value = request.header(b"x-signature")  # 64 bytes: the last digit before == has four bits that say nothing
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    loose = value[:85] + alphabet[alphabet.index(value[85]) + 1 :][:1] + b"=="
    assert base64.b64decode(loose) == base64.b64decode(value)
    for other in (loose, value.rstrip(b"="), value + b"="):
        with pytest.raises(SignatureMismatchError):
            check(scheme, public, with_header(request, b"x-signature", other))


def test_ed25519_takes_a_raw_public_key() -> None:
    key = private_key("Ed25519")
    raw = key.public_key().public_bytes_raw()
    scheme = scheme_of("ed25519")
    for text in (raw.hex().encode(), base64.b64encode(raw)):
        check(scheme, text, signed_with(scheme, pem_of(key)))


def test_a_public_key_does_not_sign() -> None:
    with pytest.raises(MisfitError, match="access key id, scheme t: a public key cannot sign"):
        Signer(scheme_of("ed25519"), credential(pair_for("ed25519")[1]))


@pytest.mark.parametrize("secret", ["secret", "", "A" * 44 + "!", "-----BEGIN PUBLIC KEY-----\nx"])
def test_a_secret_that_is_no_key_is_refused(secret: str) -> None:
    for use in (Verifier(scheme_of("ed25519")).bind, lambda one, **_: Signer(scheme_of("ed25519"), one)):
        with pytest.raises(MisfitError, match="not a key that can be used") as caught:
            use(credential(secret), consumer="acme")
        assert not secret or secret not in str(caught.value)


def test_a_key_that_does_not_fit_is_refused() -> None:
    for kind in ("RSA", "P-384", "RSA-1024"):
        for secret in (pem_of(private_key(kind)), public_pem_of(private_key(kind))):
            with pytest.raises(MisfitError, match="access key id, scheme t: ecdsa-p256-sha256 needs a key of P-256"):
                Verifier(scheme_of("ecdsa-p256-sha256")).bind(credential(secret), consumer="acme")
    with pytest.raises(MisfitError, match="2048"):
        Verifier(scheme_of("rsa-pss-sha512")).bind(credential(pem_of(private_key("RSA-1024"))), consumer="acme")


def test_stages_show_nothing_of_the_key_and_the_signature_that_was_sent() -> None:
    for algorithm in ("ed25519", "ecdsa-p256-sha256"):
        scheme, (private, public) = scheme_of(algorithm), pair_for(algorithm)
        signer = Signer(scheme, credential(private))
        instructions = signer.sign(GET, time_ms=NOW)
        request = instructions.apply(GET)
        shown = {stage.name: stage.text for stage in signer.stages(request, instructions, reveal=True)}
        assert shown["signature"] == request.header(b"x-signature").decode()
        assert shown["string_to_sign"] == f"GET\nx.example\n/a?b=1\n\n{NOW}"
        verifier = Verifier(scheme)
        stages = verifier.stages(request, verifier.present(request, NOW), credential(public))
        assert {stage.name: stage.text for stage in stages}["signature"] == "***"


# several algorithms: none is taken for another


@pytest.mark.parametrize(
    ("algorithm", "secret", "public"),
    [
        ("hmac", b"shared", b"shared"),
        ("ed25519", *pair_for("ed25519")),
        ("rsa", *pair_for("rsa-v1_5-sha256")),
    ],
)
def test_each_case_takes_its_own_kind_of_key_and_no_other(algorithm: str, secret: bytes, public: bytes) -> None:
    scheme = load(CASES, MIXED)
    request = signed_with(scheme, secret, algorithm=algorithm)
    check(scheme, public, request)
    with pytest.raises(UnknownAccessKeyError):
        check(scheme, None, request)
    others = {b"shared", pair_for("ed25519")[1], pair_for("rsa-v1_5-sha256")[1]} - {public}
    for other in others:
        with pytest.raises(SignatureMismatchError):
            check(scheme, other, request)
    for other in {"hmac", "ed25519", "rsa"} - {algorithm}:
        with pytest.raises(SigningError, match="does not fit the key"):
            signed_with(scheme, secret, algorithm=other)
        with pytest.raises(SignatureMismatchError):
            check(scheme, public, with_header(request, b"x-algorithm", other.encode()))


@pytest.mark.parametrize("kind", ["Ed25519", "RSA", "P-256"])
def test_a_public_key_is_no_secret_of_an_hmac(kind: str) -> None:
    """The attack: whoever knows the public key says hmac, and signs with the text that the server has on file."""
    scheme = load(CASES.replace("rsa-v1_5-sha256", "ecdsa-p256-sha256") if kind == "P-256" else CASES, MIXED)
    pem = public_pem_of(private_key(kind))
    template = signed_with(scheme, b"shared", algorithm="hmac")
    text = f"GET\nx.example\n/a?b=1\n\n{NOW}".encode()
    assert template.header(b"x-signature") == hmac.digest(b"shared", text, "sha256").hex().encode()
    der = base64.b64decode(b"".join(pem.split(b"\n")[1:-2]))
    for secret in (pem, pem.strip(), pem.replace(b"\n", b"\r\n"), der, b"", b"\0" * 32, b"A" * 44):
        forged = with_header(template, b"x-signature", hmac.digest(secret, text, hashlib.sha256).hex().encode())
        for stored in (pem, b"\n " + pem, pem.strip()):
            with pytest.raises(SignatureMismatchError):
                check(scheme, stored, forged)


def test_a_scheme_with_shared_secrets_alone_refuses_keys_of_pairs() -> None:
    scheme = load('"{string_to_sign|hmac:sha256,secret|hex}"')
    for secret in pair_for("ed25519"):
        for use in (Verifier(scheme).bind, lambda one, **_: Signer(scheme, one)):
            with pytest.raises(MisfitError, match="it is a key of a pair") as caught:
                use(credential(secret), consumer="acme")
            assert "BEGIN" not in str(caught.value)


def test_in_a_scheme_with_both_a_raw_key_is_a_shared_secret() -> None:
    scheme = load(CASES, MIXED)
    raw = private_key("Ed25519").public_key().public_bytes_raw().hex().encode()
    check(scheme, raw, signed_with(scheme, raw, algorithm="hmac"))
    with pytest.raises(SignatureMismatchError):
        check(scheme, raw, signed_with(scheme, pem_of(private_key("Ed25519")), algorithm="ed25519"))


def test_an_algorithm_without_a_case_is_refused() -> None:
    scheme = load(CASES, MIXED)
    request = signed_with(scheme, b"shared", algorithm="hmac")
    for other in (b"none", b"", b"HMAC"):
        for secret in (b"shared", pair_for("ed25519")[1], None):
            with pytest.raises(MalformedCredentialsError, match="none of those that the scheme knows"):
                check(scheme, secret, with_header(request, b"x-algorithm", other))
    with pytest.raises(SigningError, match="none of those that the scheme knows"):
        signed_with(scheme, b"shared", algorithm="none")


def test_a_parameter_that_does_not_travel_leaves_one_case() -> None:
    head = MIXED.replace('algorithm = "header X-Algorithm"\n', "")
    source = f"{head}{STRING}signature = {' '.join(CASES.split())}\n"
    scheme = load_scheme(source, name="t", path="t.toml", parameters={"algorithm": "rsa"})
    private, public = pair_for("rsa-v1_5-sha256")
    check(scheme, public, signed_with(scheme, private))
    for secret in (b"shared", pair_for("ed25519")[1]):
        with pytest.raises(MisfitError):
            Verifier(scheme).bind(credential(secret), consumer="acme")


def test_a_key_of_another_kind_is_told_apart_by_nothing() -> None:
    scheme = load('"{string_to_sign|hmac:sha256,secret|hex}"')
    verifier = Verifier(scheme)
    key = verifier.bind_misfit("id", consumer="acme")
    request = signed_with(scheme, b"A" * 44)
    with pytest.raises(SignatureMismatchError):
        verifier.check(request, verifier.present(request, NOW), key, NOW)


# the kind of the key decides


BY_KIND = """
{ switch = "{key_kind}", cases = {
  shared = "{string_to_sign|hmac:sha256,secret|hex}",
  ed25519 = "{string_to_sign|sign:ed25519,secret|hex}",
  rsa = "{string_to_sign|sign:rsa-v1_5-sha256,secret|base64}" } }
"""


@pytest.mark.parametrize("kind", ["shared", "ed25519", "rsa"])
def test_the_kind_of_the_key_decides_how_a_request_is_signed(kind: str) -> None:
    scheme = load(BY_KIND)
    pairs = {
        "shared": (b"shared", b"shared"),
        "ed25519": pair_for("ed25519"),
        "rsa": pair_for("rsa-v1_5-sha256"),
    }
    private, public = pairs.pop(kind)
    request = signed_with(scheme, private)
    check(scheme, public, request)
    with pytest.raises(UnknownAccessKeyError):
        check(scheme, None, request)
    for _, other in pairs.values():
        with pytest.raises(SignatureMismatchError):
            check(scheme, other, request)
    with pytest.raises(MisfitError, match="needs a key of"):
        Signer(scheme, credential(pem_of(private_key("P-256"))))
    forged = hmac.digest(public, f"GET\nx.example\n/a?b=1\n\n{NOW}".encode(), "sha256").hex().encode()
    if kind != "shared":
        with pytest.raises(SignatureMismatchError):
            check(scheme, public, with_header(request, b"x-signature", forged))


def test_a_key_without_a_case_of_its_kind_cannot_sign() -> None:
    """In another case of the scheme it could."""
    cases = '{ switch = "{algorithm}", cases = { rsa = "{string_to_sign|sign:rsa-v1_5-sha256,secret|base64}" }'
    scheme = load(
        f"{cases}, default = {BY_KIND.replace('rsa =', 'p-256 =').replace('rsa-v1_5-', 'ecdsa-p256-')} }}", MIXED
    )
    with pytest.raises(SigningError, match="does not fit the key"):
        signed_with(scheme, pem_of(private_key("RSA")), algorithm="")
    request = signed_with(scheme, b"shared", algorithm="")
    with pytest.raises(SignatureMismatchError):
        check(scheme, public_pem_of(private_key("RSA")), request)


@pytest.mark.parametrize(
    ("signature", "problem"),
    [
        (BY_KIND.replace("rsa =", "p-256 ="), "the case of 'p-256' signs with a key that is 'rsa'"),
        (BY_KIND.replace("shared =", "p-384 ="), "the case of 'p-384' signs with a key that is 'shared'"),
        (BY_KIND.replace("rsa =", "dsa ="), "no kind of key 'dsa'"),
        (BY_KIND.replace("} }", '}, default = "{string_to_sign|hmac:sha256,secret|hex}" }'), "has no default"),
        ('{ switch = "{key_kind}", cases = { shared = "{string_to_sign|hmac:sha256,secret|hex}" } }', "keys of pairs"),
        ('"{string_to_sign|hmac:sha256,secret|hex}{key_kind}"', "what a switch of the signature goes by"),
        (BY_KIND.replace("{string_to_sign|hmac", "{string_to_sign}{key_kind|hmac"), "what a switch of the signature"),
    ],
)
def test_a_switch_by_the_kind_of_the_key_has_a_case_of_its_own_for_each(signature: str, problem: str) -> None:
    with pytest.raises(SchemeError, match=problem):
        load(signature)


def test_the_kind_of_the_key_is_no_other_name() -> None:
    for text in ("[sign]\nkey_kind = 'x'", "[parameters]\nkey_kind = { default = 'x', about = 'y' }"):
        head = HEAD.replace("[fields]", text + "\n[fields]") if "param" in text else HEAD
        sign = STRING.replace("[sign]", text) if "param" not in text else STRING
        with pytest.raises(SchemeError, match="'key_kind'"):
            load_scheme(f"{head}{sign}signature = {' '.join(BY_KIND.split())}", name="t", path="t.toml")


# replay


def claim_of(scheme, secret: bytes, request: Request) -> Claim | None:
    verifier = Verifier(scheme, replay_by=ReplayBy.SIGNATURE)
    key = verifier.bind(credential(secret), consumer="acme")
    return verifier.check(request, verifier.present(request, NOW), key, NOW)


def twin_of(signature: bytes, algorithm: str) -> bytes:
    """Return the other signature that anybody can make of one of ECDSA."""
    size, order = (32, ORDERS["P-256"]) if "p256" in algorithm else (48, ORDERS["P-384"])
    if algorithm.endswith("-der"):
        r, s = decode_dss_signature(signature)
        return encode_dss_signature(r, order - s)
    return signature[:size] + (order - int.from_bytes(signature[size:], "big")).to_bytes(size, "big")


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name.startswith("ecdsa")])
def test_the_second_signature_that_can_be_made_of_one_of_ecdsa_is_the_same_to_a_guard(algorithm: str) -> None:
    """Both are right; who has seen one cannot come back with the other."""
    scheme, (private, public) = scheme_of(algorithm), pair_for(algorithm)
    request, later = signed_with(scheme, private), signed_with(scheme, private)
    twin = base64.b64encode(twin_of(base64.b64decode(request.header(b"x-signature")), algorithm))
    assert twin != request.header(b"x-signature")
    claim = claim_of(scheme, public, request)
    assert claim is not None
    assert claim == claim_of(scheme, public, with_header(request, b"x-signature", twin))
    assert claim != claim_of(scheme, public, later), "ECDSA signs with chance, so this is another signature"


# several signatures of which any one will do


SEVERAL = f"""
title = "T"
vendor = "V"
url = "https://v.example"
[parameters]
algorithm = {{ default = "hmac", about = "which" }}
[fields]
access_key_id = "header X-Key"
timestamp = "header X-Time"
algorithm = "header X-Algorithm"
[packed."header X-Signature"]
text = "v1,{{signature}}"
several = true
[time]
format = "unix-ms"
past = "5 min"
future = "5 min"
{STRING}signature = """


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_any_one_of_several_will_do(algorithm: str) -> None:
    """And a replay guard goes by the right one, for the others are anybody's."""
    case = f'"{{string_to_sign|sign:{algorithm},secret|base64}}"'
    scheme = load_scheme(SEVERAL + case, name="t", path="t.toml")
    private, public = pair_for(algorithm)
    request = signed_with(scheme, private)
    right = request.header(b"x-signature")
    wrong = [b"v1," + base64.b64encode(bytes([number]) * 64) for number in range(17)]
    claim = claim_of(scheme, public, request)
    for texts in ([wrong[0], right], [right, wrong[0]], [b"v2,x", *wrong[:15], right]):
        assert claim_of(scheme, public, with_header(request, b"x-signature", b" ".join(texts))) == claim
    for texts in ([b"v1,"], wrong[:1], wrong[:16], [b"v1,x", b"v1,\xff"], [right.replace(b"v1,", b"v1,A")]):
        with pytest.raises(SignatureMismatchError):
            claim_of(scheme, public, with_header(request, b"x-signature", b" ".join(texts)))
        with pytest.raises(UnknownAccessKeyError):
            check(scheme, None, with_header(request, b"x-signature", b" ".join(texts)))
    with pytest.raises(MalformedCredentialsError):
        check(scheme, public, with_header(request, b"x-signature", b" ".join([*wrong, right])))


def test_several_of_a_scheme_with_both_kinds_of_key_are_for_their_own_kind() -> None:
    """A public key is no secret of an HMAC there either."""
    scheme = load_scheme(SEVERAL + " ".join(CASES.split()), name="t", path="t.toml")
    private, public = pair_for("ed25519")
    for algorithm, secret, stored in (("hmac", b"shared", b"shared"), ("ed25519", private, public)):
        request = signed_with(scheme, secret, algorithm=algorithm)
        check(scheme, stored, with_header(request, b"x-signature", b"v1,00 " + request.header(b"x-signature")))
        for other in {b"shared", public, pair_for("rsa-v1_5-sha256")[1]} - {stored}:
            with pytest.raises(SignatureMismatchError):
                check(scheme, other, request)
    forged = hmac.digest(public, f"GET\nx.example\n/a?b=1\n\n{NOW}".encode(), "sha256").hex().encode()
    request = signed_with(scheme, b"shared", algorithm="hmac")
    with pytest.raises(SignatureMismatchError):
        check(scheme, public, with_header(request, b"x-signature", b"v1,00 v1," + forged))


# what loading refuses


@pytest.mark.parametrize(
    ("signature", "problem"),
    [
        ('"{string_to_sign|sign:ed25519,secret|hex|upper}"', "may stand around 'sign'"),
        ('"{string_to_sign|sign:ed25519,secret|sha256|hex}"', "may stand around 'sign'"),
        ('"{string_to_sign|sign:ed25519,secret|hex}{timestamp}"', "may stand beside 'sign'"),
        ('"{timestamp}{string_to_sign|sign:ed25519,secret|hex}"', "may stand"),
        ('"{string_to_sign|sign:ed25519,secret}"', "raw bytes would travel"),
        ('"{string_to_sign|sign:ed25519,timestamp|hex}"', "takes the key as it is"),
        ('"{string_to_sign|sign:ed25519,secret|hex|sign:ed25519,secret|hex}"', "stands inside itself"),
        ('["{string_to_sign|sign:ed25519,secret|hex}"]', "may stand around 'sign'"),
        ('"{string_to_sign|hmac:sha256,secret|sign:ed25519,secret|hex}"', "depends on the secret"),
        ('"{string_to_sign|sign:ed25591,secret|hex}"', "knows no algorithm 'ed25591'"),
        ('"{string_to_sign|sign:ed25519|hex}"', "takes 2 arguments"),
        (
            '{ switch = "{method}", cases = { GET = "{string_to_sign|sign:ed25519,secret|hex}" }, default = "" }',
            "anyone",
        ),
        (
            '{ switch = "{method}", cases = { GET = "{string_to_sign|hmac:sha256,secret|hex}" }, default = "" }',
            "anyone",
        ),
        ('{ switch = "{method}", cases = {} }', "is no expression"),
    ],
)
def test_a_signature_that_cannot_be_verified_is_refused(signature: str, problem: str) -> None:
    with pytest.raises(SchemeError, match=problem):
        load(signature)


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ('early = "{method|sign:ed25519,secret|hex}"', "'sign' stands in 'early'"),
        ('early = "{secret|sha256|hex}"', "'early' depends on the secret"),
    ],
)
def test_no_other_definition_needs_the_key(definition: str, problem: str) -> None:
    text = f'{HEAD}[sign]\n{definition}\nstring_to_sign = "{{timestamp}}"\n'
    with pytest.raises(SchemeError, match=problem):
        load_scheme(text + 'signature = "{string_to_sign|sign:ed25519,secret|hex}"', name="t", path="t.toml")


def test_what_travels_beside_both_kinds_of_key_holds_nothing_of_them() -> None:
    head = MIXED.replace("[time]", 'digest = "header X-Digest"\n[time]') + '[sign]\ndigest = "{secret|sha256|hex}"\n'
    text = head + STRING.removeprefix("[sign]\n") + f"signature = {' '.join(CASES.split())}"
    with pytest.raises(SchemeError, match="'digest' depends on the secret"):
        load_scheme(text, name="t", path="t.toml")


# forms of new keys


@pytest.mark.parametrize(("algorithm", "pair"), [("ed25519", "Ed25519"), ("ecdsa-p384-sha384", "P-384")])
def test_new_keys_are_of_the_kind_that_the_scheme_signs_with(algorithm: str, pair: str) -> None:
    scheme = scheme_of(algorithm)
    assert scheme.keys.secret.pair == pair
    made = scheme.keys.secret.make(lambda items: items[5])
    check(scheme, made.encode(), signed_with(scheme, made.encode()))


def test_with_both_kinds_new_keys_are_shared_secrets_unless_the_scheme_says_otherwise() -> None:
    assert not load(CASES, MIXED).keys.secret.pair
    text = f"{MIXED}{STRING}signature = {' '.join(CASES.split())}\n[keys]\nsecret = 'ed25519'\n"
    assert load_scheme(text, name="t", path="t.toml").keys.secret.pair == "Ed25519"


@pytest.mark.parametrize(
    ("signature", "form", "problem"),
    [
        ('"{string_to_sign|sign:ed25519,secret|hex}"', 'secret = "hex 32"', "signs with a key of Ed25519"),
        ('"{string_to_sign|sign:ed25519,secret|hex}"', 'secret = "rsa"', "signs with a key of Ed25519"),
        ('"{string_to_sign|hmac:sha256,secret|hex}"', 'secret = "ed25519"', "signs with a secret that both sides know"),
        ('"{string_to_sign|sign:ed25519,secret|hex}"', 'access_key_id = "ed25519"', "is no private key"),
    ],
)
def test_a_form_of_another_kind_is_refused(signature: str, form: str, problem: str) -> None:
    with pytest.raises(SchemeError, match=problem):
        load_scheme(f"{HEAD}{STRING}signature = {signature}\n[keys]\n{form}\n", name="t", path="t.toml")


# a vendor


def test_discord_signs_time_and_body_and_is_verified_by_a_key_in_hexadecimal() -> None:
    scheme = get_scheme("discord")
    key = private_key("Ed25519")
    body = b'{"type":1}'
    headers = [
        (b"host", b"bot.example"),
        (b"x-signature-timestamp", b"%d" % (NOW // 1000)),
        (b"x-signature-ed25519", key.sign(b"%d" % (NOW // 1000) + body).hex().encode()),
    ]
    verifier = Verifier(scheme)
    public = verifier.bind(Credential.of("", key.public_key().public_bytes_raw().hex()), consumer="discord")
    request = Request(b"POST", b"/interactions", headers, body=body)
    found, _ = verifier.check_candidates(request, verifier.present(request, NOW), [public], NOW)
    assert found is public
    changed = Request(b"POST", b"/interactions", headers, body=body + b" ")
    with pytest.raises(SignatureMismatchError):
        verifier.check_candidates(changed, verifier.present(changed, NOW), [public], NOW)


def test_standard_webhooks_takes_keys_as_it_writes_them() -> None:
    """The published vector's private key, and the public one; of one header the version is left alone."""
    seed = base64.b64decode("VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=")
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    keys = [base64.b64encode(text) for text in (seed, seed + raw, raw)]
    scheme, body, now_ms = get_scheme("standard-webhooks-v1a"), b'{"test": 2432232314}', 1_614_265_330_000
    request = Request(b"POST", b"/hook", [(b"host", b"x.example")], body=body)
    for secret in (b"whsk_" + keys[0], b"whsk_" + keys[1]):
        signer = Signer(scheme, Credential.of("", secret))
        signed = signer.sign(request, time_ms=now_ms, nonce="msg_p5jXN8AQM9LWM0D4loKWxJek").apply(request)
        assert signed.header(b"webhook-signature").decode() == (
            "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="
        )
    verifier = Verifier(scheme)
    beside = with_header(
        signed, b"webhook-signature", b"v1,Ceo5qEr07ixe2NLpvHk3 " + signed.header(b"webhook-signature")
    )
    for public in (b"whpk_" + keys[2], keys[2], b"whsk_" + keys[0]):
        key = verifier.bind(Credential.of("", public), consumer="")
        assert verifier.check_candidates(beside, verifier.present(beside, now_ms), [key], now_ms)[0] is key
    for spoilt in (
        b"whpk_" + keys[0] + b"x",
        b"whsk_" + keys[2][:20],
        b"whsk_",
        b"whsk_" + base64.b64encode(seed + seed),
    ):
        with pytest.raises(MisfitError, match="not a key that can be used") as caught:
            verifier.bind(Credential.of("", spoilt), consumer="")
        assert spoilt.decode() not in str(caught.value) or spoilt == b"whsk_"
    with pytest.raises(MisfitError, match="it is a key of a pair"):
        Verifier(get_scheme("github")).bind(Credential.of("", b"whpk_" + keys[2]), consumer="")


def test_wechat_pay_signs_what_its_sdk_prints() -> None:
    """The published vector has a mock for a signature; string to sign and header are the SDK's."""
    private, public = pair_for("rsa-v1_5-sha256")
    serial, nonce = "0123456789ABC", "A1B2C3D4E5F6G7"
    signer = Signer(get_scheme("wechatpay-v3"), Credential.of("1234567890", private, serial_no=serial))
    headers = [(b"host", b"api.mch.weixin.qq.com")]
    request = Request(b"POST", b"/v3/certificates", headers, body=b"Hello World!\n")
    instructions = signer.sign(request, time_ms=1_624_523_846_000, nonce=nonce)
    signed = instructions.apply(request)
    stages = {stage.name: stage.text for stage in signer.stages(signed, instructions, reveal=True)}
    text = "POST\n/v3/certificates\n1624523846\nA1B2C3D4E5F6G7\nHello World!\n\n"
    assert stages["string_to_sign"] == text
    assert verifier_of("rsa-v1_5-sha256", load_key(public))(text.encode(), base64.b64decode(stages["signature"]))
    assert signed.header(b"authorization").decode() == (
        f'WECHATPAY2-SHA256-RSA2048 mchid="1234567890",nonce_str="{nonce}",timestamp="1624523846",'
        f'serial_no="{serial}",signature="{stages["signature"]}"'
    )
    verifier = Verifier(get_scheme("wechatpay-v3"))
    presented = verifier.present(signed, 1_624_523_846_000)
    for known, accepted in ((serial, True), ("0123456789ABD", False)):
        key = verifier.bind(Credential.of("1234567890", public, serial_no=known), consumer="shop")
        assert key.matches(presented, signed) is accepted


# lint


def codes(scheme) -> set[str]:
    return {finding.rule.code for finding in lint(scheme).findings}


def test_lint_takes_a_signature_for_what_it_is() -> None:
    assert codes(scheme_of("ed25519")) == {"no_nonce"}
    assert codes(scheme_of("rsa-v1_5-sha1")) == {"no_nonce", "sha1"}


def test_the_generated_code_reads_no_key() -> None:
    """Keys are read when they are bound, and what is asked per request is made then."""
    matches = Verifier(scheme_of("ed25519")).bind(credential(pair_for("ed25519")[1]), consumer="").matches
    assert inspect.getclosurevars(matches).nonlocals.keys() == {"k0"}
