"""Insomnia, from its version 9: a pre-request script."""

from __future__ import annotations

from sealstamp.core.scheme import Scheme
from sealstamp.guide.javascript import CRYPTO_JS, write_head, write_signing


def write(scheme: Scheme) -> str:
    """Return the script."""
    return f"""\
{write_head(scheme, "variables of the environment")}
{{  // a name that is taken outside may be used again in here
const CryptoJS = require("crypto-js");
const secret = (name) => insomnia.environment.get(name) ?? "";
const method = insomnia.request.method;
const url = insomnia.variables.replaceIn(insomnia.request.url.toString());
const body = insomnia.variables.replaceIn(insomnia.request.body?.raw ?? "");
{CRYPTO_JS}
{write_signing(scheme)}
headers.forEach(([key, value]) => insomnia.request.headers.upsert({{ key, value }}));
query.forEach(([key, value]) => insomnia.request.url.addQueryParams([{{ key, value: encodeURIComponent(value) }}]));
}}
"""
