"""``sealstamp verify``: would this raw request be accepted, and if not, why not."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace

from sealstamp.cli import inputs, output
from sealstamp.core.credential import Credential
from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.stages import Stage
from sealstamp.core.verifier import Verifier
from sealstamp.errors import ConfigurationError, Reason, VerificationError

_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_AUTHORITY = re.compile(rb"(?P<scheme>https?)://(?P<authority>[^/?#]+)", re.IGNORECASE)


class _Report(Record):
    """The decision, what came, and what should have come with all that is secret hidden."""

    reason: Reason
    detail: str
    scheme: str
    presented: dict[str, str]
    expected: dict[str, str]

    @property
    def accepted(self) -> bool:
        return self.reason is Reason.ACCEPTED


def add(parser: ArgumentParser) -> None:
    """Say what ``verify`` takes."""
    inputs.add_scheme(parser)
    inputs.add_credential(parser)
    parser.add_argument("--request", required=True, metavar="FILE|-", help="a raw HTTP/1.1 request")
    inputs.add_time(parser)
    output.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Verify and print; the exit code says accepted (0) or refused (1). Whether it is a replay is not asked."""
    scheme = inputs.scheme_of(arguments)
    credential = inputs.credential_of(arguments, scheme)
    raw = inputs.read_file("--request", arguments.request)
    report = _examine(scheme, credential, raw, inputs.time_of(arguments, scheme))
    output.show(arguments, _document(report), lambda: _tell(report))
    return output.DONE if report.accepted else output.FAILED


def _examine(scheme: Scheme, credential: Credential, raw: bytes, now_ms: int) -> _Report:
    verifier = Verifier(scheme)
    fields: dict[str, str] = {}
    stages: tuple[Stage, ...] = ()
    reason, detail = Reason.ACCEPTED, "the signature matches"
    try:
        request = parse_request(raw)
        presented = verifier.present(request, now_ms)
        fields = verifier.fields_of(presented)
        stages = verifier.stages(request, presented, credential)
        is_known = verifier.access_key_id_of(presented) == credential.access_key_id.encode()
        key = verifier.bind(credential, consumer="") if is_known or not scheme.names_key else None
        verifier.check(request, presented, key, now_ms)
    except VerificationError as refusal:
        reason, detail = refusal.reason, str(refusal)
    return _Report(reason, detail, scheme.name, fields, {stage.name: stage.text for stage in stages})


def _document(report: _Report) -> dict[str, object]:
    return {
        "accepted": report.accepted,
        "reason": report.reason.value,
        "detail": report.detail,
        "scheme": report.scheme,
        "presented": report.presented,
        "expected": report.expected,
    }


def _tell(report: _Report) -> None:
    output.say(f"{report.reason}: {report.detail}")
    for part, values in (("presented", report.presented), ("expected", report.expected)):
        for name, value in values.items():
            output.say(f"  {part} {name}: {value!r}")


def parse_request(raw: bytes) -> Request:
    """Read a request as it stands in a capture: CRLF or LF lines; all that comes after the empty one is its body.

    Raises ConfigurationError where it is not one, VerificationError where it is too large.
    """
    empty_line = _EMPTY_LINE.search(raw)
    head, body = (raw[: empty_line.start()], raw[empty_line.end() :]) if empty_line else (raw, b"")
    first, *lines = _LINE_END.split(head.rstrip(b"\r\n"))
    words = first.split(b" ")
    if len(words) != 3 or not all(words) or not words[2].startswith(b"HTTP/"):
        raise _not_a_request("its first line must be like: GET /path HTTP/1.1")
    scheme, authority, target = _split_target(words[1])
    headers = [_split_header(number, line) for number, line in enumerate(lines, start=2)]
    return Request(words[0], target, headers, scheme=scheme, authority=authority, body=body)


def _split_target(text: bytes) -> tuple[bytes, bytes | None, bytes]:
    """Return scheme, authority and target; the first two are only in the absolute form (RFC 9112, section 3.2.2)."""
    if text.startswith(b"/"):
        return b"https", None, text
    start = _AUTHORITY.match(text)
    if start is None:
        raise _not_a_request("its target must begin with / or be a URL")
    rest = text[start.end() :]
    return start["scheme"].lower(), start["authority"], rest if rest.startswith(b"/") else b"/" + rest


def _split_header(number: int, line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip():
        raise _not_a_request(f"line {number} is no header")  # it is not repeated: it may be a secret
    return name.lower(), value.strip(b" \t")


def _not_a_request(problem: str) -> ConfigurationError:
    return ConfigurationError("--request", f"not an HTTP/1.1 request: {problem}", "give it as it was sent")
