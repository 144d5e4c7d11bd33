"""Writes the page about doors from the data of the tests: ``python -m tests.server.doors.page``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.server.doors.attacks import ATTACKS, FORGED_IDENTITIES, PATHS, SMUGGLING
from tests.server.doors.scenarios import DOORS, HTTP2_DOORS, HTTP2_SCENARIOS, SCENARIOS, UNTRIED, Outcome, Scenario

PAGE = Path(__file__).parents[3] / "docs" / "doors.md"
HEAD = """# Every scenario through every door

This page is written from the data of the tests, which send each request through each door: the real gateway, and
nginx, Caddy, HAProxy and Envoy with the configuration that [`sealstamp proxy-config`](proxies.md) prints. For Traefik
and APISIX, which are not run, it is what their sources send, answered by the real service.

✓ is a request that arrived at the upstream as it was sent, byte for byte in its target, with the identity of who
signed. A number is the status with which it was refused; nothing arrived. An asterisk says that the proxy itself
refused it. The API words its refusals with `response_profile = "stardust"`, where a missing signature is 402 and a
wrong one 401.
"""
OTHERWISE = """## On one connection, slowly, and not at all

Each of the real doors is also tried with signed and unsigned requests by turns on one connection, with a verifier that
does not answer for a while, and with none. Until there is an answer nothing arrives; without one, the client gets 503,
and 502 of Caddy.
"""


def page() -> str:
    """Return the text of the page."""
    return "\n".join(
        [
            HEAD,
            "## Over HTTP/1.1\n",
            *_table(SCENARIOS, DOORS),
            "",
            "Where doors differ:\n",
            *_reasons(SCENARIOS),
            "",
            "## Over HTTP/2\n",
            *_table(HTTP2_SCENARIOS, HTTP2_DOORS),
            "",
            OTHERWISE,
            "## Attacks\n",
            "Each of these is tried at each door.\n",
            *_attacks(),
            "",
            f"The forged descriptions: {_listed(attack.name for attack in ATTACKS)}.",
            "",
            f"The identity headers of a client: {_listed(f'`{name.decode()}`' for name in FORGED_IDENTITIES)}.",
            "",
            f"The paths: {_listed(f'`{path.decode()}`' for path in PATHS)}.",
            "",
            f"The shapes of smuggled requests: {_listed(SMUGGLING)}.",
            "",
        ]
    )


def _table(scenarios: Iterable[Scenario], doors: Iterable[str]) -> Iterator[str]:
    yield f"| request | {' | '.join(doors)} |"
    yield "|---|" + "---|" * len([*doors])
    for scenario in scenarios:
        yield f"| {scenario.name} | {' | '.join(_cell(scenario.at(door)) for door in doors)} |"


def _cell(outcome: Outcome) -> str:
    if outcome is UNTRIED:
        return "–"
    if outcome.passes:
        return "✓ rewritten" if outcome.rewritten else "✓"
    mark = "\\*" if outcome.by_proxy else ""
    return f"{outcome.status}{mark}"


def _reasons(scenarios: Iterable[Scenario]) -> Iterator[str]:
    for scenario in scenarios:
        for door, outcome in scenario.but.items():
            if outcome.why:
                yield f"- {scenario.name}, {door}: {outcome.why}"


def _attacks() -> Iterator[str]:
    """Every test of attacks, with what it says."""
    tree = ast.parse((Path(__file__).parent / "test_attacks.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            title = node.name.removeprefix("test_").replace("_", " ")
            yield f"- **{title.capitalize()}**: {' '.join((ast.get_docstring(node) or '').split())}"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(texts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
