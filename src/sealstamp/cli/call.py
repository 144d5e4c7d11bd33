"""``sealstamp call``: sign a request and send it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
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
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Send, print the answer; the exit code is 0 for a status below 400."""
    signed, _ = sign(arguments)
    status, headers, body = send(signed)
    text = body.decode("utf-8", "backslashreplace")
    if arguments.json:
        output.show_json({"status": status, "headers": [list(header) for header in headers], "body": text})
    else:
        output.note(f"HTTP {status}")
        output.say(text)
    return output.DONE if status < 400 else output.FAILED


def send(signed: Wanted) -> tuple[int, list[tuple[str, str]], bytes]:
    """Send a request exactly as it was signed. Raises CallFailedError."""
    kind = HTTPSConnection if signed.scheme == "https" else HTTPConnection
    connection = kind(signed.authority, timeout=TIMEOUT_SECONDS)
    try:
        response = _exchange(connection, signed)
        return response.status, response.getheaders(), response.read()
    except (OSError, HTTPException) as error:
        raise CallFailedError(f"{signed.authority}: {error}\nhint: is it running, and is the URL right?") from None
    finally:
        connection.close()


def _exchange(connection: HTTPConnection, signed: Wanted) -> HTTPResponse:
    names = {name.lower() for name, _ in signed.headers}
    connection.putrequest(
        signed.method, signed.target, skip_host="host" in names, skip_accept_encoding="accept-encoding" in names
    )
    for name, value in signed.headers:
        connection.putheader(name, value)
    if signed.body is not None and "content-length" not in names:
        connection.putheader("Content-Length", str(len(signed.body)))
    connection.endheaders(signed.body)
    return connection.getresponse()
