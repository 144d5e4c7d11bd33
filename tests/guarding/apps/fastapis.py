"""A FastAPI application that is guarded by its dependencies alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, FastAPI, Form, Request, Security

from sealstamp import Principal
from sealstamp.guarding.fastapi import AccessKeySecurity
from tests.guarding.apps.telling import target_of, told
from tests.guarding.keys import guard

access_key = AccessKeySecurity(guard())
Caller = Annotated[Principal, Security(access_key)]
app = FastAPI()


@app.get("/healthz")
def health() -> str:
    return "well"


@app.get("/scoped")
def scoped(caller: Annotated[Principal, Security(access_key, scopes=["orders:write"])]) -> str:
    return caller.access_key_id


@app.post("/model")
def model(caller: Caller, order: Annotated[dict[str, str], Body()]) -> dict[str, str]:
    return {**order, "by": caller.access_key_id}


@app.post("/form")
def form(caller: Caller, item: Annotated[str, Form()]) -> str:
    return f"{caller.access_key_id}: {item}"


@app.api_route("/{path:path}", methods=["GET", "POST"], include_in_schema=False)
async def echo(request: Request, caller: Caller) -> dict[str, Any]:
    return told(caller, target_of(request.scope), await request.body())
