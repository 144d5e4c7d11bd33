"""Flat XML bodies: what is read, what is refused, and what a signer writes."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.core.xmlfields import MAX_XML, read_xml, set_xml_field, write_element
from sealstamp.errors import MalformedCredentialsError, SchemeError, SignatureMismatchError, SigningError
from sealstamp.schemes import get_scheme
from tests.core.schemes import HEAD, load, remade

PAIR = Credential.of("100", "a secret of thirty-two characters")
REQUEST = Request(
    b"POST", b"/pay", [(b"host", b"h")], body=b"<xml><total>1</total>\n <note><![CDATA[a<b&c]]></note></xml>"
)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"<xml></xml>", []),
        (b"\n<xml> <a>1</a>\r\n<b/></xml>\n", [(b"a", b"1"), (b"b", b"")]),
        (b'<?xml version="1.0" encoding="UTF-8" standalone="no"?><xml><a>1</a></xml>', [(b"a", b"1")]),
        (b"<xml><a>&lt;&amp;amp;&gt;&quot;&apos;</a></xml>", [(b"a", b"<&amp;>\"'")]),
        (b"<xml><a>x<![CDATA[]]]]><![CDATA[>&amp;]]>y</a></xml>", [(b"a", b"x]]>&amp;y")]),
        ("<xml><a> \u00e9 </a></xml>".encode(), [(b"a", " \u00e9 ".encode())]),
    ],
)
def test_what_is_read(body: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    """Python's own parser reads the same."""
    assert read_xml(body) == fields
    assert [(e.tag.encode(), (e.text or "").encode()) for e in ET.fromstring(body.strip())] == fields


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml>",
        b"<xml></xml><xml></xml>",
        b"<XML></XML>",
        b"<xml a='1'></xml>",
        b"<!DOCTYPE xml []><xml></xml>",
        b"<xml><a b='1'>1</a></xml>",
        b"<xml><a >1</a></xml>",
        b"<xml><a><b>1</b></a></xml>",
        b"<xml>text</xml>",
        b"<xml><a>1</b></xml>",
        b"<xml><a>1</a><a>1</a></xml>",
        b"<xml><a>1</a><a/></xml>",
        b"<xml><!-- --></xml>",
        b"<xml><?p ?></xml>",
        b"<xml><a>&#65;</a></xml>",
        b"<xml><a>&e;</a></xml>",
        b"<xml><a>&</a></xml>",
        b"<xml><a>1\r\n</a></xml>",
        b"<xml><a>\0</a></xml>",
        b"<xml><a>\xff</a></xml>",
        b"<xml><a>]]></a></xml>",
        b"<xml><a><![CDATA[1]]</a></xml>",
        b"\xef\xbb\xbf<xml></xml>",
        b'<?xml version="1.0" encoding="UTF-16"?><xml></xml>',
        b"<xml><a:b>1</a:b></xml>",
        b"<xml>" + b"".join(b"<a%d/>" % n for n in range(1001)) + b"</xml>",
        b"<xml><a>" + b"1" * MAX_XML + b"</a></xml>",
    ],
)
def test_what_is_refused(body: bytes) -> None:
    """Whatever parsers may read in two ways is nothing that a signature should depend on."""
    with pytest.raises(MalformedCredentialsError):
        read_xml(body)


@given(
    st.binary(max_size=40)
    | st.lists(st.sampled_from([b"<xml>", b"</xml>", b"<a>", b"</a>", b"&lt;", b"<![CDATA[", b"]]>", b"1"])).map(
        b"".join
    )
)
def test_any_bytes(body: bytes) -> None:
    """Any bytes are fields, the same that Python reads, or refused."""
    try:
        fields = read_xml(body)
    except MalformedCredentialsError:
        return
    assert [(e.tag.encode(), (e.text or "").encode()) for e in ET.fromstring(body.strip())] == fields


@pytest.mark.parametrize("part", [b"<a>", b"<![CDATA[", b"]]>", b"&lt;", b"<", b" ", b"<a/>", b"]]", b"<a>1</a>"])
def test_long_hostile_bodies_take_linear_time(part: bytes) -> None:
    """A megabyte of one repeated piece is answered at once; the suite's time limit would tell otherwise."""
    for start in (b"<xml>", b"<xml><a>", b"<xml><a><![CDATA["):
        with pytest.raises(MalformedCredentialsError):
            read_xml(start + part * ((MAX_XML - 20) // len(part)))


@given(st.text(max_size=20))
def test_what_is_written_is_read_back(text: str) -> None:
    """A value stands where it stood; one that XML cannot hold is told."""
    value = text.encode("utf-8", "surrogatepass")
    try:
        body = set_xml_field(b"<xml><a>1</a> <b>2</b></xml>", b"a", value)
    except ValueError:
        assert any(ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) < 0xE000 for letter in text)
    else:
        assert read_xml(body) == [(b"a", value), (b"b", b"2")]
        assert set_xml_field(body, b"a", value) == body
    assert write_element(b"a", b"1") == b"<a>1</a>"


def sign(request: Request = REQUEST, **values: str) -> Request:
    return Signer(get_scheme("wechatpay-v2"), PAIR).sign(request, values=values).apply(request)


def check(request: Request, **parameters: str) -> None:
    verifier = Verifier(get_scheme("wechatpay-v2", parameters))
    verifier.check(request, verifier.present(request, 0), verifier.bind(PAIR, consumer="acme"), 0)


def test_a_body_is_signed() -> None:
    """What is added comes last, all else stays as it is; order and spelling are not signed, values are."""
    request = sign(sign_type="HMAC-SHA256", nonce_str="n<1")
    body = request.body or b""
    assert body.startswith((REQUEST.body or b"")[:-6] + b"<mch_id>100</mch_id><nonce_str>n&lt;1</nonce_str>")
    check(request)
    check(sign(remade(REQUEST, body=b"")))
    check(remade(request, body=body.replace(b"<total>1</total>", b"<total><![CDATA[1]]></total><empty/>")))
    for old, new in ((b"<total>1", b"<total>2"), (b"<total>", b"<more>1</more><total>"), (b"a<b&c", b"a<b&amp;c")):
        with pytest.raises(SignatureMismatchError):
            check(remade(request, body=body.replace(old, new)))
    with pytest.raises(MalformedCredentialsError, match="sign_type is none of those that are accepted"):
        check(request, sign_types="MD5")


@pytest.mark.parametrize(
    ("body", "values", "problem"),
    [
        (b"{}", {}, "the scheme carries fields in an XML body: the body is not the XML"),
        (b"<xml/>", {}, "the body is not the XML"),
        (b"", {"nonce_str": "a\0"}, "the value of xml nonce_str cannot be written in XML"),
    ],
)
def test_what_cannot_be_signed(body: bytes, values: dict[str, str], problem: str) -> None:
    with pytest.raises(SigningError, match=problem):
        sign(remade(REQUEST, body=body), **values)


def test_a_place_that_no_element_can_be() -> None:
    """A name is checked when the scheme is loaded."""
    text = f"""{HEAD}[fields]
signature = "xml a b"
[sign]
string_to_sign = "{{xml_fields|names:','}}"
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
    with pytest.raises(SchemeError, match="'a b' cannot be an element's name"):
        load(text)
