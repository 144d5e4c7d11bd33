"""Looking at how a signature comes about, without showing what must stay secret."""

from __future__ import annotations

import base64

from sealstamp.core.code import Description
from sealstamp.core.compiler import Presented, compile_scheme
from sealstamp.core.credential import Credential
from sealstamp.core.exposure import Exposure, exposures_of
from sealstamp.core.fieldlists import FieldList, join
from sealstamp.core.material import extras_for
from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.scheme import SECRET, Scheme
from sealstamp.errors import MalformedCredentialsError

HIDDEN = "***"


class Stage(Record):
    """One definition of the scheme and its value; raw bytes are shown in hexadecimal, a list a line to a field."""

    name: str
    text: str


def show_stages(
    scheme: Scheme, credential: Credential, presented: Presented, request: Request, *, reveal: bool
) -> tuple[Stage, ...]:
    """Compute every definition.

    Unless ``reveal``, a text with the secret in it has ``***`` in its place, and what a digest made from the secret
    is ``***`` as a whole: the signature that ought to have come would let anyone send it.
    """
    if scheme.described is not None:
        return _described_stages(scheme, scheme.described, credential, presented, request, reveal=reveal)
    bind, access_key_id = compile_scheme(scheme).bind_stages, credential.access_key_id.encode()
    extras = extras_for(scheme, credential) if reveal else (HIDDEN.encode(),) * len(scheme.extras)
    try:
        secret = credential.secret.reveal() if reveal else HIDDEN.encode()
        compute = bind(access_key_id, secret, extras)
    except MalformedCredentialsError:
        if reveal:
            raise
        # For schemes that decode their secrets.
        compute = bind(access_key_id, base64.b64encode(HIDDEN.encode()), extras)
    values = compute(presented, request)
    exposures = exposures_of(scheme.definitions, (SECRET, *scheme.extras))
    return tuple(
        Stage(name, HIDDEN if not reveal and exposures[name] is Exposure.DIGESTED else _show(value))
        for name, value in zip(scheme.definitions, values, strict=True)
    )


def _described_stages(
    scheme: Scheme,
    described: Description,
    credential: Credential,
    presented: Presented,
    request: Request,
    *,
    reveal: bool,
) -> tuple[Stage, ...]:
    secret = credential.secret.reveal() if reveal else HIDDEN.encode()
    values = compile_scheme(scheme).bind_stages(credential.access_key_id.encode(), secret)(presented, request)
    hidden = frozenset() if reveal else described.hidden
    return tuple(
        Stage(name, HIDDEN if name in hidden else _show(value))
        for name, value in zip(described.stages, values, strict=True)
    )


def _show(value: bytes | FieldList) -> str:
    if isinstance(value, list):
        value = join(value, b": ", b"\n")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return value.hex()
    return text if all(character.isprintable() or character in "\n\t" for character in text) else value.hex()
