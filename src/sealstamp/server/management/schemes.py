"""``/v1/schemes``: the catalogue, and schemes of a provider's own, by version."""

from __future__ import annotations

from typing import Any

import msgspec

from sealstamp.core.lint import lint
from sealstamp.core.scheme import Scheme as Compiled
from sealstamp.errors import NotFoundError
from sealstamp.guide.describing import describe, report_of
from sealstamp.keys.acts import schemes as acts
from sealstamp.keys.operators import Role
from sealstamp.keys.schemes import Shelf, StoredScheme, read_stored
from sealstamp.resources.common import Paging, moment_of
from sealstamp.resources.schemes import (
    Lint,
    Scheme,
    SchemeHead,
    Schemes,
    SchemeText,
    SchemeVersion,
    SchemeVersions,
)
from sealstamp.schemes import list_schemes
from sealstamp.server.management.operations import Call, IfMatch, Nothing, Operation, Reply
from sealstamp.server.management.paging import page_of
from sealstamp.server.management.problems import Code


def _list(call: Call[Paging, None]) -> Reply:
    shelf = call.services.store.list_schemes()
    heads = {head.name: _head(head, "catalogue", None) for head in list_schemes() if not head.problem}
    heads.update({one.name: _head(read_stored(one), "uploaded", one.version) for one in shelf})
    ordered = [heads[name] for name in sorted(heads)]
    items, cursor = page_of(call, lambda after, _: (one for one in ordered if one.name > after), lambda one: one.name)
    return Reply(Schemes(items=items, next_cursor=cursor))


def _head(told: Any, source: str, version: int | None) -> SchemeHead:
    names = ("name", "title", "vendor", "url", "summary")
    facts = {name: getattr(told, name) for name in names}
    return msgspec.convert({**facts, "source": source, "version": version}, SchemeHead)


def _get(call: Call[Nothing, None]) -> Reply:
    scheme, version = _find(call)
    return Reply(_details(scheme, version), version)


def _find(call: Call[Any, Any]) -> tuple[Compiled, int | None]:
    """Return a scheme of the catalogue or an uploaded one, and its version."""
    shelf, name = Shelf(call.services.store.list_schemes()), call.path["name"]
    return shelf.named(name), shelf.version_of(name) or None


def _details(scheme: Compiled, version: int | None) -> Scheme:
    source = "uploaded" if version else "catalogue"
    facts = {**describe(scheme), "source": source, "version": version, "text": scheme.source}
    return msgspec.convert(facts, Scheme)


def _lint(call: Call[Nothing, None]) -> Reply:
    return Reply(_report(_find(call)[0]))


def _report(scheme: Compiled) -> Lint:
    return msgspec.convert(report_of(scheme, lint(scheme)), Lint)


def _check(call: Call[Nothing, SchemeText]) -> Reply:
    return Reply(_report(read_stored(StoredScheme("draft", 0, call.body.text, 0, ""))))


def _upload(call: Call[Nothing, SchemeText]) -> Reply:
    stored = acts.upload(call.act(), call.path["name"], call.body.text)
    return Reply(_details(read_stored(stored), stored.version), stored.version)


def _delete(call: Call[Nothing, None]) -> Reply:
    acts.delete(call.act(), call.path["name"])
    return Reply()


def _versions(call: Call[Paging, None]) -> Reply:
    store, name = call.services.store, call.path["name"]
    if not store.list_scheme_versions(name, limit=1):
        raise NotFoundError(f"there is no uploaded scheme {name!r}")
    items, cursor = page_of(
        call,
        lambda below, limit: store.list_scheme_versions(name, int(below) if below else None, limit),
        lambda one: str(one.version),
    )
    return Reply(SchemeVersions(items=[_version(one) for one in items], next_cursor=cursor))


def _version(stored: StoredScheme) -> SchemeVersion:
    return SchemeVersion(
        name=stored.name,
        version=stored.version,
        created=moment_of(stored.created_at_ms),
        created_by=stored.created_by,
        text=stored.text,
    )


_ONE = "/v1/schemes/{name}"
OPERATIONS = (
    Operation("list_schemes", "GET", "/v1/schemes", "List schemes", Role.VIEWER, _list, query=Paging, gives=Schemes),
    Operation(
        *("check_scheme", "POST", "/v1/schemes/check", "Check and lint a scheme file", Role.VIEWER, _check),
        takes=SchemeText,
        gives=Lint,
        problems=(Code.INVALID_VALUE,),
    ),
    Operation("get_scheme", "GET", _ONE, "Show a scheme", Role.VIEWER, _get, gives=Scheme, gives_etag=True),
    Operation("lint_scheme", "GET", f"{_ONE}/lint", "Say how safe a scheme is", Role.VIEWER, _lint, gives=Lint),
    Operation(
        *("upload_scheme", "PUT", _ONE, "Keep a scheme file as the newest version", Role.ADMIN, _upload),
        takes=SchemeText,
        gives=Scheme,
        gives_etag=True,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.INVALID_VALUE,),
    ),
    Operation(
        *("delete_scheme", "DELETE", _ONE, "Forget an uploaded scheme", Role.ADMIN, _delete),
        status=204,
        writes=True,
        if_match=IfMatch.TAKEN,
        problems=(Code.CONFLICT,),
    ),
    Operation(
        *("list_scheme_versions", "GET", f"{_ONE}/versions", "List an uploaded scheme's versions", Role.VIEWER),
        _versions,
        query=Paging,
        gives=SchemeVersions,
    ),
)
