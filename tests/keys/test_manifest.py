from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.verifier import ReplayBy
from sealstamp.errors import ConfigurationError, SchemeError
from sealstamp.keys.domain import Api, Enforcement, KeyStatus, SchemeChoice
from sealstamp.keys.manifest import DeclaredConsumer, DeclaredKey, Manifest, load_manifest, parse_manifest

SECRET = "hunter2-do-not-show"

WHOLE = f"""
[[apis]]
name = "shop"
host = "api.example.com"
path_prefix = "/orders"
upstream = "http://127.0.0.1:9000"
schemes = ["bbx", {{ name = "cdnetworks", header = "X_Sam_Auth" }}]
enforcement = "observe"
replay = "signature"
response_profile = "bbx"

[[consumers]]
name = "acme"

[[access_keys]]
id = "k1"
secret = "{SECRET}"
consumer = "acme"
apis = ["shop"]
status = "disabled"
expires = 2027-01-31T12:00:00.5+01:00
"""

API = '[[apis]]\nname = "shop"\nschemes = ["bbx"]\n'
CONSUMER = '[[consumers]]\nname = "acme"\n'
KEY = f'[[access_keys]]\nid = "k1"\nconsumer = "acme"\napis = ["shop"]\nsecret = "{SECRET}"\n'
KEY_WITHOUT_SECRET = KEY.replace(f'secret = "{SECRET}"\n', "")


def check_scheme(name: str, parameters: Mapping[str, str]) -> None:
    """Know two schemes, one of which takes a header."""
    if name not in ("bbx", "cdnetworks"):
        raise SchemeError("catalogue", f"there is no scheme {name!r}", "did you mean 'bbx'?")
    if not set(parameters) <= {"header"}:
        raise ConfigurationError("parameters", "the scheme takes no such parameter", "it takes header")


def parse(text: str, environment: Mapping[str, str] | None = None, directory: Path = Path()) -> Manifest:
    return parse_manifest(
        text, place="keys.toml", directory=directory, check_scheme=check_scheme, environment=environment or {}
    )


def test_whole_file() -> None:
    """Every field is read as what it means."""
    choices = (SchemeChoice("bbx"), SchemeChoice("cdnetworks", {"header": "X_Sam_Auth"}))
    api = Api(
        "shop",
        "api.example.com",
        "/orders",
        choices,
        Enforcement.OBSERVE,
        ReplayBy.SIGNATURE,
        "bbx",
        "http://127.0.0.1:9000",
    )
    key = DeclaredKey(
        place="keys.toml: [[access_keys]] 1 (k1)",
        credential=Credential.of("k1", SECRET),
        consumer="acme",
        apis=("shop",),
        status=KeyStatus.DISABLED,
        expires_at_ms=1_801_393_200_500,
    )
    assert parse(WHOLE) == Manifest("keys.toml", (api,), (DeclaredConsumer("acme"),), (key,))


def test_shortest_entries() -> None:
    """What is left out has the defaults of the domain."""
    manifest = parse(API + CONSUMER + KEY)
    assert manifest.apis == (Api("shop", "*", "/", (SchemeChoice("bbx"),)),)
    assert manifest.access_keys[0].status is KeyStatus.ACTIVE
    assert manifest.access_keys[0].expires_at_ms is None


def test_empty_file() -> None:
    """A file may declare nothing."""
    assert parse("") == Manifest("keys.toml", (), (), ())


def test_secret_from_a_file(tmp_path: Path) -> None:
    """The path starts at the manifest's directory; one line end is not of the secret, everything else is."""
    (tmp_path / "acme.secret").write_bytes(b" s\xff \n\r\n")
    manifest = parse(API + CONSUMER + KEY_WITHOUT_SECRET + 'secret_file = "acme.secret"', directory=tmp_path)
    assert manifest.access_keys[0].credential == Credential.of("k1", b" s\xff \n")


def test_secret_from_the_environment() -> None:
    """The variable's bytes are the secret, also where they are no UTF-8."""
    manifest = parse(API + CONSUMER + KEY_WITHOUT_SECRET + 'secret_env = "ACME"', {"ACME": "s\udcff"})
    assert manifest.access_keys[0].credential == Credential.of("k1", b"s\xff")


def test_loaded(tmp_path: Path) -> None:
    """A file is read with its name as the place."""
    path = tmp_path / "keys.toml"
    path.write_text(WHOLE)
    manifest = load_manifest(path, check_scheme=check_scheme, environment={})
    assert manifest == parse_manifest(
        WHOLE, place=str(path), directory=tmp_path, check_scheme=check_scheme, environment={}
    )


@pytest.mark.parametrize(("content", "problem"), [(None, "cannot be read"), (b"\xff", "not UTF-8")])
def test_loaded_from_nothing_readable(tmp_path: Path, content: bytes | None, problem: str) -> None:
    """A missing or binary file is told by its path."""
    path = tmp_path / "keys.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        load_manifest(path, check_scheme=check_scheme, environment={})
    assert caught.value.place == str(path)


def of_api(line: str) -> str:
    """Return the shortest API with one more line."""
    return f"{API}{line}\n"


def of_key(line: str) -> str:
    """Return the shortest key with one more line."""
    return f"{API}{CONSUMER}{KEY}{line}\n"


API_1 = "keys.toml: [[apis]] 1 (shop)"
KEY_1 = "keys.toml: [[access_keys]] 1 (k1)"

MISTAKES = {
    "not TOML": ("[[apis]", "keys.toml", "not TOML", "toml.io"),
    "unknown table": ("[[api]]", "keys.toml", "'api' is not known", "did you mean 'apis'?"),
    "table not an array": ("apis = 5", "keys.toml: apis", "an integer, not an array", "write an array"),
    "entry not a table": ("apis = [true]", "keys.toml: [[apis]] 1", "a boolean, not a table", "as a table"),
    "unknown key": (of_api('upsteam = "x"'), API_1, "'upsteam' is not known", "did you mean 'upstream'?"),
    "no name": ('[[apis]]\nschemes = ["bbx"]', "keys.toml: [[apis]] 1", "name is missing", 'name = "…"'),
    "impossible name": ('[[consumers]]\nname = "a b"', "keys.toml: [[consumers]] 1 (a b): name", "'a b'", "letters"),
    "host with a port": (of_api('host = "a.example:80"'), f"{API_1}: host", "not a host", "without a port"),
    "host in capitals": (of_api('host = "A.example"'), f"{API_1}: host", "not a host", "lower-case"),
    "prefix without slash": (of_api('path_prefix = "a"'), f"{API_1}: path_prefix", "'a' is not", "segments"),
    "prefix with end slash": (of_api('path_prefix = "/a/"'), f"{API_1}: path_prefix", "'/a/' is not", "at the end"),
    "prefix with dots": (of_api('path_prefix = "/a/../b"'), f"{API_1}: path_prefix", "is not", "segments"),
    "prefix with a query": (of_api('path_prefix = "/a?b"'), f"{API_1}: path_prefix", "is not", "query"),
    "prefix encoded": (of_api('path_prefix = "/%61"'), f"{API_1}: path_prefix", "is not", "percent"),
    "upstream with a path": (of_api('upstream = "http://a/b"'), f"{API_1}: upstream", "origin", "http://127"),
    "upstream with a slash": (of_api('upstream = "http://a/"'), f"{API_1}: upstream", "origin", "slash"),
    "upstream with a user": (of_api(f'upstream = "http://u:{SECRET}@a"'), f"{API_1}: upstream", "origin", "user"),
    "upstream of no kind": (of_api('upstream = "a:9000"'), f"{API_1}: upstream", "origin", "http://127"),
    "upstream port": (of_api('upstream = "http://a:99999"'), f"{API_1}: upstream", "origin", "http://127"),
    "upstream empty port": (of_api('upstream = "http://a:"'), f"{API_1}: upstream", "origin", "http://127"),
    "schemes missing": ('[[apis]]\nname = "shop"', API_1, "schemes is missing", "schemes = […]"),
    "schemes empty": ('[[apis]]\nname = "shop"\nschemes = []', f"{API_1}: schemes", "no scheme", "at least one"),
    "schemes of a wrong type": ('[[apis]]\nname = "shop"\nschemes = "bbx"', f"{API_1}: schemes", "a string", "array"),
    "scheme of a wrong type": (
        '[[apis]]\nname = "shop"\nschemes = [5]',
        f"{API_1}: schemes: name",
        "an integer",
        "quotes",
    ),
    "scheme unknown": (
        '[[apis]]\nname = "shop"\nschemes = ["bbz"]',
        f"{API_1}: schemes",
        "no scheme 'bbz'",
        "did you mean 'bbx'?",
    ),
    "scheme without a name": (
        '[[apis]]\nname = "shop"\nschemes = [{ header = "x" }]',
        f"{API_1}: schemes",
        "name is missing",
        "name",
    ),
    "scheme parameter unknown": (
        '[[apis]]\nname = "shop"\nschemes = [{ name = "bbx", window = "5" }]',
        f"{API_1}: schemes",
        "no such parameter",
        "it takes header",
    ),
    "scheme parameter not text": (
        '[[apis]]\nname = "shop"\nschemes = [{ name = "bbx", header = 5 }]',
        f"{API_1}: schemes: header",
        "an integer, not a string",
        "quotes",
    ),
    "scheme twice": (
        '[[apis]]\nname = "shop"\nschemes = ["bbx", { name = "bbx" }]',
        f"{API_1}: schemes",
        "'bbx' comes twice",
        "keep one",
    ),
    "enforcement unknown": (of_api('enforcement = "obzerve"'), f"{API_1}: enforcement", "'obzerve'", "'observe'?"),
    "replay unknown": (of_api('replay = "once"'), f"{API_1}: replay", "'once' is not known", "'nonce'?"),
    "replay a boolean": (of_api("replay = false"), f"{API_1}: replay", "a boolean, not a string", "quotes"),
    "API twice": (API + API, "keys.toml: [[apis]]", "'shop' comes twice", "keep one"),
    "route twice": (API + API.replace("shop", "two"), "keys.toml", "'shop' and 'two' share host '*'", "another host"),
    "consumer twice": (CONSUMER + CONSUMER, "keys.toml: [[consumers]]", "'acme' comes twice", "keep one"),
    "key twice": (API + CONSUMER + KEY + KEY, "keys.toml: [[access_keys]]", "'k1' comes twice", "keep one"),
    "consumer not listed": (API + KEY, f"{KEY_1}: consumer", "lists no consumer 'acme'", "list it"),
    "consumer misspelled": (
        API + KEY + CONSUMER.replace("acme", "acne"),
        f"{KEY_1}: consumer",
        "lists no consumer 'acme'",
        "did you mean 'acne'?",
    ),
    "API not listed": (CONSUMER + KEY, f"{KEY_1}: apis", "lists no API 'shop'", "list it"),
    "API of a wrong type": (of_key("").replace('["shop"]', "[1]"), f"{KEY_1}: apis", "an integer", "quotes"),
    "API named twice": (of_key("").replace('["shop"]', '["shop", "shop"]'), f"{KEY_1}: apis", "twice", "keep one"),
    "key revoked": (of_key('status = "revoked"'), f"{KEY_1}: status", "'revoked' is not known", "active, disabled"),
    "key's id impossible": (
        of_key("").replace('"k1"', '"k 1"'),
        "keys.toml: [[access_keys]] 1 (k 1): id",
        "ASCII",
        "spaces",
    ),
    "expiry as text": (of_key('expires = "2027-01-01"'), f"{KEY_1}: expires", "a string", "unquoted"),
    "expiry without offset": (of_key("expires = 2027-01-01T00:00:00"), f"{KEY_1}: expires", "no offset", "00Z"),
    "expiry without time": (of_key("expires = 2027-01-01"), f"{KEY_1}: expires", "a local date", "00Z"),
    "expiry too early": (of_key("expires = 1969-01-01T00:00:00Z"), f"{KEY_1}: expires", "1970", "Unix"),
    "no secret": (API + CONSUMER + KEY_WITHOUT_SECRET, KEY_1, "has no secret", "secret, secret_file, secret_env"),
    "two secrets": (of_key('secret_env = "A"'), KEY_1, "secret and secret_env are given together", "give one"),
    "secret empty": (of_key("").replace(SECRET, ""), f"{KEY_1}: secret", "0 bytes", "4096"),
    "secret not text": (of_key("").replace(f'"{SECRET}"', "12345678"), f"{KEY_1}: secret", "an integer", "quotes"),
    "secret as variable": (
        of_key("").replace("secret =", "secret_env ="),
        f"{KEY_1}: secret_env",
        "no variable of this name",
        "set it",
    ),
    "secret as file": (
        of_key("").replace("secret =", "secret_file ="),
        f"{KEY_1}: secret_file",
        "cannot be read",
        "directory",
    ),
    "secret file impossible": (
        API + CONSUMER + KEY_WITHOUT_SECRET + r'secret_file = "a\u0000b"',
        f"{KEY_1}: secret_file",
        "not a path",
        "directory",
    ),
}


@pytest.mark.parametrize("text, place, problem, hint", MISTAKES.values(), ids=MISTAKES.keys())
def test_mistake(text: str, place: str, problem: str, hint: str) -> None:
    """Each mistake is told with its place, what is wrong and what to do; never with a secret."""
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    assert caught.value.place == place
    assert problem in caught.value.problem
    assert hint in caught.value.hint
    assert SECRET not in str(caught.value)


def test_mistake_beside_a_secret() -> None:
    """A printed traceback holds no secret of the file."""
    with pytest.raises(ConfigurationError) as caught:
        parse(of_key("status = !"))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_shown() -> None:
    """What was read shows no secret."""
    assert SECRET not in repr(parse(WHOLE))


@pytest.mark.parametrize(
    "upstream", ["http://127.0.0.1:9000", "https://a.example", "http://[::1]:80", "http://localhost"]
)
def test_upstream_that_is_one(upstream: str) -> None:
    """Names, addresses of both kinds, with and without a port, are origins."""
    assert parse(of_api(f'upstream = "{upstream}"')).apis[0].upstream == upstream


@pytest.mark.parametrize("prefix", ["/", "/a", "/a/b-c/~d", "/v1:sum", "/a.b/..c"])
def test_path_prefix_that_is_one(prefix: str) -> None:
    """Whole segments of plain characters are a prefix."""
    assert parse(of_api(f'path_prefix = "{prefix}"')).apis[0].path_prefix == prefix


PROPERTIES = """
[[apis]]
name = "shop"
schemes = ["bbx"]
scopes = ["write", "read"]

[[consumers]]
name = "till"
email = "ops@acme.example"
parent = "acme"
plan = "basic"
labels = { tier = "gold" }
max_sub_keys = 10
quota_month = 0

[[consumers]]
name = "acme"

[[access_keys]]
id = "k1"
secret = "s"
consumer = "till"
apis = ["shop"]
name = "the till's"
scopes = ["write", "read"]
networks = ["203.0.113.0/24", "2001:DB8::1"]
rate_limit = "100/minute"
quota_day = 1000
quota_month = 20000
labels = { place = "Berlin" }
"""


def test_properties() -> None:
    """They are read and checked; what the file does not say is not there."""
    manifest = parse(PROPERTIES)
    assert manifest.apis[0].scopes == ("read", "write")
    till, acme = manifest.consumers
    assert till.properties == {
        "email": "ops@acme.example",
        "labels": {"tier": "gold"},
        "parent": "acme",
        "plan": "basic",
        "max_sub_keys": 10,
        "quota_month": 0,
    }
    assert acme.properties == {}
    assert manifest.access_keys[0].properties == {
        "name": "the till's",
        "scopes": ("read", "write"),
        "networks": ("203.0.113.0/24", "2001:db8::1/128"),
        "rate_limit": "100/minute",
        "quota_day": 1000,
        "quota_month": 20000,
        "labels": {"place": "Berlin"},
    }


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("max_sub_keys = 10", "max_sub_keys = true", "[[consumers]] 1 (till): max_sub_keys"),
        ("max_sub_keys = 10", "max_sub_keys = 1.5", "[[consumers]] 1 (till): max_sub_keys"),
        ("max_sub_keys = 10", "max_sub_keys = -1", "[[consumers]] 1 (till): max_sub_keys"),
        ('tier = "gold"', "tier = 1", "[[consumers]] 1 (till): labels.tier"),
        ('email = "ops@acme.example"', 'email = "nobody"', "[[consumers]] 1 (till): email"),
        ('parent = "acme"', 'parent = "nobody"', "[[consumers]] 1 (till): parent"),
        ('"100/minute"', '"many"', "[[access_keys]] 1 (k1): rate_limit"),
        ('"203.0.113.0/24"', '"203.0.113.1/24"', "[[access_keys]] 1 (k1): networks"),
        ('scopes = ["write", "read"]', 'scopes = ["a b"]', "[[apis]] 1 (shop): scopes"),
        ("quota_day = 1000", 'quota_day = "1000"', "[[access_keys]] 1 (k1): quota_day"),
    ],
)
def test_property_that_cannot_be(old: str, new: str, place: str) -> None:
    """The place names the entry and the property."""
    with pytest.raises(ConfigurationError) as caught:
        parse(PROPERTIES.replace(old, new))
    assert caught.value.place == f"keys.toml: {place}"
