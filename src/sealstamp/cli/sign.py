"""``sealstamp sign``: what to send so that it is accepted."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace

from sealstamp.cli import inputs, output
from sealstamp.cli.inputs import Wanted
from sealstamp.core.signer import Signer
from sealstamp.core.stages import Stage

LONGEST_ARGUMENT = 100_000
"""In bytes; Linux takes 131,072 for one argument."""


def add(parser: ArgumentParser) -> None:
    """Say what ``sign`` takes."""
    inputs.add_scheme(parser)
    inputs.add_credential(parser)
    inputs.add_request(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--json",
        action="store_true",
        help="print JSON, with string to sign and signature; the former may hold the secret",
    )
    form.add_argument("--curl", action="store_true", help="print a curl command that sends it")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Sign and print."""
    signed, stages = sign(arguments)
    return output.show(arguments, _document(signed, stages), lambda: _tell(signed, as_curl=arguments.curl))


def sign(arguments: Namespace) -> tuple[Wanted, tuple[Stage, ...]]:
    """Return the signed request, and its stages as they are, the secret included.

    Raises ConfigurationError for arguments that cannot be, NotFoundError and SchemeError for the scheme, SigningError
    for a request that the scheme cannot sign.
    """
    scheme, values = inputs.scheme_and_values_of(arguments)
    wanted = inputs.wanted_of(arguments)
    signer = Signer(scheme, inputs.credential_of(arguments, scheme))
    request = inputs.request_of(wanted, scheme)
    time_ms, of_time = inputs.signing_time_of(arguments, scheme)
    nonce = inputs.nonce_of(arguments, scheme)
    instructions = signer.sign(request, time_ms=time_ms, nonce=nonce, values=of_time | values)
    signed_request = instructions.apply(request)
    stages = signer.stages(signed_request, instructions, reveal=True)
    return wanted.signed(signed_request, instructions.additions), stages


def _document(signed: Wanted, stages: tuple[Stage, ...]) -> dict[str, object]:
    texts = {stage.name: stage.text for stage in stages}
    return {
        "method": signed.method,
        "url": signed.url,
        "headers": [list(header) for header in signed.headers],
        "body": None if signed.body is None else signed.body.decode("utf-8", "backslashreplace"),
        "string_to_sign": texts["string_to_sign"],
        "signature": texts["signature"],
    }


def _tell(signed: Wanted, *, as_curl: bool) -> None:
    if as_curl:
        output.say(curl_command(signed))
        return
    output.say(f"{signed.method} {signed.url}")
    for name, value in signed.headers:
        output.say(f"{name}: {value}")


def curl_command(signed: Wanted) -> str:
    """Return a line for a POSIX shell that sends the request byte for byte, whatever its body is."""
    words = ["curl", "--path-as-is", "--globoff", *_curl_method(signed)]
    for name, value in signed.headers:
        words += ["--header", f"{name}: {value}" if value else f"{name};"]
    if signed.body is None:
        return shlex.join([*words, signed.url])
    if all(name.lower() != "content-type" for name, _ in signed.headers):
        words += ["--header", "Content-Type:"]  # curl would claim that the body is a form
    if _fits_in_an_argument(signed.body):
        return shlex.join([*words, "--data-raw", signed.body.decode(), signed.url])
    return f"{_printf(signed.body)} | {shlex.join([*words, '--data-binary', '@-', signed.url])}"


def _curl_method(signed: Wanted) -> list[str]:
    # Told --request HEAD, curl would wait for a body that never comes; with a body of ours it takes no --head.
    return ["--head"] if signed.method == "HEAD" and signed.body is None else ["--request", signed.method]


def _fits_in_an_argument(body: bytes) -> bool:
    """Tell whether the system takes the body as an argument, and a terminal shows it unharmed."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return len(body) <= LONGEST_ARGUMENT and all(letter.isprintable() or letter in "\n\t" for letter in text)


def _printf(body: bytes) -> str:
    """Return a shell command that prints any bytes; it is built into the shell, so their number is no matter."""
    octal = "".join(f"\\{byte:03o}" for byte in body)
    return f"printf '{octal}'"
