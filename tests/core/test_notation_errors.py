"""Every complaint about a scheme text: the line it names, what it says, and that it says what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sealstamp.core.compiler import compile_scheme
from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme, set_parameters
from sealstamp.core.scheme import Scheme
from sealstamp.errors import ConfigurationError, SchemeError
from sealstamp.schemes import get_scheme
from tests.core.schemes import EVERY, TESTED, load, scheme

GOOD = """\
title  = "A test"
vendor = "Nobody"
url    = "https://example.com/"

[parameters]
header = { default = "X-Sig", one_of = ["X-Sig", "X-Sign"], about = "where it travels" }
flavour = { default = "a", about = "what it tastes of" }

[fields]
access_key_id = "query key"
timestamp     = "header X-Time"
nonce         = "query nonce"

[packed."header Authorization"]
text = "SEAL {signature}"

[time]
format = "unix-s"
past   = "5 min"
future = "5 min"

[nonce]
make = "hex 16"

[sign]
string_to_sign = "{timestamp}&{nonce}"
signature      = "{string_to_sign|hmac:sha256,secret|hex}"

[keys]
secret = "hex 32"

[responses]
body = '{"code": {code}}'
default = { status = 401, code = 1, message = "no" }
""".replace("header = {", "place = {")


@dataclass(frozen=True)
class Wrong:
    """What is put in place of what, and the complaint that follows."""

    old: str
    new: str
    line: int
    problem: str
    hint: str = "."
    also: tuple[str, str] = ("", "")


NO_NONCE_SECTION = ('[nonce]\nmake = "hex 16"\n', "")
TIME_SECTION = GOOD[GOOD.index("[time]") : GOOD.index("[nonce]")]
NONCE_FIELD = 'nonce         = "query nonce"'
SIGN = 'string_to_sign = "{timestamp}&{nonce}"'
SIGNATURE = 'signature      = "{string_to_sign|hmac:sha256,secret|hex}"'
PACKED = 'text = "SEAL {signature}"'
TIME_FIELD = 'timestamp     = "header X-Time"'
DEFAULT = 'default = { status = 401, code = 1, message = "no" }'
PLACE = 'place = { default = "X-Sig", one_of = ["X-Sig", "X-Sign"], about = "where it travels" }'
LINE = {text: number for number, text in enumerate(GOOD.splitlines(), 1)}


def sign(new: str, line: int, problem: str, hint: str = ".") -> Wrong:
    return Wrong(SIGN, new, LINE[SIGN] + line, problem, hint)


def text_to_sign(template: str, problem: str, hint: str = ".") -> Wrong:
    return sign(f'string_to_sign = "{template}"', 0, problem, hint)


COMPLAINTS = {
    # not TOML
    "value missing": Wrong(PACKED, "text =", LINE[PACKED], "not TOML: Invalid value", "toml.io"),
    "quote open": Wrong(DEFAULT, 'default = "', LINE[DEFAULT], "not TOML"),
    "end too soon": Wrong(DEFAULT, "default = [", LINE[DEFAULT], "not TOML"),
    "key twice": Wrong(SIGN, f"{SIGN}\n{SIGN}", LINE[SIGN] + 1, "not TOML: Cannot overwrite a value"),
    "section twice": Wrong("[keys]", "[time]", LINE["[keys]"], "not TOML: Cannot declare"),
    "decimal number beyond measure": Wrong(PACKED, f"text = {'1' * 5000}", 1, "too large"),
    "nesting beyond measure": Wrong(PACKED, f"text = {'[' * 5000}", 1, "too large"),
    # sections and keys
    "no title": Wrong('title  = "A test"', "", 1, "the file has no 'title'", "title ="),
    "no vendor": Wrong('vendor = "Nobody"', "", 1, "the file has no 'vendor'", "vendor ="),
    "no url": Wrong('url    = "https://example.com/"', "", 1, "the file has no 'url'", "url ="),
    "title of another kind": Wrong('"A test"', "5", 1, "'title' must be a text", "it is 5"),
    "title is a number too large to show": Wrong(
        '"A test"', f"0x{'f' * 5000}", 1, "'title' must be a text", "too large"
    ),
    "summary of another kind": Wrong(
        "[parameters]", "summary = []\n[parameters]", 5, "'summary' must be a text", r"\[\]"
    ),
    "unknown key": Wrong("[parameters]", "titel = 1\n[parameters]", 5, "a scheme has no key 'titel'", "'title'"),
    "unknown section": Wrong("[keys]", "[tiem]", LINE["[keys]"], "a scheme has no key 'tiem'", "mean 'time'"),
    "section is no table": Wrong(
        "[parameters]", "nonce = 3\n[parameters]", 5, "'nonce' must be a table", "it is 3", NO_NONCE_SECTION
    ),
    "unknown key in a section": Wrong(
        'past   = "5 min"', 'past = "1 s"\npsat = 1', 20, r"\[time\] has no key 'psat'", "past"
    ),
    # parameters
    "parameter with a bad name": Wrong("flavour =", "Flavour =", 7, "'Flavour' cannot be a name", "names are like"),
    "parameter with a reserved name": Wrong("flavour =", "query =", 7, "'query' cannot be a name"),
    "parameter that is a field": Wrong("flavour =", "nonce =", 7, "'nonce' cannot be a parameter", "another name"),
    "parameter that is the secret": Wrong("flavour =", "secret =", 7, "'secret' cannot be a parameter"),
    "parameter that is the window": Wrong("flavour =", "past =", 7, "'past' cannot be a parameter"),
    "parameter that is no table": Wrong('{ default = "a", about = "what it tastes of" }', '"a"', 7, "must be a table"),
    "parameter without a default": Wrong('default = "a", ', "", 7, "has no 'default'", "default ="),
    "parameter that says nothing": Wrong(', about = "what it tastes of"', "", 7, "has no 'about'", "a few words"),
    "parameter with an unknown key": Wrong("what it tastes of", 'x", oneof = "', 7, "has no key 'oneof'", "'one_of'"),
    "default not among the choices": Wrong('"X-Sig", one_of', '"X-Sg", one_of', 6, "not in one_of", "'X-Sig'"),
    "choices that are no texts": Wrong('["X-Sig", "X-Sign"]', "[1, 2]", 6, "must be a list of texts", r"\[1, 2\]"),
    "choices that are no list": Wrong('["X-Sig", "X-Sign"]', '"X-Sig"', 6, "'one_of' must be a list"),
    # fields and places
    "field with a bad name": Wrong("timestamp     =", '"time stamp" =', 11, "'time stamp' cannot be a name"),
    "field with a reserved name": Wrong("timestamp     =", "host =", 11, "'host' cannot be a name"),
    "field that is nothing": Wrong(
        "timestamp     =", "timestmap =", 11, "nothing says what 'timestmap'", "'timestamp'"
    ),
    "field that is the secret": Wrong("timestamp     =", "secret =", 11, "nothing says what 'secret' is"),
    "place of no kind": Wrong("header X-Time", "cookie t", 11, "'cookie t' is no place", "header X-Name"),
    "place without a name": Wrong("header X-Time", "header", 11, "'header' is no place"),
    "place with an empty name": Wrong("header X-Time", "query ", 11, "'query ' is no place"),
    "place that cannot be a header": Wrong("header X-Time", "header X Time", 11, "cannot be a header's name"),
    "place that is a number": Wrong('"header X-Time"', "5", 11, "5 is no place", "or a list of places"),
    "place among others that is none": Wrong('"header X-Time"', '["header A", 5]', 11, "5 is no place"),
    "no places": Wrong('"header X-Time"', "[]", 11, "'timestamp' has no place"),
    "no place in a table": Wrong('"header X-Time"', "{ optional = true }", 11, "None is no place"),
    "unknown key of a field": Wrong(
        '"header X-Time"', '{ at = "header A", optinal = true }', 11, "'optinal'", "'optional'"
    ),
    "optional of another kind": Wrong('"header X-Time"', '{ at = "header A", optional = 1 }', 11, "true or false"),
    "optional key": Wrong(
        '"query key"', '{ at = "query key", optional = true }', 10, "cannot be optional", "parameter"
    ),
    "place with a value in it": Wrong(
        "header X-Time", "header {timestamp}", 11, "mentions more than param", "known are"
    ),
    "place with a misspelled parameter": Wrong("header X-Time", "header {plaec}", 11, "more than param", "'place'"),
    "place with an open brace": Wrong("header X-Time", "header {place", 11, "a brace does not close"),
    "nothing travels": Wrong(
        GOOD[GOOD.index("[fields]") : GOOD.index("[time]")], "", 1, "nothing travels", "[fields] says where"
    ),
    "carried twice": Wrong(PACKED, 'text = "SEAL {signature}:{nonce}"', 12, "'nonce' is carried twice"),
    "one place for two fields": Wrong('"query nonce"', '"query key"', 12, "query key carries both 'access_key_id' and"),
    "one header for two fields": Wrong("X-Time", "AUTHORIZATION", 14, "header Authorization carries both 'timestamp'"),
    "alias that is another's name": Wrong('"query nonce"', '["query n", "query key"]', 12, "query key carries both"),
    "form and JSON": Wrong(
        '"query key"\n', '"form key"\n', 9, "a form and JSON at once", ".", ("query nonce", "json n")
    ),
    "signature stays": Wrong(PACKED, 'text = "SEAL {flavour}"', 9, "the signature does not travel", "signature ="),
    "raw bytes travel": Wrong("|hex}", "}", LINE[SIGNATURE], "raw bytes would travel in 'signature'", "hex"),
    # packed
    "packed in no place": Wrong('[packed."header Authorization"]', "[packed.auth]", 14, "'auth' is no place"),
    "packed without anything": Wrong(PACKED, "", 14, "either 'text' or 'pairs'"),
    "packed with both": Wrong(PACKED, f"{PACKED}\npairs = {{ s = '{{signature}}' }}", 14, "either 'text' or 'pairs'"),
    "packed with an unknown key": Wrong(PACKED, f"{PACKED}\nquotes = true", 16, "no key 'quotes'", "known are"),
    "prefix of a text": Wrong(PACKED, f"{PACKED}\nprefix = 'SEAL '", 16, "no key 'prefix'"),
    "pair that is no text": Wrong(PACKED, "pairs = { s = 5 }", 15, "'s' must be a text", "it is 5"),
    "names that touch": Wrong(
        PACKED, 'text = "{signature}{flavour}"', 14, "'signature' and 'flavour' touch", "separator"
    ),
    "names that touch around nothing": Wrong(PACKED, "text = \"{signature}{''}{flavour}\"", 14, "cannot be read back"),
    "filter in a packed text": Wrong(PACKED, 'text = "{signature|upper}"', 14, "define a name", "separator"),
    "part of the request in a packed text": Wrong(PACKED, 'text = "{method} {signature}"', 14, "only plain names"),
    "nothing in a packed text": Wrong(PACKED, 'text = "SEAL"', 14, "nothing travels in it", "signature"),
    "no pairs": Wrong(PACKED, "pairs = {}", 14, "nothing travels in it"),
    "unknown name in a packed text": Wrong(
        PACKED, 'text = "SEAL {signatur}"', 14, "nothing says what 'signatur'", "'sign"
    ),
    "secret in a packed text": Wrong(PACKED, 'text = "{secret} {signature}"', 14, "nothing says what 'secret' is"),
    "key of a pair with its mark": Wrong(
        PACKED, 'pairs = { "a=b" = "{signature}" }', 14, "cannot be read back", "separators"
    ),
    "key of a pair with a space": Wrong(PACKED, 'pairs = { " a" = "{signature}" }', 14, "cannot be read back"),
    "key of a pair with a separator": Wrong(PACKED, 'pairs = { "a,b" = "{signature}" }', 14, "cannot be read back"),
    "separator that is the mark": Wrong(
        PACKED, 'separator = "="\npairs = { s = "{signature}", f = "{flavour}" }', 14, "cannot be read back"
    ),
    "separator inside a pair": Wrong(
        PACKED, 'separator = ";"\npairs = { s = "{signature};{flavour}" }', 14, "cannot be read back"
    ),
    "open brace in a packed text": Wrong(PACKED, 'text = "{signature"', 15, "a brace does not close"),
    # time and nonce
    "no time section": Wrong(
        GOOD[GOOD.index("[time]") : GOOD.index("[nonce]")], "", 11, "the window is missing", r"\[time\] past"
    ),
    "no past": Wrong('past   = "5 min"', "", 17, r"\[time\] has no 'past'", "the window is missing"),
    "no future": Wrong('future = "5 min"', "", 17, r"\[time\] has no 'future'", "the window is missing"),
    "no time format": Wrong('format = "unix-s"', "", 17, r"\[time\] has no 'format'", "unix-ms"),
    "unknown time format": Wrong("unix-s", "unix-sec", 18, "no time format 'unix-sec'", "'unix-s'"),
    "duration without a unit": Wrong('past   = "5 min"', 'past = "5"', 19, "'5' is no duration", "5 min"),
    "duration in Unicode digits": Wrong('future = "5 min"', 'future = "\u0665 min"', 20, "is no duration"),
    "duration as a number": Wrong('past   = "5 min"', "past = 300", 19, "'past' must be a text", "it is 300"),
    "time that does not travel": Wrong(
        TIME_FIELD, "", 17, "but no 'timestamp' travels", "header X-…", ("{timestamp}&", "")
    ),
    "no nonce section": Wrong('[nonce]\nmake = "hex 16"\n', "", 12, "'nonce' travels without", "make"),
    "nonce that does not travel": Wrong(NONCE_FIELD, "", 22, "but no 'nonce' travels", ".", ("&{nonce}", "")),
    "nonce without a form": Wrong('make = "hex 16"', "", 22, r"\[nonce\] has no 'make'", "hex 16"),
    "nonce of an unknown form": Wrong('"hex 16"', '"hexx 16"', 23, "'hexx 16' is not a form", "hex 32"),
    "nonce of a form too long": Wrong('"hex 16"', '"hex 513"', 23, "'hex 513' is not a form"),
    "nonce of no length": Wrong('"hex 16"', '"hex 0"', 23, "'hex 0' is not a form"),
    "keys of an unknown form": Wrong('"hex 32"', '"uuid4"', 30, "'uuid4' is not a form"),
    "unknown key of keys": Wrong('secret = "hex 32"', 'secrt = "hex 32"', 30, "no key 'secrt'", "'secret'"),
    # definitions
    "nothing is signed": Wrong(
        GOOD[GOOD.index("[sign]") : GOOD.index("[keys]")], "", 1, "nothing is signed", "string_to_"
    ),
    "no string to sign": sign("", -1, "does not define 'string_to_sign'", "string_to_sign ="),
    "no signature": Wrong(SIGNATURE, "", 25, "does not define 'signature'", "signature ="),
    "definition of a field": sign(f'timestamp = "1"\n{SIGN}', 0, "'timestamp' is given and cannot be defined"),
    "definition of the secret": sign(f'secret = "1"\n{SIGN}', 0, "'secret' is given and cannot be defined"),
    "definition of a parameter": sign(f'place = "1"\n{SIGN}', 0, "'place' is given and cannot be defined"),
    "definition of the window": sign(f'past = "1"\n{SIGN}', 0, "'past' is given and cannot be defined"),
    "definition with a bad name": sign(f'Key = "1"\n{SIGN}', 0, "'Key' cannot be a name"),
    "definition with a reserved name": sign(f'body = "1"\n{SIGN}', 0, "'body' cannot be a name", "not authority, body"),
    "unknown name": text_to_sign("{timestmp}", "there is no name 'timestmp'", "'timestamp'"),
    "name used before it is defined": sign(
        'string_to_sign = "{later}"\nlater = "{timestamp}"', 0, "'later' is used before it is defined", "above"
    ),
    "definitions in a circle": sign(
        'string_to_sign = "{later}"\nlater = "{string_to_sign}"', 0, "define each other in a circle", "break"
    ),
    "definition of itself": text_to_sign("{string_to_sign}", "'string_to_sign' and 'string_to_sign' define each other"),
    "signed but at home": Wrong(
        *NO_NONCE_SECTION, 23, "'nonce' is signed but does not travel", r"\[fields\] nonce", (NONCE_FIELD, "")
    ),
    "a digest is needed": text_to_sign("{timestamp|hex}", "text where a digest is needed: 'hex'", "sha256|hex"),
    "a text is needed": text_to_sign("{timestamp|md5|upper}", "a digest where text is needed: 'upper'", r"hex\|upper"),
    "a text is needed of what holds raw bytes": sign(
        'raw = "{nonce}{timestamp|md5}"\nstring_to_sign = "{raw|percent_encode}"', 1, "a digest where text is needed"
    ),
    "secret would travel": Wrong(
        SIGNATURE, 'signature = "{secret}{nonce|md5|hex}"', 27, "the secret itself would", "sha256"
    ),
    "secret would travel in disguise": Wrong(SIGNATURE, 'signature = "{secret|base64|upper}"', 27, "the secret itself"),
    "secret would travel by another name": Wrong(
        SIGNATURE, 'signature = "{kept}"', 28, "the secret itself", ".", (SIGN, f'{SIGN}\nkept = "{{secret}}x"')
    ),
    "anyone could sign": Wrong(
        SIGNATURE, 'signature = "{nonce|md5|hex}"', 27, "anyone could make", "hmac:sha256,secret"
    ),
    "signature without a key": Wrong("hmac:sha256,secret", "hmac:sha256,nonce", 27, "anyone could make this signature"),
    "signing the signature's header": text_to_sign("{header.authorization}{timestamp}", "reads what is only computed"),
    "nested too deeply": text_to_sign(
        "{timestamp" + "|upper" * 60 + "}", "'string_to_sign' is nested too deeply", "names"
    ),
    "nested far too deeply": Wrong(SIGN, f'string_to_sign = "{{nonce{"|upper" * 5000}}}"', 1, "nested too deeply"),
    "lists nested too deeply": sign(f"string_to_sign = {'[' * 60}'{{nonce}}'{']' * 60}", 0, "nested too deeply"),
    # expressions
    "number for an expression": sign("string_to_sign = 5", 0, "'string_to_sign' is no expression", "a list of lines"),
    "table of nothing known": sign('string_to_sign = { jion = "&" }', 0, "is no expression", "join"),
    "join with another key": sign('string_to_sign = { join = "&", parts = ["a"], x = 1 }', 0, "is no expression"),
    "join without parts": sign('string_to_sign = { join = "&" }', 0, "is no expression"),
    "join of no parts": sign('string_to_sign = { join = "&", parts = [] }', 0, "an empty list", "at least one"),
    "no lines": sign("string_to_sign = []", 0, "an empty list"),
    "no lines among lines": sign('string_to_sign = ["a", []]', 0, "an empty list"),
    "line that is a number": sign('string_to_sign = ["a", 5]', 0, "is no expression"),
    "switch without a default": sign('string_to_sign = { switch = "{method}", cases = {} }', 0, "is no expression"),
    "switch with a bad case": sign(
        'string_to_sign = { switch = "{method}", cases = { GET = 5 }, default = "" }', 0, "is no expression"
    ),
    # templates
    "brace open": text_to_sign("{nonce", "a brace does not close", "{{ for a brace"),
    "brace close": text_to_sign("nonce}", "a brace does not close"),
    "quote in a brace": text_to_sign("{it's}", "a brace does not close"),
    "nothing in braces": text_to_sign("{}", "nothing where a name should be", r"\{name\}"),
    "nothing before a filter": text_to_sign("{|md5}", "nothing where a name should be"),
    "nothing after a bar": text_to_sign("{nonce|}", "nothing where a name should be"),
    "name in capitals": text_to_sign("{Nonce}", "'Nonce' in {Nonce} is no name", "lower-case"),
    "name that is a part with no name": text_to_sign("{header}", "'header' in {header} is no name", "{header.Name}"),
    "name of no header": text_to_sign("{header.}", "is no name"),
    "attribute of a name": text_to_sign("{nonce.__class__}", "is no name"),
    "call": text_to_sign("{exit()}", "is no name"),
    "unknown filter": text_to_sign("{nonce|md55}", "there is no filter 'md55'", "'md5'"),
    "filter in capitals": text_to_sign("{nonce|MD5}", "there is no filter 'MD5'", "'md5'"),
    "filter with no argument": text_to_sign("{nonce|hmac}", "hmac takes 2 arguments, not 0", "hmac:sha256,secret"),
    "filter with an argument too few": text_to_sign("{nonce|hmac:sha256}", "hmac takes 2 arguments, not 1"),
    "filter with an argument too many": text_to_sign("{nonce|md5:secret}", "md5 takes 0 arguments, not 1"),
    "filter with an empty argument": text_to_sign("{nonce|hmac:sha256,}", "nothing where a name should be"),
    "unknown hash function": text_to_sign("{nonce|hmac:sha265,secret}", "knows no hash function 'sha265'", "'sha256'"),
    "hash function in quotes": text_to_sign("{nonce|hmac:'sha256',secret}", "knows no hash function"),
    "argument that is no name": text_to_sign("{nonce|hmac:sha256,5}", "'5' in {5} is no name"),
    "argument that is unknown": text_to_sign("{nonce|hmac:sha256,secrt}", "there is no name 'secrt'", "'secret'"),
    # responses
    "no default answer": Wrong(DEFAULT, "", 32, r"\[responses\] has no default answer", "default ="),
    "no body": Wrong("body = '{\"code\": {code}}'", "", 32, "has no 'body'", "body ="),
    "unknown hole": Wrong("{code}}'", "{cod}}'", 33, "there is no {cod} to put", "'code'"),
    "not JSON": Wrong("{code}}'", "{message}'", 33, "the answer would not be JSON", "their own quotes"),
    "hole in quotes": Wrong('{"code": {code}}', '{"code": "{message}"}', 33, "the answer would not be JSON"),
    "JSON too deep": Wrong('{"code": {code}}', "[" * 100_000, 33, "the answer would not be JSON"),
    "no status": Wrong("status = 401, ", "", 34, "has no 'status'", "status = 401"),
    "status of success": Wrong("status = 401", "status = 200", 34, "cannot have the status 200", "400 and 599"),
    "status that is a truth": Wrong("status = 401", "status = true", 34, "'status' must be a whole number"),
    "status too large to show": Wrong("status = 401", f"status = 0x{'f' * 5000}", 34, "the status a number too large"),
    "code that is a truth": Wrong("code = 1", "code = true", 34, "'code' must be a whole number or a text", "True"),
    "code too large to write": Wrong("code = 1", f"code = 0x{'f' * 5000}", 34, "'code' is too large a number"),
    "no message": Wrong(', message = "no"', "", 34, "has no 'message'", "message ="),
    "unknown key of an answer": Wrong("code = 1", "cod = 1", 34, "no key 'cod'", "'code'"),
    "unknown reason": Wrong(
        DEFAULT,
        f"{DEFAULT}\nnonce_replayd = {{ status = 401, message = '' }}",
        35,
        "no key 'nonce_replayd'",
        "nonce_replayed",
    ),
}


def complain(text: str) -> SchemeError:
    with pytest.raises(SchemeError) as caught:
        load(text)
    return caught.value


def test_the_scheme_that_is_made_wrong_is_right() -> None:
    """Each complaint below is about its own change alone."""
    compile_scheme(load(GOOD))


@pytest.mark.parametrize("name", COMPLAINTS)
def test_complaint(name: str) -> None:
    """The complaint names the file and the line, says what is wrong, and what to do about it."""
    wrong = COMPLAINTS[name]
    assert wrong.old in GOOD
    text = GOOD.replace(wrong.old, wrong.new, 1).replace(*wrong.also, 1)
    error = complain(text)
    assert re.search(wrong.problem, error.problem) or wrong.problem in error.problem
    assert re.search(wrong.hint, error.hint) or wrong.hint in error.hint
    assert error.path == f"test.toml:{wrong.line}"
    assert str(error) == f"{error.path}: {error.problem}\nhint: {error.hint}"
    assert len(str(error)) < 20_000


def test_nonce_without_a_time() -> None:
    """Without a window a nonce would have to be remembered for ever."""
    text = GOOD.replace(TIME_SECTION, "").replace(TIME_FIELD, "").replace("{timestamp}&", "")
    error = complain(text)
    assert (error.path, error.hint) == ("test.toml:17", "let a timestamp travel too")
    assert "a nonce without a time" in error.problem


# lines

LONG = GOOD.replace(
    SIGN,
    '''string_to_sign = [
    "{timestamp}",  # a comment with [brackets] = and '
    """
x = "{nonce}"
[time]
""",
    { join = ":", parts = [
        "{method}",
        "{path}"
    ] },
]
''',
)


def test_lines_after_a_long_value() -> None:
    """Text inside a value of many lines is not taken for keys and sections."""
    load(LONG)
    text = LONG.replace("hmac:sha256,secret", "hmac:sha256,secrt")
    assert complain(text).path == f"test.toml:{1 + text[: text.index('secrt')].count(chr(10))}"


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_lines_by_the_line_ends_of_toml(end: str) -> None:
    """Lines are counted as editors count them, whatever other line ends Unicode knows."""
    text = GOOD.replace("A test", "A\u2028te\u0085st").replace("unix-s", "unix-x").replace("\n", end)
    assert complain(text).path == "test.toml:18"


def test_lines_of_dotted_and_quoted_keys() -> None:
    """A key is found however TOML lets it be written."""
    text = GOOD.replace("[keys]\nsecret =", "[keys]\n'secret' =").replace('"hex 32"', '"hex x"')
    assert complain(text).path == "test.toml:30"
    dotted = 'keys.secret = "hex x"\n' + GOOD.replace('[keys]\nsecret = "hex 32"', "")
    assert complain(dotted).path == "test.toml:1"


def test_name_in_the_message() -> None:
    """Errors call the file what the caller calls it."""
    with pytest.raises(SchemeError, match=r"^/etc/my\.toml:1: not TOML"):
        load_scheme("[", name="my", path="/etc/my.toml")


# parameters that an API sets

BAD_PARAMETERS = {
    "unknown": ({"signature_nam": "a"}, "parameter signature_nam", "no such parameter", "'signature_name'"),
    "not among the choices": ({"signature_in": "form"}, "parameter signature_in", "cannot be 'form'", "header, query"),
    "no duration": ({"past": "soon"}, "parameter past", "'soon' is no duration", "5 min"),
    "window in Unicode digits": ({"future": "\u0665 min"}, "parameter future", "is no duration", "5 min"),
    "no header name": ({"signature_name": "a b"}, "parameters signature_name", "cannot be a header's name", "header"),
    "header with a line break": (
        {"time_header": "a\r\nb: c"},
        "parameters time_header",
        "cannot be a header's",
        "header",
    ),
    "nothing": ({"time_header": ""}, "parameters time_header", "is no place", "header"),
    "a name taken": ({"time_header": "x_sam_auth"}, "parameters time_header", "carries both", "another name"),
    "two that clash": (
        {"time_header": "a", "signature_name": "A"},
        "parameters signature_name, time_header",
        "carries both",
        "another name",
    ),
    "a template": (
        {"time_header": "{signature_name}"},
        "parameters time_header",
        "cannot be a header's name",
        "header",
    ),
}


@pytest.mark.parametrize(("given", "place", "problem", "hint"), BAD_PARAMETERS.values(), ids=BAD_PARAMETERS)
def test_parameter_that_does_not_fit(given: dict[str, str], place: str, problem: str, hint: str) -> None:
    """What an operator sets wrongly is the operator's error: it names the parameter and not a line of the scheme."""
    with pytest.raises(ConfigurationError) as caught:
        get_scheme("cdnetworks-api-shield", given)
    assert caught.value.place == f"scheme cdnetworks-api-shield, {place}"
    assert problem in caught.value.problem
    assert hint in caught.value.hint


@pytest.mark.parametrize("name", ["stardust", "bbx"])
def test_parameter_of_a_scheme_that_has_none(name: str) -> None:
    """Every scheme with a time lets its window be set, and nothing that it does not declare."""
    assert get_scheme(name, {"past": "7 d"}).parameters["past"] == "7 d"
    with pytest.raises(ConfigurationError, match="known are: future, past"):
        get_scheme(name, {"colour": "red"})


def test_window_of_a_scheme_without_a_time() -> None:
    """Where there is no time there is no window to set."""
    timeless = load(
        """title = "T"
vendor = "V"
url = "u"
[fields]
signature = "header S"
[sign]
string_to_sign = "{path}"
signature = "{path|hmac:sha256,secret|hex}"
"""
    )
    with pytest.raises(ConfigurationError, match="no such parameter"):
        set_parameters(timeless, {"past": "1 s"})


def test_bad_parameter_of_a_bad_scheme() -> None:
    """If the scheme itself is wrong, that comes first."""
    with pytest.raises(SchemeError):
        load_scheme(GOOD.replace("|hex}", "|hx}"), name="t", path="t", parameters={"past": "1 s"})


def test_window_is_declared() -> None:
    """The window's sides are parameters like any other: declared, with a default, usable in a definition."""
    declared = {entry.name: entry.default for entry in scheme("bbx").declared}
    assert declared == {"past": "30 s", "future": "30 s"}
    compile_scheme(load(GOOD.replace("{timestamp}&", "{timestamp}&{past}&")))


# anything

TEXTS = (GOOD, *TESTED.values(), *(scheme(name).source for name in EVERY))
SNIPPETS = st.sampled_from(
    [
        *[
            "",
            "{",
            "}",
            "{{",
            "|",
            "'",
            '"',
            '"""',
            "[",
            "]",
            "[[",
            "=",
            ".",
            ",",
            "#",
            "\n",
            "\\",
            "\0",
            "\ud7ff",
            "0x" + "f" * 5000,
        ],
        *[
            "{secret}",
            "{signature}",
            "{body}",
            "{header.host}",
            "{query.q}",
            "{past}",
            "{''}",
            "{nonce|hmac:md5,secret}",
        ],
        *[
            "[]",
            "{}",
            "5",
            "true",
            '""',
            "1979-05-27",
            "inf",
            "[sign]",
            "[time]",
            "[fields]",
            "parts = []",
            "optional = true",
        ],
        *[
            '{ join = "", parts = ["{secret}"] }',
            '{ switch = "{secret}", cases = {}, default = [""] }',
            '["{nonce}", [""]]',
        ],
    ]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good scheme with a few spans deleted, doubled, moved or replaced."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        span = text[start:end]
        elsewhere = draw(st.integers(0, len(text)))
        piece = draw(SNIPPETS | st.just(span * 2) | st.just(text[elsewhere : elsewhere + 20]) | st.text(max_size=5))
        text = text[:start] + piece + text[end:]
    return text


@st.composite
def revalued(draw: st.DrawFn) -> str:
    """A good scheme with the value of one key, or a whole line, replaced by something else that is TOML."""
    lines = draw(st.sampled_from(TEXTS)).split("\n")
    number = draw(st.integers(0, len(lines) - 1))
    key, mark, _ = lines[number].partition("=")
    value = draw(
        SNIPPETS
        | st.sampled_from([line.partition("=")[2] for line in lines if "=" in line])
        | st.text(max_size=10).map(lambda text: f"{text!r}")
    )
    lines[number] = key + mark + value
    return "\n".join(lines)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated() | revalued() | st.text(max_size=50))
@example("\ufefftitle = 1")
@example("x." * 500 + "x = 1")
@example("a = 1979-05-27T99:99:99Z")
def test_any_text(text: str) -> None:
    """Any text is a scheme that compiles, or raises SchemeError; nothing else leaves the loader."""
    try:
        loaded: Scheme = load(text)
    except SchemeError as error:
        assert error.problem
        assert error.hint
        assert re.fullmatch(r"test\.toml:[1-9][0-9]*", error.path)
        assert int(error.path.rpartition(":")[2]) <= text.count("\n") + 1
        return
    compiled = compile_scheme(loaded)
    credential = Credential.of("id", "secret")
    compiled.bind(credential.access_key_id.encode(), credential.secret.reveal())
    compiled.bind_stages(credential.access_key_id.encode(), credential.secret.reveal())
