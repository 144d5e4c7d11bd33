"""URLs of Valkey, what of them may be shown, and servers that will not do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sealstamp.core.credential import Secret
from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.keys.limits import RateLimit
from sealstamp.stores.sql import open_store
from sealstamp.stores.valkey.opening import check_valkey
from sealstamp.stores.valkey.urls import Kind, ValkeyUrl, parse_valkey_url, shown_valkey_url
from tests.server.service import free_port
from tests.stores.nodes import MADE, fresh, nodes, now_ms
from tests.valkey import Valkey

PASSWORD = "p%40ss/w:rd,x"
QUOTED = "p%2540ss%2Fw:rd%2Cx"


def test_one_server() -> None:
    """Host, port, database, user and password."""
    assert parse_valkey_url("valkey://host") == ValkeyUrl(Kind.SINGLE, (("host", 6379),))
    parsed = parse_valkey_url(f"rediss://me:{QUOTED}@[::1]:7000/3?ca_file=/etc/ca.pem")
    assert (parsed.kind, parsed.hosts, parsed.database, parsed.tls) == (Kind.SINGLE, (("::1", 7000),), 3, True)
    assert (parsed.username, parsed.password, parsed.files) == ("me", Secret(PASSWORD), {"ca_file": "/etc/ca.pem"})
    assert parse_valkey_url("redis://:only@host").password == Secret("only")


def test_sentinels_and_clusters() -> None:
    """Several hosts; Sentinels have passwords of their own."""
    parsed = parse_valkey_url("valkey+sentinel://:a@one,two:7/main/2?sentinel_username=u&sentinel_password=b")
    assert (parsed.kind, parsed.hosts) == (Kind.SENTINEL, (("one", 26379), ("two", 7)))
    assert (parsed.service, parsed.database) == ("main", 2)
    assert (parsed.sentinel_username, parsed.sentinel_password) == ("u", Secret("b"))
    parsed = parse_valkey_url("valkeys+cluster://one,two:7")
    assert (parsed.kind, parsed.hosts, parsed.tls) == (Kind.CLUSTER, (("one", 6379), ("two", 7)), True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "valkey",
        "http://:word@host",
        "valkey://:word@host,other",
        "valkey://:word@ho st",
        "valkey://:word@host:70000",
        "valkey://:word@host/name",
        "valkey://:word@host/0/1",
        "valkey://:word@host?pass=word",
        "valkey://:word@host?ca_file=ca.pem",
        "valkeys://:word@host?key_file=key.pem",
        "valkey+sentinel://:word@host",
        "valkey+cluster://:word@host/1",
        "valkey+other://:word@host",
        "valkey://:wo@rd@ho/st@",
    ],
)
def test_what_is_no_url(url: str) -> None:
    """The error has a hint, and nothing of what may be a password."""
    with pytest.raises(ConfigurationError) as caught:
        parse_valkey_url(url)
    assert caught.value.hint
    assert "word" not in str(caught.value).replace("password", "")
    assert "word" not in shown_valkey_url(url)


def test_what_is_shown() -> None:
    """Where it leads; neither user nor password."""
    assert shown_valkey_url("") == ""
    assert shown_valkey_url("rediss://me:secret@host:7/3?ca_file=x") == "valkeys://host:7/3"
    shown = shown_valkey_url("valkey+sentinel://:secret@one,[::1]:7/main?sentinel_password=secret")
    assert shown == "valkey+sentinel://one:26379,[::1]:7/main"
    assert "secret" not in repr(parse_valkey_url("valkey://:secret@host"))


def test_servers_that_will_do_or_not(valkey: Valkey) -> None:
    """A service says at its start what is wrong with them."""

    def check(url: str) -> None:
        assert asyncio.run(check_valkey(url, now_ms, 1.0)) < 1_000

    check(valkey.url)
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        check(f"valkey://127.0.0.1:{free_port()}")
    with pytest.raises(ConfigurationError, match="refuses") as caught:
        check(f"valkey://me:secret@127.0.0.1:{valkey.port}")
    assert "secret" not in str(caught.value)
    with pytest.raises((ConfigurationError, StoreUnavailableError)):
        check(f"valkey+cluster://127.0.0.1:{valkey.port}")
    valkey.client.config_set("maxmemory", "100mb")
    valkey.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(ConfigurationError, match="forgets"):
            check(valkey.url)
    finally:
        valkey.client.config_set("maxmemory-policy", "noeviction")
        valkey.client.config_set("maxmemory", 0)


def test_a_user_with_few_rights(valkey: Valkey, tmp_path: Path) -> None:
    """Those that the documentation names are enough; with fewer the service does not start."""
    rights = ["+EVAL", "+GET", "+SET", "+PEXPIRE", "+TIME", "+INFO"]
    url = f"valkey://few:word@127.0.0.1:{valkey.port}"
    store = open_store(f"sqlite:///{tmp_path / 'keys.db'}")

    async def scene() -> None:
        async with nodes(url, store=store) as (node,):
            assert await node.claim(fresh()) is MADE
            assert await node.rates.hit("key", RateLimit(1, 60_000), now_ms()) == 0

    try:
        for missing in rights:
            valkey.ask("ACL", "SETUSER", "few", "reset", "on", ">word", "~{ss*", *rights, missing.replace("+", "-"))
            with pytest.raises(ConfigurationError, match="refuses"):
                asyncio.run(check_valkey(url, now_ms, 1.0))
        valkey.ask("ACL", "SETUSER", "few", "reset", "on", ">word", "~{ss*", *rights)
        asyncio.run(check_valkey(url, now_ms, 1.0))
        asyncio.run(scene())
    finally:
        valkey.ask("ACL", "DELUSER", "few")
        store.close()
