"""``sealstamp verify``: would this raw request be accepted, and if not, why not."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from sealstamp.cli import inputs, output
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.core.stages import Stage
from sealstamp.core.verifier import BoundKey, Verifier
from sealstamp.errors import ConfigurationError, Reason, SealstampError, VerificationError

_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


def add(parser: ArgumentParser) -> None:
    """Say what ``verify`` takes."""
    inputs.add_scheme(parser)
    inputs.add_credential(parser)
    parser.add_argument("--request", required=True, metavar="FILE|-", help="a raw HTTP/1.1 request")
    inputs.add_time(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Verify and print; the exit code says accepted (0) or refused (1). Whether it is a replay is not asked."""
    scheme = inputs.scheme_of(arguments)
    credential = inputs.credential_of(arguments, scheme)
    raw = _read(arguments.request)
    now_ms = inputs.time_of(arguments, scheme)
    report = _examine(scheme, credential, raw, now_ms)
    output.show_json(report) if arguments.json else _tell(report)
    return output.DONE if report["accepted"] else output.FAILED


def _examine(scheme: Scheme, credential: Credential, raw: bytes, now_ms: int) -> dict[str, object]:
    verifier = Verifier(scheme)
    fields: dict[str, str] = {}
    stages: tuple[Stage, ...] = ()
    try:
        request = parse_request(raw)
        presented = verifier.present(request, now_ms)
        fields = verifier.fields_of(presented)
        stages = verifier.stages(request, presented, credential)
        key = verifier.bind(credential, consumer="")
        known: BoundKey | None = key if fields.get("access_key_id", "") == credential.access_key_id else None
        verifier.check(request, presented, known if scheme.names_key else key, now_ms)
    except VerificationError as refusal:
        return _report(scheme, refusal.reason, str(refusal), fields, stages)
    return _report(scheme, Reason.ACCEPTED, "the signature matches", fields, stages)


def _report(
    scheme: Scheme, reason: Reason, detail: str, fields: dict[str, str], stages: tuple[Stage, ...]
) -> dict[str, object]:
    return {
        "accepted": reason is Reason.ACCEPTED,
        "reason": reason.value,
        "detail": detail,
        "scheme": scheme.name,
        "presented": fields,
        "expected": {stage.name: stage.text for stage in stages},
    }


def _tell(report: dict[str, object]) -> None:
    output.say(f"{report['reason']}: {report['detail']}")
    for part in ("presented", "expected"):
        values = report[part]
        assert isinstance(values, dict)  # noqa: S101
        for name, value in values.items():
            output.say(f"  {part} {name}: {value!r}")


def _read(path: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"--request {path}", f"cannot be read: {error.strerror}", "check the path") from None


def parse_request(raw: bytes) -> Request:
    """Read a request as it stands in a capture: CRLF or LF lines, the rest is its body.

    Raises ConfigurationError where it is not one, VerificationError where it is too large.
    """
    empty_line = _EMPTY_LINE.search(raw)
    head, body = (raw[: empty_line.start()], raw[empty_line.end() :]) if empty_line else (raw, b"")
    first, *lines = head.splitlines()
    words = first.split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        raise _not_a_request("its first line must be like: GET /path HTTP/1.1")
    scheme, authority, target = _split_target(words[1])
    headers = [_split_header(line) for line in lines]
    return Request(words[0], target, headers, scheme=scheme, authority=authority, body=body)


def _split_target(text: bytes) -> tuple[bytes, bytes | None, bytes]:
    if text.startswith(b"/"):
        return b"https", None, text
    scheme, separator, rest = text.partition(b"://")
    if not separator:
        raise _not_a_request("its target must begin with / or be a URL")
    authority, slash, path = rest.partition(b"/")
    return scheme, authority, slash + path or b"/"


def _split_header(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip():
        raise _not_a_request(f"no header: {line[:40].decode('utf-8', 'backslashreplace')!r}")
    return name.lower(), value.strip(b" \t")


def _not_a_request(problem: str) -> SealstampError:
    return ConfigurationError("--request", f"not an HTTP/1.1 request: {problem}", "give it as it was sent")
