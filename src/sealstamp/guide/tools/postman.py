"""Postman: a pre-request script for a request, a folder or a collection."""

from __future__ import annotations

from sealstamp.core.scheme import Scheme
from sealstamp.guide.javascript import CRYPTO_JS, write_head, write_signing


def write(scheme: Scheme) -> str:
    """Return the script."""
    return f"""\
{write_head(scheme, "variables, the secret ones of type secret")}
{{  // a name that is taken outside may be used again in here
const CryptoJS = require("crypto-js");
const secret = (name) => pm.variables.get(name) ?? "";
const method = pm.request.method;
const url = pm.variables.replaceIn(pm.request.url.toString());
const body = pm.variables.replaceIn(pm.request.body?.raw ?? "");
{CRYPTO_JS}
{write_signing(scheme)}
headers.forEach(([key, value]) => pm.request.headers.upsert({{ key, value }}));
query.forEach(([key, value]) => pm.request.url.query.upsert({{ key, value: encodeURIComponent(value) }}));
}}
"""
