"""What is planned to cost less gives the same: headers picked first, queries sorted as they are, keys remembered."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core import fieldlists, runtime, sortedpairs
from sealstamp.core.compiler import Stages, compile_scheme
from sealstamp.core.credential import Credential
from sealstamp.core.planning import Derivations, undoubled
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.template import parse_template
from sealstamp.core.tree import Apply, Name, Text, walk
from sealstamp.core.verifier import Verifier
from sealstamp.errors import MalformedCredentialsError, SignatureMismatchError
from tests.core.schemes import HEAD, load

NAMES = st.sampled_from([b"host", b"x-a", b"x-b", b"date", b"x-signature"])
HEADERS = st.lists(st.tuples(NAMES, st.text("a b\t,=%", max_size=8).map(str.encode)), max_size=6)
LISTED = st.lists(NAMES | st.just(b"absent"), max_size=5).map(b";".join)
QUERIES = st.text("ab=&%2+-.1~ é", max_size=24).map(str.encode)
PIPELINES = [
    "squeeze|merge:','|only:listed,';'|join:':','\\n','\\n'",
    "merge:','|trim|only:listed,';'|join:':','\\n'",
    "lower_names|lower_values|only:listed,';'|join:'','\\n','.'",
    "match:'x-*'|only:listed,';'|squeeze|sort|join_bare:'=','&'",
    "dedupe|drop:'date'|nonempty|only:listed,';'|merge:','|values:'|'",
    "only:listed,';'|names:';'",
]


@lru_cache
def stages_of(pipeline: str) -> Stages:
    """Compile an expression of a request's lists."""
    scheme = load(f"""{HEAD}
[parameters]
listed = {{ default = "", about = "names of headers" }}
[fields]
listed    = "query listed"
signature = "header X-Signature"
[sign]
string_to_sign = "{{{pipeline}}}"
signature      = "{{string_to_sign|hmac:sha256,secret|hex}}"
""")
    return compile_scheme(scheme).bind_stages(b"", b"secret")


def compiled(pipeline: str, request: Request, listed: bytes = b"") -> bytes:
    return stages_of(pipeline)((b"", None, b"", listed, b""), request)[0]


def step_by_step(pipeline: str, fields: list[tuple[bytes, bytes]], listed: bytes) -> object:
    """Do what each filter does, one after another."""
    node, steps = parse_template("{headers|" + pipeline.replace("\\n", "\n") + "}"), []
    while isinstance(node, Apply):
        steps.insert(0, node)
        node = node.source
    result: object = fields
    for step in steps:
        arguments = [argument.value.encode() if isinstance(argument, Text) else listed for argument in step.arguments]
        result = getattr(fieldlists, step.filter, lambda fields: sorted(fields))(result, *arguments)
    return result


@pytest.mark.parametrize("pipeline", PIPELINES)
@given(headers=HEADERS, listed=LISTED)
def test_headers_picked_first(pipeline: str, headers: list[tuple[bytes, bytes]], listed: bytes) -> None:
    """Whether or not headers come twice, and whatever names a list names how often."""
    request = Request(b"GET", b"/", headers)
    signed = [field for field in headers if field[0] != b"x-signature"]
    assert compiled(f"headers|{pipeline}", request, listed) == step_by_step(pipeline, signed, listed)


def test_what_is_picked_first() -> None:
    """Filters of single values, and of doubles, may stand before; what adds or renames fields may not."""
    assert all(undoubled(parse("{headers|" + pipeline + "}")) for pipeline in PIPELINES)
    plan = undoubled(parse("{headers|squeeze|merge:','|only:listed,';'|names:';'}"))
    assert plan is not None
    assert [node.filter for node in walk(plan) if isinstance(node, Apply)] == ["names", "squeeze", "only"]
    for other in ("headers|title_names|only:a,';'", "query_fields|only:a,';'", "headers|sort", "headers|add:'a','b'"):
        assert undoubled(parse("{" + other + "|names:';'}")) is None


def parse(text: str) -> Apply:
    node = parse_template(text)
    assert isinstance(node, Apply)
    return node


@pytest.mark.parametrize("without", [frozenset(), frozenset({b"a"})])
@given(query=QUERIES)
def test_a_plain_query_is_sorted_as_it_is(without: frozenset[bytes], query: bytes) -> None:
    """It gives what decoding, encoding and sorting names and values gives."""
    request = Request(b"GET", b"/?" + query)
    fields = sorted(fieldlists.encode_each(fieldlists.query_list(request, without)))
    assert sortedpairs.sorted_query(request, without, b"=", b"&") == fieldlists.join(fields, b"=", b"&")
    assert fieldlists.encoded_query(request, without) == fieldlists.encode_each(fieldlists.query_list(request, without))


def test_a_query_that_names_sort_before_values() -> None:
    """``a`` comes before ``a-b`` and ``a1``, though ``=`` comes after ``-`` and ``1``."""
    request = Request(b"GET", b"/?a1=2&a-b=1&a=3&a=2")
    assert compiled("query_fields|encode_each|sort|join:'=','&'", request) == b"a=2&a=3&a-b=1&a1=2"


def test_too_many_parameters() -> None:
    """Plain ones are counted too."""
    with pytest.raises(MalformedCredentialsError):
        compiled("query_fields|encode_each|sort|join:'=','&'", Request(b"GET", b"/?" + b"&".join([b"a=1"] * 1001)))


DAILY = f"""{HEAD}
[parameters]
region = {{ default = "eu", about = "travels" }}
[fields]
timestamp = "header X-Time"
region    = "header X-Region"
nonce     = "header X-Nonce"
signature = "header X-Signature"
[time]
format = "unix-s"
past   = "5 min"
future = "5 min"
[nonce]
make = "hex 16"
[sign]
day            = "{{timestamp|date:'%Y%m%d'}}"
day_key        = "{{day|hmac:sha256,secret}}"
region_key     = "{{region|hmac:sha256,day_key}}"
once_key       = "{{nonce|hmac:sha256,region_key}}"
string_to_sign = "{{target}}{{timestamp}}{{nonce}}"
signature      = "{{string_to_sign|hmac:sha256,KEY|hex}}"
"""
DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("key", "inputs"),
    [("region_key", ["region", "day"]), ("day_key", ["day"]), ("once_key", None), ("nonce", None), ("secret", [])],
)
def test_what_a_key_is_derived_with(key: str, inputs: list[str] | None) -> None:
    """The day and the region, which requests share; a key for one request is not worth remembering."""
    found = Derivations(load(DAILY.replace("KEY", key if key != "nonce" else "secret"))).inputs_of(Name(key))
    assert (found if found is None else [getattr(value, "name", value) for value in found]) == inputs


@pytest.mark.parametrize("key", ["day_key", "region_key", "once_key"])
def test_remembered_keys_are_told_apart(key: str) -> None:
    """A key of one day or region never stands for another's, however many there are, in whatever order."""
    scheme = load(DAILY.replace("KEY", key))
    verifier, credential = Verifier(scheme), Credential.of("", "secret")
    signer, bound = Signer(scheme, credential), verifier.bind(credential, consumer="one")
    request = Request(b"GET", b"/a")
    for index in [*range(20), *range(20), 3, 3]:
        now_ms = 1_700_000_000_000 + index % 7 * DAY_MS
        values = {"region": "abc"[index % 3] * (1 + index % 2 * 300)}
        signed = signer.sign(request, time_ms=now_ms, nonce="1f", values=values).apply(request)
        fresh = Signer(scheme, credential).sign(request, time_ms=now_ms, nonce="1f", values=values).apply(request)
        assert signed.headers == fresh.headers
        verifier.check(signed, verifier.present(signed, now_ms), bound, now_ms)
        other = Request(
            b"GET", b"/a", [(name, b"other" if name == b"x-region" else value) for name, value in signed.headers]
        )
        if key == "region_key":
            with pytest.raises(SignatureMismatchError):
                verifier.check(other, verifier.present(other, now_ms), bound, now_ms)


def test_little_is_remembered() -> None:
    """The last few, and nothing long: who has no key could fill memory with it."""
    memory: dict[tuple[bytes, ...], int] = {}
    for index in range(100):
        assert runtime.remember(memory, (b"%d" % index,), index) == index
        assert len(memory) <= runtime.MAX_REMEMBERED
    assert memory[(b"99",)] == 99
    assert runtime.remember(memory, (b"a", b"b" * runtime.MAX_REMEMBERED_LENGTH), 1) == 1
    assert (b"a", b"b" * runtime.MAX_REMEMBERED_LENGTH) not in memory
