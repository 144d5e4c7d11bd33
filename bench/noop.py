"""The least that the same server can do: an application that answers 204 to everything."""

from __future__ import annotations

from sealstamp.server.asgi import Application, Receive, Scope, Send


def create_app() -> Application:
    """Return the application."""
    return answer


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 204, or live through the worker's life."""
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
