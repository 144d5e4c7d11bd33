"""Credentials that a command prints, such as that of a password manager. No shell is between."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sealstamp.core.credential import Credential, Secret
from sealstamp.credentials.provider import CredentialProvider, Lease
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from subprocess import Popen

TIMEOUT_S: Final = 60.0
"""Long enough for somebody to be asked for a passphrase."""
MOST_BYTES: Final = 65_536
_NOTHING: Final[Mapping[str, Secret]] = {}


def from_command(words: Sequence[str], *, timeout_s: float = TIMEOUT_S) -> CredentialProvider:
    """Return a provider of what a command prints: JSON with ``access_key_id``, ``secret``, ``extras``, ``expires``.

    ``extras`` is an object of further secrets, ``expires`` a time as 2027-01-31T12:00:00Z, before which the command is
    run again; both may be missing, and what else is there is passed over. Asking it raises ConfigurationError where
    the command fails, prints something else or more than MOST_BYTES, or takes longer than ``timeout_s`` seconds.
    """
    return CredentialProvider(lambda: ask_for_pair(words, timeout_s=timeout_s))


def ask_for_pair(words: Sequence[str], *, timeout_s: float = TIMEOUT_S) -> Credential | Lease:
    """Return the pair that a command prints. Raises as ``from_command`` tells."""
    place, printed = _place(words), run(words, timeout_s=timeout_s)
    try:
        document = json.loads(printed)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        hint = 'let it print {"access_key_id": "…", "secret": "…"}'
        raise ConfigurationError(place, "what it printed is no JSON object", hint)
    extras = document.get("extras") or {}
    texts = [document.get("access_key_id"), document.get("secret"), *(extras.values() if _is_table(extras) else [None])]
    if not all(isinstance(text, str) for text in texts):
        problem = "access_key_id, secret or one of the extras is missing, or no text"
        raise ConfigurationError(place, problem, "let it print all of them as texts")
    credential = Credential.of(document["access_key_id"], document["secret"], **extras)
    expires = document.get("expires")
    return credential if expires is None else Lease(credential, _read_time(place, expires))


def ask_for_secret(
    words: Sequence[str],
    access_key_id: str,
    extras: Mapping[str, Secret] = _NOTHING,
    *,
    timeout_s: float = TIMEOUT_S,
) -> Credential:
    """Return a pair whose secret alone a command prints; its last line end is cut. Raises likewise."""
    printed = run(words, timeout_s=timeout_s).removesuffix(b"\n").removesuffix(b"\r")
    if not printed:
        raise ConfigurationError(_place(words), "it printed nothing", "let it print the secret")
    return Credential(access_key_id, Secret(printed), extras)


def run(words: Sequence[str], *, timeout_s: float = TIMEOUT_S) -> bytes:
    """Return what a command prints; what it writes to standard error goes to ours. Raises ConfigurationError."""
    import subprocess  # only callers with a command pay for it

    if not words:
        raise ConfigurationError("command", "it has no words", "name a program, and its arguments")
    place = _place(words)
    try:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)  # noqa: S603  # the caller's
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "its words cannot be passed on"
        raise ConfigurationError(place, f"it cannot be run: {problem}", "name a program that is there") from None
    with process:
        try:
            printed = _read(process, place, time.monotonic() + timeout_s)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise ConfigurationError(place, f"it ended with {process.returncode}", "run it by hand to see why")
    return printed


def _read(process: Popen[bytes], place: str, deadline: float) -> bytes:
    """Read all that comes before ``deadline``, and wait until then for the end."""
    import selectors
    from subprocess import TimeoutExpired

    assert process.stdout is not None  # noqa: S101  # it was asked for
    printed = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            piece = os.read(process.stdout.fileno(), MOST_BYTES)
            printed += piece
            if len(printed) > MOST_BYTES:
                raise ConfigurationError(
                    place, f"it printed more than {MOST_BYTES} bytes", "let it print the pair alone"
                )
            if not piece:
                try:
                    process.wait(max(0.0, deadline - time.monotonic()))
                except TimeoutExpired:
                    break
                return printed
    raise ConfigurationError(place, "it took too long, and was ended", "run it by hand to see what it waits for")


def _place(words: Sequence[str]) -> str:
    """Return what errors call a command: its first word, for a secret may be among the others."""
    return f"command {words[0]}" if words else "command"


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _read_time(place: str, text: object) -> int:
    from datetime import datetime

    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(place, "expires is no time with a zone", "let it print 2027-01-31T12:00:00Z")
    return int(moment.timestamp() * 1000)
