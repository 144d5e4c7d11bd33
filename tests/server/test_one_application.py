"""The application itself, asked without a socket: what a whole table over the network would take long to reach."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sealstamp.keys.domain import Api, SchemeChoice
from sealstamp.server.app import build_app
from sealstamp.server.asgi import Application
from sealstamp.server.settings import Settings, load_settings
from sealstamp.stores.sql import open_store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    store = f"sqlite:///{tmp_path}/s.sqlite3"
    opened = open_store(store)
    opened.put_api(Api("several", "*", "/several", (SchemeChoice("stardust"), SchemeChoice("bbx"))))
    opened.put_api(Api("broken", "*", "/broken", (SchemeChoice("no-such-scheme"),)))
    opened.close()
    return load_settings(store=store, sealing_key_file=tmp_path / "s.key", log_level="error")


@pytest.fixture
def app(settings: Settings) -> Iterator[Application]:
    """A running application: started, and shut down at the end."""
    loop = asyncio.new_event_loop()
    made = build_app(settings)
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    started = asyncio.Event()

    async def told(_message: Any) -> None:
        started.set()

    async def start() -> asyncio.Future[None]:
        life = asyncio.ensure_future(made({"type": "lifespan"}, events.get, told))
        await events.put({"type": "lifespan.startup"})
        await started.wait()
        return life

    life = loop.run_until_complete(start())

    async def ask(scope: Any, receive: Any, send: Any) -> None:
        await made(scope, receive, send)

    ask.loop = loop  # type: ignore[attr-defined]
    yield ask
    loop.run_until_complete(events.put({"type": "lifespan.shutdown"}))
    loop.run_until_complete(life)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def ask(app: Any, path: bytes, *headers: tuple[bytes, bytes]) -> tuple[int, dict[str, Any]]:
    """Send a GET from loopback; return the status and the answer."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "raw_path": path,
        "query_string": b"",
        "scheme": "http",
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
    }
    app.loop.run_until_complete(app(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def decide(app: Any, target: bytes) -> tuple[int, dict[str, Any]]:
    """Ask about a GET of ``target``."""
    described = ((b"x-original-method", b"GET"), (b"x-original-uri", target))
    return ask(app, b"/decide", (b"host", b"api.example.com"), *described)


def test_an_api_with_several_schemes_refuses_what_it_cannot_read(app: Application) -> None:
    """Looking for the scheme reads the query too; ten thousand parameters are a refusal there as well."""
    status, answer = decide(app, b"/several?" + b"a=1&" * 10_000)
    assert status == 402
    assert answer["message"] == "Authentication Failed"


def test_an_api_that_cannot_be_guarded_says_so_and_refuses(app: Application) -> None:
    """Its scheme is gone, so nobody can tell who signed: 503, while other APIs answer."""
    status, answer = decide(app, b"/broken")
    assert (status, answer["code"]) == (503, "store_unavailable")
    assert decide(app, b"/several")[0] == 402


def test_a_request_without_a_host_is_refused(app: Application) -> None:
    """HTTP/1.1 demands one; without it nobody knows which API is meant."""
    assert ask(app, b"/several")[0] == 400
    assert ask(app, b"/several", (b"host", b""))[0] == 400
