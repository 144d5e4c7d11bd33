"""Where programs find a caller's pair: the variables of the environment that every client of Sealstamp reads."""

from __future__ import annotations

from sealstamp.core.scheme import ACCESS_KEY_ID, SECRET, Scheme
from sealstamp.credentials.finding import EXTRA_VARIABLE, ID_VARIABLE, SECRET_VARIABLE


def variables_of(scheme: Scheme) -> dict[str, str]:
    """Return the variable of each thing that a caller has to know: the access key id if it travels, secret, extras."""
    named = {ACCESS_KEY_ID: ID_VARIABLE} if scheme.names_key else {}
    return {**named, SECRET: SECRET_VARIABLE, **{name: f"{EXTRA_VARIABLE}{name.upper()}" for name in scheme.extras}}
