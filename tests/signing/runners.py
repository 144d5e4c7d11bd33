"""Tools in which people try APIs, run from the command line with the snippets made for them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from sealstamp import get_scheme
from sealstamp.guide.environment import variables_of
from sealstamp.guide.tools import write_snippet
from tests.signing.conftest import EXTRAS, SCRIPTED, Place
from tests.signing.proxies import proxying

_NPM = Path(__file__).parents[2] / ".cache" / "npm" / "node_modules" / ".bin"
_PLACES = os.pathsep.join(map(str, (_NPM, Path(sys.executable).parent)))
TARGET = "/orders?a=%C3%A9%20%2B&b=2"
BODY = '{"a": {{amount}}, "b": "é€"}'
"""With a variable whose value is 3, for tools that have variables in bodies."""
SENT = BODY.replace("{{amount}}", "3")

LIBRARY = ("bbx", "okx-v5")
"""What Locust signs by, in which Sealstamp itself signs: one in the query, one in headers and with a third secret."""
PROXIED = ("rfc9421",)
"""What no script can sign by."""

Tool = Callable[[Place, Path], None]
"""Sends requests without a body and with one by each of some schemes."""


def program(name: str) -> str:
    """Return where a tool is, or skip the test."""
    found = shutil.which(name) or shutil.which(name, path=_PLACES)
    if found is None:
        pytest.skip(f"{name} is not installed; make interop installs all but k6")
    return found


def _run(folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> None:
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _known(place: Place, scheme: str) -> dict[str, str]:
    """Return what a caller knows, by the names that scripts ask for."""
    api = place.apis[scheme]
    extras = {name: EXTRAS[name] for name in get_scheme(scheme).extras}
    return {"access_key_id": api.access_key_id, "secret": api.secret, **extras}


def _pair(place: Place, scheme: str) -> dict[str, str]:
    """Return the same as variables of the environment."""
    known = _known(place, scheme)
    return {variable: known[name] for name, variable in variables_of(get_scheme(scheme)).items()}


def newman(place: Place, folder: Path) -> None:
    """Postman's runner: a collection in which each scheme's requests have variables of their own."""
    items = []
    for scheme in SCRIPTED:
        pair = [f"pm.variables.set({json.dumps([*each])[1:-1]});" for each in _known(place, scheme).items()]
        script = [*pair, *write_snippet("postman", get_scheme(scheme)).split("\n")]
        event = [{"listen": "prerequest", "script": {"exec": script}}]
        get = {"method": "GET", "url": place.url(scheme, TARGET)}
        post = {"method": "POST", "url": place.url(scheme, TARGET), "body": {"mode": "raw", "raw": BODY}}
        items += [{"name": scheme, "event": event, "request": request} for request in (get, post)]
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    variables = [{"key": "amount", "value": "3"}]
    collection = {"info": {"name": "Systems", "schema": schema}, "item": items, "variable": variables}
    (folder / "collection.json").write_text(json.dumps(collection))
    _run(folder, program("newman"), "run", "collection.json")


def bruno(place: Place, folder: Path) -> None:
    """Bruno's runner: a folder with a file for each request."""
    (folder / "bruno.json").write_text('{"version": "1", "name": "Systems", "type": "collection"}')
    (folder / "environments").mkdir()
    (folder / "environments" / "here.bru").write_text("vars {\n  amount: 3\n}\n")
    for scheme in SCRIPTED:
        pair = "".join(f"bru.setEnvVar({json.dumps([*each])[1:-1]});\n" for each in _known(place, scheme).items())
        text = pair + write_snippet("bruno", get_scheme(scheme))
        script = "".join(f"  {line}\n" for line in text.split("\n"))
        for method, more in (("get", "body: none"), ("post", "body: json")):
            request = f"{method} {{\n  url: {place.url(scheme, TARGET)}\n  {more}\n}}\n\n"
            request += f"body:json {{\n  {BODY}\n}}\n\n" if method == "post" else ""
            head = f"meta {{\n  name: {scheme} {method}\n  type: http\n}}\n\n"
            (folder / f"{scheme}-{method}.bru").write_text(f"{head}{request}script:pre-request {{\n{script}}}\n")
    _run(folder, program("bru"), "run", "--env", "here")


def k6(place: Place, folder: Path) -> None:
    """k6: a script that imports ours."""
    _call_as_k6_does(place, folder, program("k6"), "run", "--quiet", "main.js")


def k6_in_node(place: Place, folder: Path) -> None:
    """Not k6 itself: Node runs what is made for it, with modules that stand for k6's, by Node's crypto and curl."""
    shutil.copytree(Path(__file__).with_name("k6_in_node"), folder / "node_modules" / "k6")
    (folder / "package.json").write_text('{"type": "module"}')
    run = 'globalThis.__ENV = process.env; (await import("./main.js")).default();'
    program("curl")
    _call_as_k6_does(place, folder, program("node"), "--input-type=module", "--eval", run)


def _call_as_k6_does(place: Place, folder: Path, *command: str) -> None:
    for scheme in SCRIPTED:
        (folder / "signed.js").write_text(write_snippet("k6", get_scheme(scheme)))
        (folder / "main.js").write_text(_K6_MAIN)
        asked = {"SEALSTAMP_SERVER": place.url(scheme, ""), "TARGET": TARGET, "BODY": SENT}
        _run(folder, *command, environment={**_pair(place, scheme), **asked})


_K6_MAIN = """\
import once, { send } from "./signed.js";

export default function () {
  once();
  const url = `${__ENV.SEALSTAMP_SERVER}${__ENV.TARGET}`;
  for (const answer of [send("GET", url), send("POST", url, __ENV.BODY, { headers: { "X-Own": "1" } })])
    if (answer.status !== 200) throw new Error(answer.body);
}
"""


def locust(place: Place, folder: Path) -> None:
    """Locust: one user, who leaves when both tasks were done."""
    host = f"http://127.0.0.1:{place.port}"
    options = ("--headless", "-u", "1", "-r", "1", "--run-time", "30s", "--host", host)
    for scheme in LIBRARY:
        text = write_snippet("locust", get_scheme(scheme)).replace("/orders", f"/{scheme}{TARGET}")
        (folder / "locustfile.py").write_text(text + _LOCUST_MORE.format(target=f"/{scheme}/orders", body=SENT))
        environment = {**_pair(place, scheme), "SEALSTAMP_CREDENTIALS_FILE": "/nonexistent"}
        _run(folder, program("locust"), *options, environment=environment)


_LOCUST_MORE = """\

    @task
    def order(self):
        self.client.post("{target}", data={body!r}.encode())
        if len(self.environment.stats.entries) == 2:
            self.environment.runner.quit()
"""


def httpyac(place: Place, folder: Path) -> None:
    """httpYac, of VS Code, which knows the functions of JetBrains' client: a folder for each scheme and its pair."""
    files = []
    for scheme in SCRIPTED:
        (folder / scheme).mkdir()
        variables = {"server": place.url(scheme, ""), **_known(place, scheme), "amount": "3"}
        (folder / scheme / "http-client.private.env.json").write_text(json.dumps({"here": variables}))
        get = write_snippet("http", get_scheme(scheme)).replace("/orders\n", f"{TARGET}\n")
        post = get.replace("\nGET ", "\nPOST ") + f"Content-Type: application/json\n\n{BODY}\n"
        for name, text in (("get", get), ("post", post)):
            files.append(f"{scheme}/{name}.http")
            (folder / files[-1]).write_text(text)
    _run(folder, program("httpyac"), "send", *files, "--all", "--env", "here")


def httpyac_and_proxy(place: Place, folder: Path) -> None:
    """httpYac with a file that calls the local proxy."""
    [scheme] = PROXIED
    with proxying(place, scheme) as url:
        text = write_snippet("http", get_scheme(scheme)).replace("http://127.0.0.1:8787", f"{url}/{scheme}")
        (folder / "calls.http").write_text(text.replace('{"amount": 1}', SENT))
        _run(folder, program("httpyac"), "send", "calls.http", "--all")


RUNNERS: Mapping[str, tuple[Tool, Sequence[str]]] = {
    "newman": (newman, SCRIPTED),
    "bruno": (bruno, SCRIPTED),
    "k6": (k6, SCRIPTED),
    "k6 in node": (k6_in_node, SCRIPTED),
    "locust": (locust, LIBRARY),
    "httpyac": (httpyac, SCRIPTED),
    "httpyac and the proxy": (httpyac_and_proxy, PROXIED),
}
"""Each tool, and the schemes by which it calls."""
