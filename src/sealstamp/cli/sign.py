"""``sealstamp sign``: what to send so that it is accepted."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace

from sealstamp.cli import inputs, output
from sealstamp.cli.inputs import Wanted
from sealstamp.core.signer import Signer
from sealstamp.core.stages import Stage


def add(parser: ArgumentParser) -> None:
    """Say what ``sign`` takes."""
    inputs.add_scheme(parser)
    inputs.add_credential(parser)
    inputs.add_request(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="every stage too; the string to sign may hold the secret")
    form.add_argument("--curl", action="store_true", help="a curl command that sends it")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Sign and print."""
    signed, stages = sign(arguments)
    if arguments.json:
        output.show_json(_document(signed, stages))
    elif arguments.curl:
        output.say(_curl(signed))
    else:
        output.say(f"{signed.method} {signed.url}")
        for name, value in signed.headers:
            output.say(f"{name}: {value}")
    return output.DONE


def sign(arguments: Namespace) -> tuple[Wanted, tuple[Stage, ...]]:
    """Return the signed request, and its stages as they are, the secret included."""
    scheme = inputs.scheme_of(arguments)
    wanted = inputs.wanted_of(arguments)
    signer = Signer(scheme, inputs.credential_of(arguments, scheme))
    request = wanted.request
    instructions = signer.sign(
        request, time_ms=inputs.time_of(arguments, scheme), nonce=inputs.nonce_of(arguments, scheme)
    )
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


def _curl(signed: Wanted) -> str:
    words = ["curl", "--path-as-is", "--globoff", "--request", signed.method]
    for name, value in signed.headers:
        words += ["--header", f"{name}: {value}" if value else f"{name};"]
    if signed.body is not None:
        words += ["--data-binary", signed.body.decode("utf-8", "backslashreplace")]
    return shlex.join([*words, signed.url])
