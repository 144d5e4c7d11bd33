"""Snippets for the tools in which people try APIs, each from a scheme."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sealstamp.core.scheme import Scheme
from sealstamp.guide.javascript import write_signing

_HEAD: Final = "// Signs by the scheme {scheme}. {told}"


def postman(scheme: Scheme) -> str:
    """Return a pre-request script for a request, a folder or a collection."""
    return f"""\
{_HEAD.format(scheme=scheme.name, told=_told(scheme, "variables, the secret ones of type secret"))}
{{  // a name that is taken outside may be used again in here
const CryptoJS = require("crypto-js");
const secret = (name) => pm.variables.get(name) ?? "";
const method = pm.request.method;
const url = pm.variables.replaceIn(pm.request.url.toString());
const body = pm.variables.replaceIn(pm.request.body?.raw ?? "");
{write_signing(scheme)}
headers.forEach(([key, value]) => pm.request.headers.upsert({{ key, value }}));
query.forEach(([key, value]) => pm.request.url.query.upsert({{ key, value: encodeURIComponent(value) }}));
}}
"""


def insomnia(scheme: Scheme) -> str:
    """Return a pre-request script, from Insomnia 9."""
    return f"""\
{_HEAD.format(scheme=scheme.name, told=_told(scheme, "variables of the environment"))}
{{  // a name that is taken outside may be used again in here
const CryptoJS = require("crypto-js");
const secret = (name) => insomnia.environment.get(name) ?? "";
const method = insomnia.request.method;
const url = insomnia.variables.replaceIn(insomnia.request.url.toString());
const body = insomnia.variables.replaceIn(insomnia.request.body?.raw ?? "");
{write_signing(scheme)}
headers.forEach(([key, value]) => insomnia.request.headers.upsert({{ key, value }}));
query.forEach(([key, value]) => insomnia.request.url.addQueryParams([{{ key, value: encodeURIComponent(value) }}]));
}}
"""


def bruno(scheme: Scheme) -> str:
    """Return a ``script:pre-request`` of a request, a folder or a collection."""
    return f"""\
{_HEAD.format(scheme=scheme.name, told=_told(scheme, "variables of the environment"))}
const CryptoJS = require("crypto-js");
const secret = (name) => bru.getEnvVar(name) ?? "";
const method = req.getMethod();
const url = bru.interpolate(req.getUrl());
const data = req.getBody({{ raw: true }}) ?? "";
const body = bru.interpolate(typeof data === "string" ? data : JSON.stringify(data));
{write_signing(scheme)}
headers.forEach(([name, value]) => req.setHeader(name, value));
const added = query.map(([name, value]) => `${{name}}=${{encodeURIComponent(value)}}`).join("&");
if (added) req.setUrl(url + (url.includes("?") ? "&" : "?") + added);
"""


def locust(scheme: Scheme) -> str:
    """Return a locustfile, whose users sign every request."""
    return f"""\
from locust import HttpUser, task

from sealstamp.signing import OriginSigner
from sealstamp.signing.requests import SigningAdapter


class Customer(HttpUser):
    def on_start(self):
        # The pair comes from the environment: SEALSTAMP_ACCESS_KEY_ID, SEALSTAMP_SECRET.
        signer = OriginSigner.find(server=self.host, scheme="{scheme.name}")
        self.client.mount(self.host, SigningAdapter(signer))

    @task
    def orders(self):
        self.client.get("/orders")
"""


def http_file(scheme: Scheme) -> str:
    """Return a ``.http`` file for JetBrains' client and VS Code's: it calls ``sealstamp proxy``, which signs."""
    return f"""\
# First run: sealstamp proxy --profile NAME --scheme {scheme.name}
@host = http://127.0.0.1:8787

### It is signed on its way
GET {{{{host}}}}/orders

### With a body
POST {{{{host}}}}/orders
Content-Type: application/json

{{"amount": 1}}
"""


TOOLS: Final[Mapping[str, Callable[[Scheme], str]]] = MappingProxyType(
    {"postman": postman, "bruno": bruno, "insomnia": insomnia, "locust": locust, "http": http_file}
)
"""Each tool, and what makes its snippet of a scheme. Raises ConfigurationError where a script cannot sign by it."""


def _told(scheme: Scheme, where: str) -> str:
    named = ["access_key_id"] if scheme.names_key else []
    return f"Needs {', '.join([*named, 'secret', *scheme.extras])} as {where}."
