"""``sealstamp doctor store``: what it finds in order, and what not."""

from __future__ import annotations

import base64

from tests.cli.conftest import Provider
from tests.valkey import Valkey

CHECKS = ["connection", "tables", "permission to write", "clock", "sealing key"]


def test_a_store_in_order(provider: Provider) -> None:
    """Every check says what it found; nothing is left behind."""
    assert provider("keys", "issue", "--consumer", "acme", "--api", "shop").code == 0
    ran = provider("doctor", "store", "--json")
    assert (ran.code, [each["check"] for each in ran.json]) == (0, CHECKS)
    assert all(each["ok"] for each in ran.json)
    assert ran.json[0]["found"].startswith("SQLite 3.")
    assert ran.json[-1]["found"] == "it opens what is sealed"
    assert "PROBLEM" not in provider("doctor", "store").out


def test_a_sealing_key_of_something_else(provider: Provider) -> None:
    """It is told, and so is the exit code; no secret is."""
    assert provider("keys", "issue", "--consumer", "acme", "--api", "shop").code == 0
    other = base64.b64encode(b"n" * 32).decode()
    provider.config.write_text(f"sealing_key = {other!r}\n{provider.config.read_text()}")
    ran = provider("doctor", "store", "--json")
    assert (ran.code, [each["check"] for each in ran.json if not each["ok"]]) == (1, ["sealing key"])
    assert other not in ran.out


def test_a_store_that_cannot_be_opened(provider: Provider) -> None:
    """It is the error of every other command, with its hint."""
    provider.config.write_text(provider.config.read_text().replace("sqlite:///", "sqlite:////proc/"))
    ran = provider("doctor", "store")
    assert ran.code == 1
    assert "hint: " in ran.err


def test_a_replay_store(provider: Provider, valkey: Valkey) -> None:
    """It is asked too, and a script is tried; its password is not shown."""
    provider.config.write_text(f"replay_store = {valkey.url!r}\n{provider.config.read_text()}")
    ran = provider("doctor", "store", "--json")
    assert (ran.code, [each["check"] for each in ran.json]) == (0, [*CHECKS, "replay store"])
    assert ran.json[-1]["found"].startswith("claims can be made; its clock is ")
    wrong = valkey.url.replace("//", "//me:sesame@")
    provider.config.write_text(provider.config.read_text().replace(valkey.url, wrong))
    ran = provider("doctor", "store", "--json")
    assert (ran.code, [each["check"] for each in ran.json if not each["ok"]]) == (1, ["replay store"])
    assert "refuses" in ran.out
    assert "sesame" not in ran.out + ran.err
