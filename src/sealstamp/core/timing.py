"""Times as schemes write them, and windows. Inside, a time is always Unix milliseconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from sealstamp.core.record import Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_MARKS = b"-:TZ +"
_LAST_TEXTS: Final = 64
"""Requests of one second say the same time, so that many texts are kept with what they mean; refused ones are not."""
MAX_DIGITS: Final = 16
"""A decimal time has at most this many digits: microseconds until the year 2286."""
NEVER_MS: Final = 1 << 62
"""A time no clock reaches."""


class TimeFormat(Record):
    """A way to write a time.

    ``per_ms`` is given where the text is a plain decimal number: how many of its units are a millisecond, as a
    (multiplier, divisor) pair; the compiler writes such a reading in place. ``several`` says that ``read`` takes more
    than what ``write`` writes. ``read`` raises ValueError.
    """

    name: str
    read: Callable[[bytes], int]
    write: Callable[[int], bytes]
    summary: str
    per_ms: tuple[int, int] | None = None
    several: bool = False


def _decimal(name: str, multiplier: int, divisor: int, summary: str) -> TimeFormat:
    def read(text: bytes) -> int:
        # bytes.isdigit is ASCII only; int() alone would take signs, spaces and underscores.
        if not text.isdigit() or len(text) > MAX_DIGITS:
            raise ValueError("not a plain decimal number")
        return int(text) * divisor // multiplier

    def write(ms: int) -> bytes:
        return b"%d" % (ms * multiplier // divisor)

    return TimeFormat(name, read, write, summary, (multiplier, divisor))


def _calendar(name: str, pattern: str, layout: str, summary: str) -> TimeFormat:
    # Every layout begins with year, month, day, hour, minute and second; strptime would take ten times as long.
    grammar = re.compile(pattern.encode(), re.ASCII)

    @lru_cache(maxsize=_LAST_TEXTS)
    def read(text: bytes) -> int:
        if not grammar.fullmatch(text):
            raise ValueError(f"not written as {name}")
        digits = text.translate(None, _MARKS)
        year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
        return _to_ms(datetime(year, month, day, int(digits[8:10]), int(digits[10:12]), int(digits[12:14]), tzinfo=UTC))

    def write(ms: int) -> bytes:
        return _from_ms(ms - ms % 1000).strftime(layout).encode()

    return TimeFormat(name, read, write, summary)


def _to_ms(moment: datetime) -> int:
    """Return the whole second that a time in UTC is in, as Unix milliseconds."""
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return (moment.toordinal() - _EPOCH_DAY) * 86_400_000 + seconds * 1000


def _from_ms(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


_HTTP_DATE = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4})"
    rb" (\d\d):(\d\d):(\d\d) GMT"
)
_DAYS = b"Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


@lru_cache(maxsize=_LAST_TEXTS)
def _read_http_date(text: bytes) -> int:
    """Read an IMF-fixdate (RFC 9110, section 5.6.7) without the locale that strptime obeys."""
    match = _HTTP_DATE.fullmatch(text)
    if match is None:
        raise ValueError("not an HTTP date")
    day, month, year, hour, minute, second = match.groups()
    moment = datetime(int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    return _to_ms(moment)


def _write_http_date(ms: int) -> bytes:
    moment = _from_ms(ms)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return b"%b, %02d %b %04d %b GMT" % (day, moment.day, month, moment.year, moment.strftime("%H:%M:%S").encode())


def _read_mail_date(text: bytes) -> int:
    """Read a date as mail has it (RFC 2822, section 3.3), in UTC, which is written ``-0000`` or ``+0000``."""
    if not text.endswith((b" -0000", b" +0000")):
        raise ValueError("not a mail date in UTC")
    return _read_http_date(text[:-5] + b"GMT")


def _write_mail_date(ms: int) -> bytes:
    return _write_http_date(ms)[:-3] + b"-0000"


_FRACTION = re.compile(rb"([0-9]{1,16})(?:\.([0-9]{1,9}))?")


def _read_fraction(text: bytes) -> int:
    """Read decimal seconds with or without a fraction, of which milliseconds count."""
    match = _FRACTION.fullmatch(text)
    if match is None:
        raise ValueError("not decimal seconds")
    return int(match[1]) * 1000 + int((match[2] or b"").ljust(3, b"0")[:3])


_AZURE_DATE = re.compile(rb"([A-Z][a-z]{2}), (\d\d) (\d{4}) (\d\d:\d\d:\d\d)\.\d{6} GMT")


def _read_azure_date(text: bytes) -> int:
    """Read an HTTP date, or one as the Python SDK of Azure App Configuration writes it, with microseconds."""
    match = _AZURE_DATE.fullmatch(text)
    if match is None:
        return _read_http_date(text)
    month, day, year, clock = match.groups()
    return _read_http_date(b"Mon, %b %b %b %b GMT" % (day, month, year, clock))


def _with_ms(name: str, seconds: TimeFormat, zone: bytes, summary: str) -> TimeFormat:
    """Make a format of another: its seconds, a point, three digits of milliseconds, a zone."""
    size = 4 + len(zone)

    def read(text: bytes) -> int:
        digits = text[-size:][1:4]
        if text[-size:] != b".%b%b" % (digits, zone) or not digits.isdigit():
            raise ValueError(f"not written as {name}")
        return seconds.read(text[:-size]) + int(digits)

    def write(ms: int) -> bytes:
        return b"%b.%03d%b" % (seconds.write(ms), ms % 1000, zone)

    return TimeFormat(name, read, write, summary)


def _ahead(name: str, utc: TimeFormat, hours: int, summary: str) -> TimeFormat:
    """Make a format of another: the time of a zone that is ahead of UTC, which the text does not say."""
    shift = hours * 3_600_000
    return TimeFormat(name, lambda text: utc.read(text) - shift, lambda ms: utc.write(ms + shift), summary)


_SECONDS = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
_BARE = _calendar("iso-8601-bare", _SECONDS, "%Y-%m-%dT%H:%M:%S", "2006-01-02T15:04:05, UTC though it does not say so")
_CHINA = _ahead(
    "china",
    _calendar("china", _SECONDS.replace("T", " "), "%Y-%m-%d %H:%M:%S", ""),
    8,
    "2006-01-02 23:04:05, eight hours ahead of UTC",
)

TIME_FORMATS: Final[Mapping[str, TimeFormat]] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            _decimal("unix-s", 1, 1000, "seconds since 1970, decimal"),
            TimeFormat(
                "unix-s-fraction", _read_fraction, lambda ms: b"%d" % (ms // 1000), "the same, or 1136214245.25"
            ),
            _decimal("unix-ms", 1, 1, "milliseconds since 1970, decimal"),
            _decimal("unix-us", 1000, 1, "microseconds since 1970, decimal"),
            _calendar("iso-8601", _SECONDS + "Z", "%Y-%m-%dT%H:%M:%SZ", "2006-01-02T15:04:05Z, UTC"),
            _calendar("iso-8601-basic", r"\d{8}T\d{6}Z", "%Y%m%dT%H%M%SZ", "20060102T150405Z, UTC"),
            _with_ms("iso-8601-ms", _BARE, b"Z", "2006-01-02T15:04:05.678Z, UTC"),
            _BARE,
            _calendar("edgegrid", r"\d{8}T\d\d:\d\d:\d\d\+0000", "%Y%m%dT%H:%M:%S+0000", "20060102T15:04:05+0000"),
            _CHINA,
            _with_ms("china-ms", _CHINA, b"+0800", "2006-01-02 23:04:05.678+0800"),
            TimeFormat("rfc-2822", _read_mail_date, _write_mail_date, "Mon, 02 Jan 2006 15:04:05 -0000, or +0000"),
            TimeFormat("http-date", _read_http_date, _write_http_date, "Mon, 02 Jan 2006 15:04:05 GMT"),
            TimeFormat(
                "azure-date", _read_azure_date, _write_http_date, "the same, or Jan, 02 2006 15:04:05.000000 GMT"
            ),
        )
    }
)
"""Every way to write a time, by name."""


def any_of(formats: Sequence[TimeFormat]) -> TimeFormat:
    """Make a format of several: the first is written, all are read."""

    def read(text: bytes) -> int:
        for entry in formats:
            try:
                return entry.read(text)
            except (ValueError, OverflowError):
                continue
        raise ValueError("written in none of the formats")

    name, summary = (" or ".join(getattr(entry, field) for entry in formats) for field in ("name", "summary"))
    return TimeFormat(name, read, formats[0].write, summary, several=True)


_UNITS: Final = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(?P<number>[0-9]{1,9}) ?(?P<unit>ms|s|min|h|d)")


def parse_duration(text: str) -> int:
    """Read ``30 s``, ``5 min``, ``500 ms``, ``24 h`` or ``7 d`` into milliseconds. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no duration; write a number and a unit: 500 ms, 30 s, 5 min, 24 h, 7 d")
    return int(match["number"]) * _UNITS[match["unit"]]


def write_duration(ms: int) -> str:
    """Write milliseconds in the largest unit that divides them."""
    unit = next(name for name, size in sorted(_UNITS.items(), key=lambda item: -item[1]) if ms % size == 0)
    return f"{ms // _UNITS[unit]} {unit if ms else 's'}"
