"""Times as schemes write them: strict reading, round trips, durations."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.timing import MAX_DIGITS, TIME_FORMATS, parse_duration, write_duration
from sealstamp.core.verifier import Verifier
from sealstamp.errors import MalformedCredentialsError, OutsideTimeWindowError
from tests.core.schemes import HEAD, load, window

MOMENT_MS = 1_136_214_245_678  # 2006-01-02T15:04:05.678Z
WRITTEN = {
    "unix-s": b"1136214245",
    "unix-s-fraction": b"1136214245",
    "unix-ms": b"1136214245678",
    "unix-us": b"1136214245678000",
    "iso-8601": b"2006-01-02T15:04:05Z",
    "iso-8601-basic": b"20060102T150405Z",
    "iso-8601-ms": b"2006-01-02T15:04:05.678Z",
    "iso-8601-bare": b"2006-01-02T15:04:05",
    "edgegrid": b"20060102T15:04:05+0000",
    "china": b"2006-01-02 23:04:05",
    "china-ms": b"2006-01-02 23:04:05.678+0800",
    "rfc-2822": b"Mon, 02 Jan 2006 15:04:05 -0000",
    "http-date": b"Mon, 02 Jan 2006 15:04:05 GMT",
    "azure-date": b"Mon, 02 Jan 2006 15:04:05 GMT",
}
TO_A_MILLISECOND = {"unix-ms", "unix-us", "iso-8601-ms", "china-ms"}
every_format = pytest.mark.parametrize("name", TIME_FORMATS)

NOT_WRITTEN_SO = {
    "unix-s": [b"", b" 1", b"1 ", b"+1", b"-1", b"1_0", b"1.0", b"0x1", b"1\n", "\u0661".encode(), b"1" * 17],
    "unix-s-fraction": [b"", b"1.", b".5", b"1.5.5", b"-1.5", b"1e3", b"1,5", b"1.5 ", b"1." + b"1" * 10, b"1" * 17],
    "unix-ms": [b"", b"1e3", b"\xb2", b"1" * 17],
    "unix-us": [b"", b"NaN", b"1" * 17],
    "iso-8601": [
        *[b"", b"2006-01-02T15:04:05", b"2006-01-02T15:04:05z", b"2006-01-02 15:04:05Z", b"2006-1-2T15:04:05Z"],
        *[b"2006-01-02T15:04:05.678Z", b"2006-01-02T15:04:05+00:00", b"2006-13-02T15:04:05Z", b"2006-02-30T15:04:05Z"],
        *[b"2006-01-02T24:00:00Z", b"2006-01-02T15:04:60Z", b"2006-01-02T15:04:61Z", b"0000-01-02T15:04:05Z"],
        *[b" 2006-01-02T15:04:05Z", b"2006-01-02T15:04:05Z\n", "\u0662006-01-02T15:04:05Z".encode(), b"\xff" * 20],
    ],
    "iso-8601-basic": [
        *[b"", b"20060102T150405", b"20060102T150405z", b"20060102 150405Z", b"2006-01-02T15:04:05Z"],
        *[b"20061302T150405Z", b"20060230T150405Z", b"20060102T150460Z", b"20060102T150405Z ", b"00000102T150405Z"],
    ],
    "iso-8601-ms": [
        *[b"", b"2006-01-02T15:04:05Z", b"2006-01-02T15:04:05.67Z", b"2006-01-02T15:04:05.6789Z"],
        *[b"2006-01-02T15:04:05.678", b"2006-01-02T15:04:05.678z", b"2006-01-02T15:04:05,678Z", b".678Z", b"678Z"],
        *[b"2006-01-02T15:04:05.-12Z", b"2006-01-02T15:04:05. 12Z", b"2006-02-30T15:04:05.678Z"],
        *["2006-01-02T15:04:05.67\u0668Z".encode(), b"2006-01-02T15:04:05.678Z\n", b"2006-01-02T15:04:05.6.78Z"],
    ],
    "iso-8601-bare": [
        *[b"", b"2006-01-02T15:04:05Z", b"2006-01-02 15:04:05", b"2006-1-2T15:04:05", b"2006-01-02T15:04:05.678"],
        *[b"2006-02-30T15:04:05", b"2006-01-02T15:04:60", b"2006-01-02T15:04:05\n", b"0000-01-02T15:04:05"],
    ],
    "edgegrid": [
        *[b"", b"20060102T150405Z", b"20060102T15:04:05Z", b"20060102T15:04:05+0100", b"20060102T15:04:05-0000"],
        *[b"20060230T15:04:05+0000", b"20060102T15:04:60+0000", b"20060102T15:04:05+0000 "],
        *[b"2006-01-02T15:04:05+0000", b"00000102T15:04:05+0000"],
    ],
    "china": [
        *[b"", b"2006-01-02T23:04:05", b"2006-01-02 23:04:05+0800", b"2006-1-2 23:04:05", b"2006-01-02  23:04:05"],
        *[b"2006-02-30 23:04:05", b"2006-01-02 24:04:05", b"2006-01-02 23:04:60", b"2006-01-02 23:04:05\n"],
    ],
    "china-ms": [
        *[b"", b"2006-01-02 23:04:05", b"2006-01-02 23:04:05.678", b"2006-01-02 23:04:05.678+0700", b".678+0800"],
        *[b"2006-01-02 23:04:05+0800", b"2006-01-02 23:04:05.67+0800", b"2006-02-30 23:04:05.678+0800"],
    ],
    "rfc-2822": [
        *[b"", b"Mon, 02 Jan 2006 15:04:05 GMT", b"Mon, 02 Jan 2006 15:04:05", b"Mon, 02 Jan 2006 15:04:05 +0100"],
        *[b"Mon, 31 Feb 2006 15:04:05 -0000", b"Mon, 2 Jan 2006 15:04:05 -0000", b"Mon, 02 Jan 2006 15:04:05-0000"],
        *[b" -0000", b"Mon, 02 Jan 2006 15:04:05 GMT -0000", b"Mon, 02 Jan 2006 15:04:05 -0000\n"],
    ],
    "http-date": [
        *[b"", b"Mon, 02 Jan 2006 15:04:05", b"Mon, 02 Jan 2006 15:04:05 UTC", b"mon, 02 jan 2006 15:04:05 gmt"],
        *[b"Monday, 02-Jan-06 15:04:05 GMT", b"Mon Jan  2 15:04:05 2006", b"Mon, 2 Jan 2006 15:04:05 GMT"],
        *[b"Mon, 31 Feb 2006 15:04:05 GMT", b"Mon, 02 Jan 2006 25:04:05 GMT", b"Mon, 02 Jan 2006 15:04:60 GMT"],
        *[b"Mon, 02 Jan 0000 15:04:05 GMT", b"Mon, 02 Jan 2006 15:04:05 GMT\n", b"Xyz, 02 Jan 2006 15:04:05 GMT"],
    ],
    "azure-date": [
        *[b"", b"Jan, 02 2006 15:04:05 GMT", b"Jan, 02 2006 15:04:05.678 GMT", b"Jan, 2 2006 15:04:05.678000 GMT"],
        *[b"Feb, 31 2006 15:04:05.678000 GMT", b"Xyz, 02 2006 15:04:05.678000 GMT", b"Jan, 02 2006 15:04:05.678000"],
    ],
}


@every_format
def test_written(name: str) -> None:
    """Each format writes the moment as its summary shows, cut to its unit."""
    assert TIME_FORMATS[name].write(MOMENT_MS) == WRITTEN[name]


@every_format
@given(ms=st.integers(0, 9_999_999_999_000))
def test_read_back(name: str, ms: int) -> None:
    """What is written is read as the same moment, cut to the format's unit; until the year 2286 at least."""
    unit = 1 if name in TO_A_MILLISECOND else 1000
    assert TIME_FORMATS[name].read(TIME_FORMATS[name].write(ms)) == ms - ms % unit


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in NOT_WRITTEN_SO.items() for text in texts])
def test_written_otherwise(name: str, text: bytes) -> None:
    """Anything but the one way to write it is refused."""
    with pytest.raises(ValueError):  # strptime's own words are as good
        TIME_FORMATS[name].read(text)


@pytest.mark.parametrize(
    ("name", "text", "ms"),
    [
        ("unix-s-fraction", b"1136214245.678", MOMENT_MS),
        ("unix-s-fraction", b"1136214245.6789012", MOMENT_MS),
        ("unix-s-fraction", b"1136214245.5", 1_136_214_245_500),
        ("azure-date", b"Jan, 02 2006 15:04:05.678901 GMT", 1_136_214_245_000),
    ],
)
def test_another_way_to_write_it(name: str, text: bytes, ms: int) -> None:
    """Two formats are read in a second way, in which a vendor's own client writes them."""
    assert TIME_FORMATS[name].read(text) == ms


@every_format
@given(text=st.binary(max_size=40))
def test_any_bytes(name: str, text: bytes) -> None:
    """Reading any bytes gives a moment or raises ValueError."""
    with contextlib.suppress(ValueError):
        assert isinstance(TIME_FORMATS[name].read(text), int)


def scheme_text(form: str) -> str:
    return f"""{HEAD}
[fields]
timestamp = "header T"
signature = "header S"
{window(form)}
[sign]
string_to_sign = "{{timestamp}}"
signature = "{{timestamp|hmac:sha256,secret|hex}}"
"""


@every_format
def test_compiled_as_read(name: str) -> None:
    """The reading that is compiled into a verifier is the format's own, at the edges of the window too."""
    test = load(scheme_text(name))
    made = Signer(test, Credential.of("", "s")).sign(Request(b"GET", b"/"), time_ms=MOMENT_MS)
    request = made.apply(Request(b"GET", b"/"))
    stamped = TIME_FORMATS[name].read(WRITTEN[name])
    present = Verifier(test).present
    assert present(request, MOMENT_MS)[1] == stamped
    for off in (-300_000, 300_000):
        assert present(request, stamped + off)[1] == stamped
    for off in (-300_001, 300_001):
        with pytest.raises(OutsideTimeWindowError):
            present(request, stamped + off)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in NOT_WRITTEN_SO.items() for text in texts])
def test_compiled_as_strict(name: str, text: bytes) -> None:
    """A verifier refuses as malformed what the format does not read."""
    with pytest.raises(MalformedCredentialsError):
        Verifier(load(scheme_text(name))).present(Request(b"GET", b"/", [(b"t", text), (b"s", b"")]), MOMENT_MS)


@pytest.mark.parametrize("text", [b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59Z"])
def test_ends_of_the_calendar(text: bytes) -> None:
    """The calendar's ends are moments like others, outside of any window."""
    request = Request(b"GET", b"/", [(b"t", text), (b"s", b"")])
    with pytest.raises(OutsideTimeWindowError):
        Verifier(load(scheme_text("iso-8601"))).present(request, MOMENT_MS)


def test_digits() -> None:
    """As many digits are read as microseconds need."""
    assert TIME_FORMATS["unix-us"].read(b"9" * MAX_DIGITS) == 9_999_999_999_999


DURATIONS = {"500 ms": 500, "30 s": 30_000, "30s": 30_000, "5 min": 300_000, "24 h": 86_400_000, "7 d": 604_800_000}


@pytest.mark.parametrize(("text", "ms"), [*DURATIONS.items(), ("0 s", 0), ("999999999 d", 999_999_999 * 86_400_000)])
def test_duration(text: str, ms: int) -> None:
    """A duration is a whole number and a unit."""
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "min",
        "5 m",
        "5  min",
        " 5 min",
        "5 min ",
        "5 min\n",
        "-5 s",
        "+5 s",
        "1.5 s",
        "1_0 s",
        "\u0665 s",
        "5 MIN",
        "9" * 10 + " s",
    ],
)
def test_no_duration(text: str) -> None:
    """Anything else raises ValueError and says how to write one."""
    with pytest.raises(ValueError, match="write a number and a unit"):
        parse_duration(text)


@given(st.integers(0, 999_999_999), st.sampled_from(["ms", "s", "min", "h", "d"]))
def test_duration_read_back(number: int, unit: str) -> None:
    """Whatever duration can be read is written so that it is read as the same."""
    ms = parse_duration(f"{number} {unit}")
    assert parse_duration(write_duration(ms)) == ms


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0 s"), (1, "1 ms"), (1000, "1 s"), (90_000, "90 s"), (86_400_000, "1 d")]
)
def test_duration_written(ms: int, text: str) -> None:
    """The largest unit that divides is used."""
    assert write_duration(ms) == text
