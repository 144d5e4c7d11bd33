"""Looking at how a signature comes about, without showing what must stay secret."""

from __future__ import annotations

from sealstamp.core.compiler import Presented, compile_scheme
from sealstamp.core.credential import Credential
from sealstamp.core.exposure import Exposure, exposures_of
from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme

HIDDEN = "***"


class Stage(Record):
    """One definition of the scheme and its value; raw bytes are shown in hexadecimal."""

    name: str
    text: str


def show_stages(
    scheme: Scheme, credential: Credential, presented: Presented, request: Request, *, reveal: bool
) -> tuple[Stage, ...]:
    """Compute every definition.

    Unless ``reveal``, a text with the secret in it has ``***`` in its place, and what a digest made from the secret
    is ``***`` as a whole: the signature that ought to have come would let anyone send it.
    """
    secret = credential.secret.reveal() if reveal else HIDDEN.encode()
    compute = compile_scheme(scheme).bind_stages(credential.access_key_id.encode(), secret)
    values = compute(presented, request)
    exposures = exposures_of(scheme.definitions)
    return tuple(
        Stage(name, HIDDEN if not reveal and exposures[name] is Exposure.DIGESTED else _show(value))
        for name, value in zip(scheme.definitions, values, strict=True)
    )


def _show(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    return text if all(character.isprintable() or character in "\n\t" for character in text) else value.hex()
