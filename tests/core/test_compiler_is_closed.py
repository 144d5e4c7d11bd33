"""The compiler's output: nothing from a scheme file becomes code, and what can be done per key is done per key."""

from __future__ import annotations

import ast
import hmac
import re

import pytest

from sealstamp.core.compiler import Compiled, compile_scheme
from sealstamp.core.credential import Credential
from sealstamp.core.filters import FILTERS, RUNTIME
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.runtime import __all__ as runtime_names
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.schemes import get_scheme
from tests.core.schemes import EVERY, NOW_MS, load, scheme

HOSTILE = [
    "__import__('os').system('true')",
    "'\"\"\"\\'''",
    "\n    return True\n",
    "); return (",
    "{source}{state}{mac}",
    "%s %d \\x41 \\N{BULLET}",
    "\u2028\u0000\ud7ff",
    "k0",
    "secret",
    "# type: ignore",
]

MADE = re.compile(r"[chqfjkmrtvx]\d*|d[hqfj]?\d*|r\d+_\d+|_")
"""The names that the compiler makes up: constants, sources, per key, results, values, definitions, MACs."""
ARGUMENTS = {
    "request",
    "now_ms",
    "access_key_id",
    "secret",
    "key",
    "extras",
    "presented",
    "time_ms",
    "nonce",
    "given",
    "timestamp",
}
FUNCTIONS = {"present", "bind", "bind_stages", "matches", "sign", "stages", "compare", "len", "int", "KeyError"}
ATTRIBUTES = {
    *["header_fields", "query_fields", "form_fields", "json_fields", "get", "isdigit", "isdisjoint", "join"],
    *["method", "scheme", "authority", "host", "port", "path", "query", "target", "url", "body"],
    *["copy", "update", "finalize", "digest", "upper", "lower"],
}


def hostile_scheme(text: str) -> str:
    quoted = '"' + "".join(f"\\U{ord(character):08X}" for character in text) + '"'
    plain = re.sub(r"[{}]", "", text)
    inside = '"' + "".join(f"\\U{ord(character):08X}" for character in plain) + '"'
    braces = quoted.replace("\\U0000007B", "{{").replace("\\U0000007D", "}}")
    return f"""
title = {quoted}
vendor = {quoted}
url = {quoted}
summary = {quoted}
[parameters]
fixed = {{ default = {quoted}, about = {quoted} }}
travels = {{ default = "1", about = {quoted}, one_of = ["1", {quoted}] }}
[fields]
timestamp = "header X-T"
travels = ["json j", "header X-J"]
signature = "header X-S"
[time]
format = "unix-ms"
past = "5 min"
future = "5 min"
[sign]
literal = {braces}
joined = {{ join = {quoted}, parts = [{braces}, "{{fixed}}", "{{timestamp}}"], skip_empty = true }}
chosen = {{ switch = "{{method}}", cases = {{ {inside} = {braces} }}, default = {braces} }}
string_to_sign = ["{{literal}}", "{{joined}}", "{{chosen}}", "{{travels}}"]
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""


def names_in(source: str) -> set[str]:
    tree = ast.parse(source)
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return found | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def assert_closed(compiled: Compiled) -> None:
    tree = ast.parse(compiled.source)
    unknown = names_in(compiled.source) - ARGUMENTS - FUNCTIONS - RUNTIME.keys() - set(runtime_names)
    assert {name for name in unknown if not MADE.fullmatch(name)} == set()
    assert {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} <= ATTRIBUTES
    literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert {value for value in literals if not isinstance(value, int)} <= {b"", b"%d", None}
    allowed = (ast.FunctionDef, ast.Assign, ast.If, ast.Try, ast.Return, ast.Expr)
    assert all(isinstance(node, allowed) for node in ast.walk(tree) if isinstance(node, ast.stmt))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts(text: str) -> None:
    """Texts of a scheme, whatever is in them, are values; the code holds only names that the compiler makes."""
    test = load_scheme(hostile_scheme(text), name=f"bad{text!r}", path="bad.toml")
    compiled = compile_scheme(test)
    assert_closed(compiled)
    assert text not in compiled.source or text in {"k0", "secret"}
    request = Request(b"GET", b"/", [(b"x-j", b"1")], body=b"{}")
    signed = Signer(test, Credential.of("", "secret")).sign(request, time_ms=NOW_MS)
    verifier = Verifier(test)
    key = verifier.bind(Credential.of("", "secret"), consumer="acme")
    headers = [(place.key, value) for place, value in signed.additions if place.where == "header"]
    body = b'{"j":"1"}'
    verifier.verify(Request(b"GET", b"/", headers, body=body), NOW_MS, lambda _: key)


def test_code_does_not_depend_on_texts() -> None:
    """Two schemes that differ in their texts only have one source, but for how constants are numbered."""
    sources = {re.sub(r"\bc\d+", "c", compile_scheme(load(hostile_scheme(text))).source) for text in HOSTILE}
    assert len(sources) == 1


@pytest.mark.parametrize("name", EVERY)
def test_names_of_every_scheme(name: str) -> None:
    """Names of fields, parameters and definitions do not reach the code either."""
    compiled = compile_scheme(scheme(name))
    assert_closed(compiled)
    written = {*scheme(name).definitions, *scheme(name).parameters} - ARGUMENTS
    assert written & names_in(compiled.source) == set()


@pytest.mark.parametrize("name", EVERY)
def test_builtins(name: str) -> None:
    """Generated functions find three builtins by their names, and the import that extension modules ask for."""
    compiled = compile_scheme(scheme(name))
    matches, sign = compiled.bind(b"id", b"secret")
    for function in (compiled.present, compiled.bind, compiled.bind_stages, matches, sign):
        builtins = function.__globals__["__builtins__"]  # type: ignore[attr-defined]
        assert set(builtins) == {"int", "len", "KeyError", "__import__"}


def test_every_filter_by_its_code() -> None:
    """A filter's code calls what the runtime has and nothing else, so that a new filter cannot forget it."""
    for entry in FILTERS.values():
        for code in (entry.code, entry.prepare):
            made = code.format("c1", "c2", source="s1", state="s2", mac="s3", arguments="c3", read_time="c4") or "s1"
            assert names_in(made) <= {*RUNTIME, *runtime_names, "key", "s1", "s2", "s3", "c1", "c2", "c3", "c4"}


# what is done when


def functions(name: str) -> dict[str, str]:
    """Return the source of ``bind`` without what is in it, and of the two functions in it."""
    tree = ast.parse(compile_scheme(scheme(name)).source)
    bind = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "bind")
    inner = {node.name: ast.unparse(node) for node in bind.body if isinstance(node, ast.FunctionDef)}
    return {"bind": "\n".join(ast.unparse(n) for n in bind.body if not isinstance(n, ast.FunctionDef)), **inner}


@pytest.mark.parametrize("name", ["cdnetworks-api-shield", "bbx", "lines", "packed-text", "packed-plain", "digest"])
def test_mac_state_per_key(name: str) -> None:
    """The state of a MAC that has taken in its key is made once per key, for verifying and signing together."""
    parts = functions(name)
    assert parts["bind"].count("new_mac(") == 1
    for inner in ("matches", "sign"):
        assert "new_mac" not in parts[inner]
        assert "secret" not in parts[inner]
        assert parts[inner].count(".copy()") == 1


def test_prefix_per_key() -> None:
    """BBX's text begins with the id: that prefix is one constant per key."""
    parts = functions("bbx")
    assert re.search(r"k\d = c\d+ \+ access_key_id \+ c\d+", parts["bind"])
    assert "access_key_id" not in parts["matches"]


def test_secret_in_the_middle_per_key() -> None:
    """Stardust's text ends with secret and id: one constant per key, one concatenation per request."""
    parts = functions("stardust")
    assert re.search(r"k0 = c\d+ \+ secret \+ c\d+ \+ access_key_id", parts["bind"])
    assert parts["matches"].count("+") == 1


def test_derived_keys_per_key_and_per_request() -> None:
    """A derived key that does not depend on the request is made once; one for a day is remembered for that day."""
    assert "sha384(secret)" in functions("query")["bind"]
    assert functions("query")["bind"].count("new_mac(") == 2
    daily = functions("packed-quoted")
    assert daily["bind"].count("new_mac(") == 1
    for inner in ("matches", "sign"):
        unless_remembered, _, at_last = daily[inner].partition("remember(k")
        assert unless_remembered.count("mac_at_once(") == 2
        assert at_last.count("new_mac(") == 1
        assert "mac_at_once(" not in at_last


def test_what_is_signed_is_computed_once() -> None:
    """A definition that is used twice is computed once per request."""
    assert functions("packed-text")["matches"].count("md5(") == 1


def test_mac_within_a_mac() -> None:
    """Filters stand inside each other without taking each other's state, also of an empty text."""
    nested = load(
        """title = "T"
vendor = "V"
url = "u"
[fields]
signature = "header S"
[sign]
string_to_sign = "{''|hmac:sha256,secret|hex}{path|hmac:md5,secret|hmac:sha256,secret|hex}"
signature = "{path|hmac:sha1,secret|hmac:sha256,'k'|hmac:sha256,secret|hex}{string_to_sign}"
"""
    )
    made = Signer(nested, Credential.of("", "s")).sign(Request(b"GET", b"/p"))

    def mac(name: str, key: bytes, text: bytes) -> bytes:
        return hmac.digest(key, text, name)

    expected = mac("sha256", b"s", mac("sha256", b"k", mac("sha1", b"s", b"/p"))).hex()
    expected += mac("sha256", b"s", b"").hex() + mac("sha256", b"s", mac("md5", b"s", b"/p")).hex()
    assert made.additions[0][1].decode() == expected


# sharing


def test_the_same_scheme_is_compiled_once() -> None:
    """A scheme of the catalogue is one object, compiled once, however many APIs use it."""
    assert compile_scheme(get_scheme("bbx")) is compile_scheme(get_scheme("bbx"))


def test_two_apis_with_different_parameters() -> None:
    """Another window or another header is other code, and does not touch the first."""
    usual = get_scheme("cdnetworks-api-shield")
    other = get_scheme("cdnetworks-api-shield", {"past": "1 s", "future": "0 s", "time_header": "X-Other"})
    assert "<= 300000" in compile_scheme(usual).source
    assert "if not 0 <= now_ms - t <= 1000:" in compile_scheme(other).source
    request = Request(b"GET", b"/")
    signed = Signer(other, Credential.of("", "s")).sign(request, time_ms=NOW_MS).apply(request)
    presented = Verifier(other).present(signed, NOW_MS)
    assert presented[1] == NOW_MS
    assert b"x-other" in signed.header_fields[0]
    assert usual.parameters["time_header"] == "X-Date"
