"""Lists that the signer chooses: taken as they come, if they name enough."""

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import ComponentNotCoveredError, SchemeError, SignatureMismatchError

TEXT = """
title = "T"
vendor = "V"
url = "https://example.com"
[fields]
signed_headers = "header X-Signed"
signature = "header X-Signature"
[sign]
signed_headers = "{headers|sort|names:';'}"
string_to_sign = "{method} {headers|only:signed_headers,';'|join:':','|'}"
signature = "{string_to_sign|hmac:sha256,secret|hex}"
[chosen.signed_headers]
must_name = ["host"]
"""
SCHEME = load_scheme(TEXT, name="t", path="t.toml")
PAIR = Credential.of("", "secret")
KEY = Verifier(SCHEME).bind(PAIR, consumer="acme")


def signed(*headers: tuple[bytes, bytes]) -> Request:
    request = Request(b"GET", b"/", list(headers))
    return Signer(SCHEME, PAIR).sign(request).apply(request)


def check(request: Request) -> None:
    verifier = Verifier(SCHEME)
    verifier.check(request, verifier.present(request, 0), KEY, 0)


def test_a_list_that_names_enough_is_taken_as_it_came() -> None:
    """Headers that a proxy adds afterwards are not in the list, and change nothing."""
    request = signed((b"host", b"h"), (b"x-a", b"1"))
    check(Request(b"GET", b"/", [*request.headers, (b"via", b"proxy")]))


def test_a_listed_header_that_changed_is_refused() -> None:
    """What the list names is signed."""
    request = signed((b"host", b"h"), (b"x-a", b"1"))
    changed = [(name, b"2" if name == b"x-a" else value) for name, value in request.headers]
    with pytest.raises(SignatureMismatchError):
        check(Request(b"GET", b"/", changed))


def test_a_list_that_names_too_little_is_refused() -> None:
    """A signer cannot leave out what the scheme demands, even with a signature that fits."""
    with pytest.raises(ComponentNotCoveredError, match="host"):
        check(signed((b"x-a", b"1")))


def test_what_is_chosen_must_be_defined_and_travel() -> None:
    """The error says where, and what to do."""
    with pytest.raises(SchemeError, match=r"t\.toml:12: 'other' cannot be chosen"):
        load_scheme(TEXT.replace("[chosen.signed_headers]", "[chosen.other]"), name="t", path="t.toml")


def test_a_signer_may_choose() -> None:
    """A list that is given is signed as it is; the definition is what stands in if none is."""
    request = Request(b"GET", b"/", [(b"host", b"h"), (b"x-a", b"1")])
    chosen = Signer(SCHEME, PAIR).sign(request, values={"signed_headers": "host"}).apply(request)
    assert chosen.header(b"x-signed") == b"host"
    check(Request(b"GET", b"/", [line for line in chosen.headers if line[0] != b"x-a"]))


def test_every_header_of_a_kind_must_be_named() -> None:
    """One that came and is not in the list is refused, whoever added it."""
    scheme = load_scheme(TEXT + 'must_name_all = ["x-v-*"]', name="t", path="t.toml")
    verifier, request = Verifier(scheme), signed((b"host", b"h"), (b"x-v-a", b"1"))
    key = verifier.bind(PAIR, consumer="acme")
    verifier.check(request, verifier.present(request, 0), key, 0)
    added = Request(b"GET", b"/", [*request.headers, (b"via", b"proxy")])
    verifier.check(added, verifier.present(added, 0), key, 0)
    with pytest.raises(ComponentNotCoveredError, match="x-v-b"):
        verifier.present(Request(b"GET", b"/", [*request.headers, (b"x-v-b", b"2")]), 0)
