"""How an example is signed by hand: as a command, and in Python."""

from __future__ import annotations

import shlex

from sealstamp.core.credential import Credential
from sealstamp.core.example import Example
from sealstamp.core.scheme import LIFETIME, TIMESTAMP, TimeRule


def command(example: Example) -> str:
    """Return the call of ``sealstamp sign``, an option a line."""
    request = example.request
    options = [f"--scheme {example.scheme.name}", *_pair_options(example.credential)]
    options.append(f"--method {request.method.decode()}")
    options.append(f"--url {shlex.quote(request.url.decode())}")
    options += [f"--header {shlex.quote(f'{name}: {value}')}" for name, value in _headers(example)]
    options.append(f"--body {shlex.quote((request.body or b'').decode())}")
    if example.scheme.time:
        options.append(f"--at {shlex.quote(_travelling_time(example, example.scheme.time))}")
    if example.nonce:
        options.append(f"--nonce {example.nonce}")
    return " \\\n    ".join(["sealstamp sign", *options]) + "\n"


def _pair_options(credential: Credential) -> list[str]:
    named = [f"--access-key-id {credential.access_key_id}"] if credential.access_key_id else []
    extras = [f"--param {name}={shlex.quote(extra.reveal().decode())}" for name, extra in credential.extras.items()]
    return [*named, f"--secret {shlex.quote(credential.secret.reveal().decode())}", *extras]


def _headers(example: Example) -> list[tuple[str, str]]:
    """Return the headers that a client has to be told; the URL says the host."""
    return [(name.decode(), value.decode()) for name, value in example.request.headers if name != b"host"]


def _literal(text: str) -> str:
    """Return a text as Python writes it, in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _secrets(credential: Credential) -> str:
    extras = [f"{name}={_literal(extra.reveal().decode())}" for name, extra in credential.extras.items()]
    return ", ".join([_literal(credential.secret.reveal().decode()), *extras])


def python(example: Example) -> str:
    """Return a program that signs and prints what has to be added, with what it prints."""
    request, credential = example.request, example.credential
    moments = [f"time_ms={example.time_ms:_}"] if example.scheme.time else []
    nonces = [f'nonce="{example.nonce}"'] if example.nonce else []
    printed = [f"# → {place}: {value.decode()}" for place, value in example.sign().additions]
    lines = [
        "from sealstamp import Credential, Request, Signer, get_scheme",
        "",
        f'credential = Credential.of("{credential.access_key_id}", {_secrets(credential)})',
        f'signer = Signer(get_scheme("{example.scheme.name}"), credential)',
        "request = Request(",
        f"    {request.method!r},",
        f"    {request.target!r},",
        f"    {list(request.headers)!r},",
        f"    body={request.body!r},",
        ")",
        f"instructions = signer.sign({', '.join(['request', *moments, *nonces])})",
        "for place, value in instructions.additions:",
        '    print(f"{place}: {value.decode()}")',
        *printed,
    ]
    return "\n".join(lines) + "\n"


def _travelling_time(example: Example, rule: TimeRule) -> str:
    """Return the time that travels as the scheme writes it: when it was made, or else when it expires."""
    made = TIMESTAMP in example.scheme.carried
    lifetime_ms = 0 if made else int(example.scheme.parameters[LIFETIME]) * rule.unit_ms
    return rule.format.write(example.time_ms + lifetime_ms).decode()
