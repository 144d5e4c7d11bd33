"""A guard with a store of Sealstamp's own, in this process: what it opens, where it works, and how it ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask

from sealstamp import ConfigurationError, Request
from sealstamp.guarding.asgi import AccessKeyMiddleware
from sealstamp.guarding.flask import AccessKeys
from sealstamp.guarding.store import StoreGuard, open_guard
from sealstamp.guarding.wsgi import AccessKeyMiddleware as WsgiMiddleware
from sealstamp.server.app import build_app
from sealstamp.server.settings import load_settings
from tests.guarding.calling import call, call_wsgi, scope_of
from tests.guarding.keys import signed
from tests.guarding.serving import ROOT, outcome
from tests.guarding.storing import add_key, guarding, last_use_of, stored, usage_of
from tests.server.service import PATIENCE, Service, raw_request, serving, until


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    return stored(tmp_path_factory.mktemp("stored"), usage_interval="1 h")


@pytest.fixture
def guard(service: Service) -> Iterator[StoreGuard]:
    with guarding(service) as guard:
        yield guard


def answer_wsgi(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [str(environ["sealstamp"] and environ["sealstamp"].access_key_id).encode()]


class Asgi:
    """An application that answers who signed, and knows lifespans."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for ended in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{ended}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["sealstamp"].access_key_id.encode()})


def guard_threads() -> int:
    """How many threads guards have here, those of other tests too."""
    return sum(thread.name == "sealstamp-guard" for thread in threading.enumerate())


def test_every_driver_takes_it(guard: StoreGuard, service: Service) -> None:
    """As it takes any guard; without a lifespan, and from one event loop or another."""
    before, key = guard_threads(), add_key(service, scopes=("orders:read",))
    flask = Flask("shop")
    keys = AccessKeys(guard, flask)

    @flask.get("/orders")
    @keys.require("orders:read")
    def orders() -> str:
        return key.access_key_id

    asgi = AccessKeyMiddleware(Asgi(), guard)
    for send, app in ((call_wsgi, WsgiMiddleware(answer_wsgi, guard)), (call_wsgi, flask), (call, asgi)):
        request = signed(by=key)
        answer = send(app, request)  # type: ignore[operator]
        assert (answer.status, answer.body.decode()) == (200, key.access_key_id)
        assert outcome(send(app, request)) == (401, "nonce_replayed")  # type: ignore[operator]
    assert guard_threads() == before + 1
    guard.close()
    assert guard_threads() == before


def test_a_lifespan_has_it_work_in_the_application_s_own_loop(guard: StoreGuard, service: Service) -> None:
    """No thread is begun; when the server is told that all is done, what was counted is in the store."""
    key = add_key(service)
    app, before = AccessKeyMiddleware(Asgi(), guard), guard_threads()
    told: list[str] = []

    async def tell(message: Any) -> None:
        if not message["type"].startswith("http"):
            told.append(f"{message['type']}, {usage_of(service, key)}")

    async def live() -> None:
        coming: asyncio.Queue[Any] = asyncio.Queue()
        life = asyncio.create_task(app({"type": "lifespan"}, coming.get, tell))
        await coming.put({"type": "lifespan.startup"})
        while not told:
            await asyncio.sleep(0.01)
        request = signed(by=key)
        blocking = WsgiMiddleware(answer_wsgi, guard)
        assert outcome(await asyncio.to_thread(call_wsgi, blocking, request)) == (200, "")
        assert outcome(await asyncio.to_thread(call, app, request)) == (401, "nonce_replayed")
        await app(scope_of(signed(by=key)), coming.get, tell)
        assert guard_threads() == before
        await coming.put({"type": "lifespan.shutdown"})
        await life

    asyncio.run(live())
    assert told == [
        "lifespan.startup.complete, {}",
        "lifespan.shutdown.complete, {'accepted': 2, 'nonce_replayed': 1}",
    ]


def test_fastapi_runs_it_in_its_lifespan(guard: StoreGuard, service: Service) -> None:
    """Where no middleware would; a second application that does so shares it."""
    before, key = guard_threads(), add_key(service)

    async def live() -> None:
        for app in (FastAPI(lifespan=guard.lifespan), FastAPI(lifespan=guard.lifespan)):
            async with app.router.lifespan_context(app), guard.lifespan():
                answer = await asyncio.to_thread(call_wsgi, WsgiMiddleware(answer_wsgi, guard), signed(by=key))
                assert (answer.status, guard_threads()) == (200, before)

    asyncio.run(live())
    assert usage_of(service, key) == {"accepted": 2}


def test_a_store_that_has_gone_before_it_begins(tmp_path: Path) -> None:
    """Nothing is let in, no other is made, and a server that runs lifespans is told not to start."""
    service = stored(tmp_path)
    told: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def tell(message: Any) -> None:
        told.append(message)

    with guarding(service) as guard:
        service.store.unlink()
        assert outcome(call_wsgi(WsgiMiddleware(answer_wsgi, guard), signed()))[1] == "store_unavailable"
        asyncio.run(AccessKeyMiddleware(Asgi(), guard)({"type": "lifespan"}, receive, tell))
        assert [message["type"] for message in told] == ["lifespan.startup.failed"]
        assert "there is no store" in told[0]["message"]
        with pytest.raises(ConfigurationError, match="there is no store"):
            guard.check()
    assert not service.store.exists()


def test_closing_writes_what_was_counted(service: Service) -> None:
    """Also shares of quotas that were taken and not used; then nobody is let in."""
    key, elsewhere = add_key(service, quota_day=2), add_key(service, networks=("192.0.2.0/24",))
    with guarding(service) as guard:
        app = WsgiMiddleware(answer_wsgi, guard)
        assert outcome(call_wsgi(app, signed(by=elsewhere))) == (403, "address_not_allowed")
        assert [outcome(call_wsgi(app, signed(by=key))) for _ in range(3)] == [
            (200, ""),
            (200, ""),
            (429, "quota_exceeded"),
        ]
        assert guard.metrics().count(b'reason="accepted"') == 1
        guard.check()
    assert usage_of(service, key) == {"accepted": 2, "quota_exceeded": 1}
    assert last_use_of(service, key) is not None
    assert outcome(call_wsgi(app, signed(by=key))) == (503, "store_unavailable")


def test_threads_that_race_get_what_there_is_and_no_more(guard: StoreGuard, service: Service) -> None:
    """Of a quota, of a rate, and of one request that all of them send; what is counted is every answer."""
    keys = [add_key(service, quota_day=50), add_key(service, rate_limit="50/hour"), add_key(service)]
    app, once = WsgiMiddleware(answer_wsgi, guard), signed(by=keys[2])
    requests = [request for _ in range(80) for request in (signed(by=keys[0]), signed(by=keys[1]), once)]
    with ThreadPoolExecutor(8) as pool:
        reasons = Counter(outcome(answer)[1] for answer in pool.map(partial(call_wsgi, app), requests))
    assert reasons == {"": 101, "quota_exceeded": 30, "rate_limited": 30, "nonce_replayed": 79}
    guard.close()
    assert [usage_of(service, key) for key in keys] == [
        {"accepted": 50, "quota_exceeded": 30},
        {"accepted": 50, "rate_limited": 30},
        {"accepted": 1, "nonce_replayed": 79},
    ]


ENDING = """
import os, sys
from sealstamp import ConfigurationError, Credential
from sealstamp.guarding.store import open_guard
from sealstamp.guarding.wsgi import AccessKeyMiddleware
from tests.guarding.calling import call_wsgi
from tests.guarding.keys import signed
from tests.guarding.test_stored import answer_wsgi

config, *pair = sys.argv[1:]
app, key = AccessKeyMiddleware(answer_wsgi, open_guard("shop", config)), Credential.of(*pair)
assert call_wsgi(app, signed(by=key)).status == 200
if os.fork() == 0:
    try:
        call_wsgi(app, signed(by=key))
    except ConfigurationError as error:
        os._exit(7 if "post_fork" in str(error) else 8)
    os._exit(9)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def run(program: str, service: Service, *words: str) -> str:
    """Run a program to its end, and return what it has said; it must complain of nothing."""
    command = [sys.executable, "-c", program, str(service.config), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_a_process_that_ends_writes_what_it_counted_and_one_forked_from_it_is_refused(service: Service) -> None:
    """Nobody closes the guard there; a process that was forked while it worked says what to do instead."""
    key = add_key(service)
    assert run(ENDING, service, key.access_key_id, key.secret.reveal().decode()) == "7"
    assert usage_of(service, key) == {"accepted": 1}


DJANGO = """
import sys
import django
from django.conf import settings

settings.configure(SEALSTAMP={"api": "shop", "config": sys.argv[1], "exempt": ["/healthz"]})
django.setup()
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from sealstamp import Credential
from sealstamp.guarding.django import AccessKeyMiddleware
from tests.guarding.calling import environ_of
from tests.guarding.keys import signed

middleware = AccessKeyMiddleware(lambda request: HttpResponse(request.access_key.access_key_id))
environ = environ_of(signed(by=Credential.of(*sys.argv[2:])))
print(*(middleware(WSGIRequest(dict(environ))).content.decode()[:32] for _ in range(2)))
"""


def test_django_opens_it_by_its_settings(service: Service) -> None:
    """Where they give no keys."""
    key = add_key(service)
    accepted, refused, *_ = run(DJANGO, service, key.access_key_id, key.secret.reveal().decode()).split(" ")
    assert (accepted, refused[:7]) == (key.access_key_id, '{"type"')


def test_an_api_that_observes_lets_everybody_through(service: Service) -> None:
    """Who signed rightly is told, and nobody else; what asks for somebody still refuses."""
    key = add_key(service, "watched")
    with guarding(service, "watched") as guard:
        app = WsgiMiddleware(answer_wsgi, guard)
        assert call_wsgi(app, signed(scheme="stardust", by=key)).body.decode() == key.access_key_id
        assert call_wsgi(app, Request(b"GET", b"/", [(b"host", b"api.test")])).body == b"None"


def test_an_api_that_is_deleted_is_no_longer_guarded(tmp_path: Path) -> None:
    """Its requests are refused."""
    service = stored(tmp_path)
    key = add_key(service, "watched")
    with guarding(service, "watched") as guard:
        app = WsgiMiddleware(answer_wsgi, guard)
        assert call_wsgi(app, signed(scheme="stardust", by=key)).status == 200
        with service.opened_store() as store:
            store.delete_api("watched")
        until(lambda: call_wsgi(app, signed(scheme="stardust", by=key)).status == 404, "refusals")


def test_what_cannot_be_guarded_is_told_when_it_is_opened(service: Service, tmp_path: Path) -> None:
    """An API that there is not; a store or a sealing key that nobody has made, of which none is made."""
    with pytest.raises(ConfigurationError, match="did you mean 'shop'"):
        open_guard("shopp", service.config)
    with pytest.raises(ConfigurationError, match="there is no store"):
        open_guard("shop", service.config, store=f"sqlite:///{tmp_path}/none.sqlite3")
    with pytest.raises(ConfigurationError, match="there is no file"):
        open_guard("shop", service.config, sealing_key_file=str(tmp_path / "none.key"))
    assert list(tmp_path.iterdir()) == []


def test_a_service_that_serves_alone_does_not_serve_beside(service: Service) -> None:
    """Neither would know what the other has accepted. With several workers it shares, as applications do."""
    with guarding(service), pytest.raises(ConfigurationError, match="does not share"):
        build_app(load_settings(service.config))


def test_a_service_with_several_workers_shares_with_applications(tmp_path: Path) -> None:
    """What it has accepted they refuse, and the other way round; each counts its own decisions."""
    service = stored(tmp_path, workers=2, trusted_addresses="127.0.0.1/32")
    key = add_key(service)
    with guarding(service) as guard, serving(service):
        app = WsgiMiddleware(answer_wsgi, guard)

        def decide(request: Request) -> int:
            lines = [(b"X-Original-Method", request.method), (b"X-Original-URI", request.target), *request.headers]
            return service.exchange(raw_request("GET", "/decide", lines)).status

        first, second = signed(by=key), signed(by=key)
        assert (decide(first), outcome(call_wsgi(app, first))) == (204, (401, "nonce_replayed"))
        assert (outcome(call_wsgi(app, second)), decide(second)) == ((200, ""), 401)
        for told in (guard.metrics(), service.get("/metrics").body):
            assert (
                b'reason="accepted",scheme="rfc9421"} 1.0' in told or b'scheme="rfc9421",reason="accepted"} 1.0' in told
            )
