"""Bruno: a ``script:pre-request`` of a request, a folder or a collection."""

from __future__ import annotations

from sealstamp.core.scheme import Scheme
from sealstamp.guide.javascript import CRYPTO_JS, write_head, write_signing


def write(scheme: Scheme) -> str:
    """Return the script."""
    return f"""\
{write_head(scheme, "variables of the environment")}
const CryptoJS = require("crypto-js");
const secret = (name) => bru.getEnvVar(name) ?? "";
const method = req.getMethod();
const url = bru.interpolate(req.getUrl());
const data = req.getBody({{ raw: true }}) ?? "";
const body = bru.interpolate(typeof data === "string" ? data : JSON.stringify(data));
{CRYPTO_JS}
{write_signing(scheme)}
headers.forEach(([name, value]) => req.setHeader(name, value));
const added = query.map(([name, value]) => `${{name}}=${{encodeURIComponent(value)}}`).join("&");
if (added) req.setUrl(url + (url.includes("?") ? "&" : "?") + added);
"""
