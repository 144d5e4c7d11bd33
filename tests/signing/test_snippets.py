"""Snippets from schemes; those for Postman and Bruno are run where their runners are installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sealstamp import ConfigurationError, get_scheme, scheme_names
from sealstamp.cli.snippet import TOOLS as NAMES
from sealstamp.guide.tools import TOOLS
from tests.signing.conftest import SCHEMES, Place

SYSTEMS = SCHEMES[:4]
RUNNERS = Path(__file__).parents[2] / ".cache" / "npm" / "node_modules" / ".bin"
SCRIPTS = ("bruno", "insomnia", "postman")
MOST = (*SYSTEMS, "bybit-v5", "coinbase-exchange", "kucoin-v2", "okx-v5", "stardots")


def runner(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(RUNNERS))
    if found is None:
        pytest.skip(f"{name} is not installed; make interop installs newman, npm @usebruno/cli Bruno's bru")
    return found


def test_the_command_names_every_tool() -> None:
    """What the command offers is what there is."""
    assert sorted(NAMES) == sorted(TOOLS)


@pytest.mark.parametrize("tool", SCRIPTS)
def test_scripts_are_javascript(tool: str, tmp_path: Path) -> None:
    """Node reads each script; it holds no pair, and says which variables do."""
    node = runner("node")
    texts = [TOOLS[tool](get_scheme(scheme)) for scheme in MOST]
    assert all("secret" in text.splitlines()[0] for text in texts)
    script = tmp_path / "scripts.js"
    script.write_text("".join(f"{{\n{text}}}\n" for text in texts))
    done = subprocess.run([node, "--check", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("tool", SCRIPTS)
def test_what_a_script_cannot_do(tool: str) -> None:
    """A scheme that needs more is refused with what it needs, whichever of the catalogue it is."""
    can = []
    for name in scheme_names():
        try:
            TOOLS[tool](get_scheme(name))
        except ConfigurationError as error:
            assert "sealstamp proxy" in error.hint
        else:
            can.append(name)
    assert set(MOST) <= set(can)
    assert not {"aws-sigv4-header", "rfc9421", "lazada-form", "discord"} & set(can)


def test_a_locustfile_is_python() -> None:
    """It compiles, and names the scheme."""
    text = TOOLS["locust"](get_scheme("bbx"))
    compile(text, "locustfile.py", "exec")
    assert 'scheme="bbx"' in text


Write = Callable[[Place, Path], list[str]]


def for_newman(place: Place, folder: Path) -> list[str]:
    """A collection in which each system's requests have variables of their own."""
    items = []
    for scheme in SYSTEMS:
        api = place.apis[scheme]
        pair = [
            f'pm.variables.set("access_key_id", "{api.access_key_id}");',
            f'pm.variables.set("secret", "{api.secret}");',
        ]
        script = [*pair, *TOOLS["postman"](get_scheme(scheme)).split("\n")]
        event = [{"listen": "prerequest", "script": {"exec": script}}]
        get = {"method": "GET", "url": place.url(scheme, "/orders?a=1&b=2")}
        post = {
            "method": "POST",
            "url": place.url(scheme, "/orders"),
            "body": {"mode": "raw", "raw": '{"a": {{amount}}}'},
        }
        items += [{"name": scheme, "event": event, "request": request} for request in (get, post)]
    schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    variables = [{"key": "amount", "value": "3"}]
    collection = {"info": {"name": "Systems", "schema": schema}, "item": items, "variable": variables}
    (folder / "collection.json").write_text(json.dumps(collection))
    return [runner("newman"), "run", "collection.json"]


def for_bruno(place: Place, folder: Path) -> list[str]:
    """A folder with a file for each request."""
    (folder / "bruno.json").write_text('{"version": "1", "name": "Systems", "type": "collection"}')
    (folder / "environments").mkdir()
    (folder / "environments" / "here.bru").write_text("vars {\n  amount: 3\n}\n")
    for scheme in SYSTEMS:
        api = place.apis[scheme]
        pair = f'bru.setEnvVar("access_key_id", "{api.access_key_id}");\nbru.setEnvVar("secret", "{api.secret}");\n'
        script = "".join(f"  {line}\n" for line in (pair + TOOLS["bruno"](get_scheme(scheme))).split("\n"))
        for method, more in (("get", "body: none"), ("post", "body: json")):
            url = place.url(scheme, "/orders?a=1&b=2")
            text = (
                f"meta {{\n  name: {scheme} {method}\n  type: http\n}}\n\n{method} {{\n  url: {url}\n  {more}\n}}\n\n"
            )
            text += 'body:json {\n  {"a": {{amount}}}\n}\n\n' if method == "post" else ""
            (folder / f"{scheme}-{method}.bru").write_text(f"{text}script:pre-request {{\n{script}}}\n")
    return [runner("bru"), "run", "--env", "here"]


@pytest.mark.parametrize("write", [for_newman, for_bruno])
def test_the_four_systems_accept_what_the_tool_sends(place: Place, tmp_path: Path, write: Write) -> None:
    """Every request, with and without a body, reaches the API behind the service."""
    command, before = write(place, tmp_path), len(place.upstream.arrived)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    arrived = place.upstream.arrived[before:]
    assert len(arrived) == 2 * len(SYSTEMS), done.stdout
    assert {request.headers["x-sealstamp-scheme"] for request in arrived} == set(SYSTEMS)
    assert {json.loads(request.body)["a"] for request in arrived if request.body} == {3}
