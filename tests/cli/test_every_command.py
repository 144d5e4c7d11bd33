"""What holds for every command: it has help, it speaks JSON, and each of its options says what it is."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import fields

import pytest

from sealstamp.cli import GROUPS, build_parser
from sealstamp.keys.audit import AuditEntry
from tests.cli.command import KEY_FACTS
from tests.cli.conftest import Provider, Run


def commands(
    parser: argparse.ArgumentParser, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield words, parser
    for group in groups:
        for name, below in group.choices.items():
            yield from commands(below, (*words, name))


COMMANDS = dict(commands(build_parser()))
NAMES = {
    *(("demo",), ("serve",), ("apply",), ("sign",), ("verify",), ("call",), ("apis", "list")),
    *(("sealing", "rotate"), ("backup",), ("doctor", "store"), ("proxy-config",), ("proxy",), ("curl",), ("snippet",)),
    *(("operators", act) for act in ("create", "list", "update", "revoke")),
    *(("schemes", act) for act in ("list", "show", "check", "lint", "vectors")),
    *(("keys", act) for act in ("issue", "import", "list", "show", "update", "rotate", "expire")),
    *(("keys", act) for act in ("enable", "disable", "revoke", "delete")),
    *(("consumers", act) for act in ("list", "create", "update", "suspend", "enable", "revoke-keys", "delete")),
    *(("audit", act) for act in ("list", "verify", "export")),
    *(("schemes", act) for act in ("upload", "uploaded", "versions", "delete")),
    *(("plans", act) for act in ("list", "create", "update", "delete")),
    *(("invitations", act) for act in ("send", "list", "renew", "withdraw")),
    *(("requests", act) for act in ("list", "show", "approve", "decline")),
    *(("mail", act) for act in ("list", "retry", "send")),
    ("usage",),
}


def test_commands_are_those_that_were_agreed() -> None:
    """No command is missing, and none came unnoticed."""
    assert set(COMMANDS) == NAMES
    assert {words[0] for words in NAMES} == set(GROUPS)


@pytest.mark.parametrize("words", [(), *((name,) for name in GROUPS), *sorted(NAMES)], ids=" ".join)
def test_help(run: Run, words: tuple[str, ...]) -> None:
    """``--help`` works everywhere, on standard output."""
    ran = run(*words, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"usage: {' '.join(('sealstamp', *words))}")


@pytest.mark.parametrize("words", sorted(NAMES), ids=" ".join)
def test_json_is_offered_and_options_are_told(words: tuple[str, ...]) -> None:
    """Every command takes ``--json``, and has a sentence about each of its options, and about itself."""
    parser = COMMANDS[words]
    options = {name: action for action in parser._actions for name in action.option_strings}
    assert "--json" in options
    assert [action.dest for action in parser._actions if not action.help] == []
    assert parser.description


@pytest.mark.parametrize("words", sorted(NAMES), ids=" ".join)
def test_option_that_is_not_known_is_misuse(run: Run, words: tuple[str, ...]) -> None:
    """Every command refuses what it does not know, with 2."""
    ran = run(*words, "--nonsense")
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem


JSON_KEYS = {
    ("schemes", "list"): {"name", "title", "vendor", "url"},
    ("apis", "list"): {
        *("name", "host", "path_prefix", "schemes", "enforcement"),
        *("replay", "response_profile", "upstream", "scopes", "version"),
    },
    ("keys", "list"): KEY_FACTS,
    ("consumers", "list"): {
        *("name", "email", "labels", "parent", "plan", "status", "max_sub_keys", "quota_month", "version"),
        "suspended_by_parent",
    },
    ("audit", "list"): {field.name for field in fields(AuditEntry)},
}


@pytest.mark.parametrize("words", JSON_KEYS, ids=" ".join)
def test_json_lists(provider: Provider, words: tuple[str, ...]) -> None:
    """A list is a JSON array of objects that have the same keys."""
    provider("keys", "issue", "--consumer", "acme", "--api", "shop")
    ran = provider.run(*words, "--json") if words[0] == "schemes" else provider(*words, "--json")
    assert ran.code == 0
    assert ran.json
    assert all(set(entry) == JSON_KEYS[words] for entry in ran.json)
