"""What other processes change in the store, and what happens when the store is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sealstamp.keys.acts import access_keys
from tests.server.circumstances import check_problem
from tests.server.service import Answer, Service, serving, until
from tests.server.signing import CDNETWORKS, TAURUSX, Pair, System
from tests.server.upstream import HELLO, Upstream

MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "{name}"
path_prefix = "/{name}"
schemes = ["taurusx"]
upstream = "{upstream}"
"""


def delay_until(look: Callable[[], bool], what: str) -> float:
    """Seconds until ``look`` says yes."""
    began = time.monotonic()
    until(lambda: look() or None, what)
    return time.monotonic() - began


def test_a_key_through_its_life(service: Service) -> None:
    """What a command does to a key holds at the running service within a second."""
    pair = service.add_pair("taurusx")

    def command(act: str) -> Callable[[], str]:
        return lambda: service.must("keys", act, pair.access_key_id)

    live_through(service, TAURUSX, pair, {act: command(act) for act in ("disable", "enable", "revoke")})
    assert service.run("keys", "enable", pair.access_key_id).returncode == 1


def test_the_life_of_a_key_that_nobody_names(service: Service) -> None:
    """So it is where the API's keys are tried one by one."""
    pair = service.add_pair(CDNETWORKS.name)
    with service.opened_store() as store:
        acts = {
            "disable": lambda: access_keys.disable(service.act(store), pair.access_key_id),
            "enable": lambda: access_keys.enable(service.act(store), pair.access_key_id),
            "revoke": lambda: access_keys.revoke(service.act(store), pair.access_key_id),
        }
        live_through(service, CDNETWORKS, pair, acts)


def live_through(service: Service, system: System, pair: Pair, acts: Mapping[str, Callable[[], object]]) -> None:
    def status() -> int:
        return service.call(system, f"/{system.name}", system.sign(pair)).status

    delay_until(lambda: status() == 200, "the new key to be known")
    for act, expected in (("disable", 401), ("enable", 200), ("revoke", 401)):
        acts[act]()
        delay = delay_until(lambda expected=expected: status() == expected, f"{act} to hold")  # type: ignore[misc]
        assert delay < 1.5, f"{act} took {delay:.3f} s to hold"
    assert status() == 401


def test_an_end_that_comes(service: Service) -> None:
    """A key stops at its time, without anybody doing anything."""
    pair = service.add_pair("taurusx", expires_at_ms=int(time.time() * 1000) + 1500)
    until(lambda: service.call(TAURUSX, "/taurusx", TAURUSX.sign(pair)).status == 200 or None, "the key to be known")
    until(lambda: service.call(TAURUSX, "/taurusx", TAURUSX.sign(pair)).status == 401 or None, "the key to expire")
    answer = service.call(TAURUSX, "/taurusx", TAURUSX.sign(pair))
    assert service.reason(answer) == "inactive_access_key"


def test_apply(service: Service, upstream: Upstream) -> None:
    """An API that ``apply`` adds is served at once; a dry run says what it would do, and does nothing."""
    manifest = MANIFEST.format(name="late", upstream=upstream.url)
    told = service.apply(manifest, "--dry-run")
    assert "late" in told
    assert '"late"' not in service.must("apis", "list", "--json")
    assert service.get("/late").status == 404
    assert service.apply(manifest) == told
    delay = delay_until(lambda: service.get("/late").status == 401, "the new API to be served")
    assert delay < 1.5, f"the new API took {delay:.3f} s"
    assert service.apply(manifest) == "nothing to change\n"
    pair = service.add_pair("late")
    until(lambda: service.call(TAURUSX, "/late", TAURUSX.sign(pair)).body == HELLO or None, "the new key to be known")


@pytest.mark.parametrize("damage", ["removed", "replaced"])
def test_the_store_gone(damage: str, folder: Path, upstream: Upstream) -> None:
    """Nothing is accepted, a key that was at hand neither; what is said is 503, by /readyz too."""
    service = Service(folder, max_staleness="400 ms", refresh_interval="50 ms")
    service.prepare(MANIFEST.format(name="shop", upstream=upstream.url))
    known, unknown = service.add_pair("shop"), service.add_pair("shop")
    with serving(service):
        assert service.call(TAURUSX, "/shop", TAURUSX.sign(known)).status == 200
        service.store.rename(folder / "away")
        if damage == "replaced":
            service.store.write_bytes(b"not a database " * 1000)
        # Within the staleness a key at hand may still pass; one that must be looked up may not.
        refused = service.call(TAURUSX, "/shop", TAURUSX.sign(unknown))
        check_unavailable(refused)
        until(lambda: service.call(TAURUSX, "/shop", TAURUSX.sign(known)).status == 503 or None, "the refusal")
        check_unavailable(service.call(TAURUSX, "/shop", TAURUSX.sign(known)))
        check_unavailable(service.call(TAURUSX, "/shop", TAURUSX.sign(Pair("nobody", "x"))))
        asked = [("X-Original-Method", "GET"), ("X-Original-URI", "/shop"), *TAURUSX.sign(known)]
        check_unavailable(service.get("/decide", asked))
        assert service.get("/readyz").status == 503
        assert service.get("/healthz").status == 200
        assert any(event["event"] == "store_refresh_failed" for event in service.events())
        service.store.unlink(missing_ok=True)
        (folder / "away").rename(service.store)
        until(lambda: service.call(TAURUSX, "/shop", TAURUSX.sign(known)).status == 200 or None, "the store's return")
        assert service.get("/readyz").status == 200


def check_unavailable(answer: Answer) -> None:
    assert answer.status == 503
    check_problem(answer.json(), "store_unavailable", 503, answer.request_id)


def test_no_ledger_no_acceptance(folder: Path, upstream: Upstream) -> None:
    """A request stamped ahead of the clock is refused while what must be written down cannot be."""
    service = Service(folder, max_staleness="60 s")
    service.prepare(MANIFEST.format(name="shop", upstream=upstream.url) + 'replay = "signature"\n')
    pair = service.add_pair("shop")
    with serving(service):
        assert service.call(TAURUSX, "/shop", TAURUSX.sign(pair)).status == 200
        service.store.rename(folder / "away")
        check_unavailable(service.call(TAURUSX, "/shop", TAURUSX.sign(pair, TAURUSX.stamp(60))))


def test_misuse_is_told(service: Service) -> None:
    """A manifest with a mistake changes nothing, and the message names the place and the remedy."""
    path = service.folder / "wrong.toml"
    path.write_text(MANIFEST.format(name="wrong", upstream="http://a/b"))
    done = service.run("apply", "--file", str(path))
    assert done.returncode != 0
    assert "upstream" in done.stderr
    assert "hint: " in done.stderr
    assert service.get("/wrong").status == 404
