"""``sealstamp call``: sign a request and send it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection

from sealstamp.cli import inputs, output
from sealstamp.cli.inputs import Wanted
from sealstamp.cli.sign import sign
from sealstamp.errors import SealstampError

TIMEOUT_SECONDS = 60


class CallFailedError(SealstampError):
    """No HTTP answer came."""


def add(parser: ArgumentParser) -> None:
    """Say what ``call`` takes."""
    inputs.add_scheme(parser)
    inputs.add_credential(parser)
    inputs.add_request(parser)
    output.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Send, print the answer; the exit code is 0 for a status below 400."""
    signed, _ = sign(arguments)
    status, headers, body = send(signed)
    text = body.decode("utf-8", "backslashreplace")
    document = {"status": status, "headers": [list(header) for header in headers], "body": text}
    output.show(arguments, document, lambda: _tell(status, text))
    return output.DONE if status < 400 else output.FAILED


def _tell(status: int, text: str) -> None:
    output.note(f"HTTP {status}")
    output.say(text)


def send(signed: Wanted) -> tuple[int, list[tuple[str, str]], bytes]:
    """Send a request exactly as it was signed; return status, headers and body. Raises CallFailedError."""
    kind = HTTPSConnection if signed.scheme == "https" else HTTPConnection
    try:
        with closing(kind(signed.authority, timeout=TIMEOUT_SECONDS)) as connection:
            response = _exchange(connection, signed)
            return response.status, response.getheaders(), response.read()
    except (OSError, HTTPException, UnicodeError) as error:  # UnicodeError: a host that is no domain name
        problem = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise CallFailedError(f"{signed.authority}: {problem}\nhint: is it running, and is the URL right?") from None


def _exchange(connection: HTTPConnection, signed: Wanted) -> HTTPResponse:
    names = {name.lower() for name, _ in signed.headers}
    connection.putrequest(
        signed.method, signed.target, skip_host="host" in names, skip_accept_encoding="accept-encoding" in names
    )
    for name, value in signed.headers:
        connection.putheader(name, value.encode())  # the bytes that were signed; a text would go as Latin-1
    if signed.body is not None and "content-length" not in names:
        connection.putheader("Content-Length", str(len(signed.body)))
    connection.endheaders(signed.body)
    return connection.getresponse()
