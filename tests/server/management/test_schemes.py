"""Schemes over HTTP: the catalogue, and schemes of a provider's own, which other nodes take up by the epoch."""

from __future__ import annotations

import secrets
import time

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import scheme_names
from tests.server.managing import Manager
from tests.server.service import until
from tests.server.signing import Pair

PARCELS = """\
title  = "Parcels"
vendor = "Parcels"
url    = "https://example.com/"

[fields]
access_key_id = "header X-Parcels-Id"
timestamp     = "header X-Parcels-Time"
signature     = "header X-Parcels-Signature"

[time]
format = "unix-s"
past   = "5 min"
future = "5 min"

[sign]
string_to_sign = ["{method}", "{target}", "{timestamp}", "WORD"]
signature      = "{string_to_sign|hmac:sha256,secret|hex}"

[keys]
access_key_id = "hex 16"
secret        = "hex 32"
"""


def text(word: str) -> str:
    return PARCELS.replace("WORD", word)


def test_catalogue(viewer: Manager) -> None:
    """Every scheme of the catalogue is listed, shown and linted."""
    names, cursor = [], ""
    while cursor is not None:
        page = viewer.get(f"/v1/schemes?limit=40{cursor and f'&cursor={cursor}'}").json
        names += [one["name"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert [name for name in names if name in scheme_names()] == list(scheme_names())
    shown = viewer.get("/v1/schemes/bbx").json
    assert (shown["source"], shown["version"], shown["time"]["past_ms"]) == ("catalogue", None, 30_000)
    assert "[sign]" in shown["text"]
    assert viewer.get("/v1/schemes/bbx/lint").json["findings"][0]["code"]


def test_own_scheme_guards_an_api(admin: Manager) -> None:
    """An uploaded scheme is accepted by an API that names it; a new version counts within a moment."""
    service = admin.service
    made = admin.call("PUT", "/v1/schemes/parcels", {"text": text("one")})
    assert (made.status, made.json["version"], made.header("etag")) == (200, 1, '"1"')
    assert admin.call("PUT", "/v1/schemes/parcels", {"text": text("one")}).json["version"] == 1  # nothing new
    service.prepare('[[apis]]\nname = "parcels"\npath_prefix = "/parcels"\nschemes = ["parcels"]\n')
    pair = service.add_pair("parcels")
    until(lambda: decide(admin, pair, "one") == 204, "the API to be guarded")
    assert decide(admin, pair, "two") == 401
    assert admin.call("PUT", "/v1/schemes/parcels", {"text": text("two")}, {"if-match": '"1"'}).json["version"] == 2
    until(lambda: decide(admin, pair, "two") == 204, "the new version to count")
    assert decide(admin, pair, "one") == 401
    versions = admin.get("/v1/schemes/parcels/versions?limit=1").json
    assert [(one["version"], one["created_by"]) for one in versions["items"]] == [(2, "operator:the-admin")]
    older = admin.get(f"/v1/schemes/parcels/versions?cursor={versions['next_cursor']}").json["items"]
    assert [one["text"] for one in older] == [text("one")]
    assert admin.call("DELETE", "/v1/schemes/parcels").code == "conflict"  # an API needs it


def decide(admin: Manager, pair: Pair, word: str) -> int:
    """Ask the running service about a request that is signed by this version of the scheme."""
    signer = Signer(load_scheme(text(word), name="own", path="own"), Credential.of(pair.access_key_id, pair.secret))
    target = f"/parcels/{secrets.token_hex(4)}"
    request = Request(b"GET", target.encode(), [(b"host", b"x")])
    lines = signer.sign(request, time_ms=time.time_ns() // 1_000_000).headers
    asked = [("X-Original-Method", "GET"), ("X-Original-URI", target), *lines.items()]
    return admin.service.get("/decide", asked).status


def test_deleted(admin: Manager) -> None:
    """What nothing needs can be deleted; it is gone."""
    admin.call("PUT", "/v1/schemes/unused", {"text": text("x")})
    assert admin.call("DELETE", "/v1/schemes/unused", None, {"if-match": '"9"'}).code == "precondition_failed"
    gone = admin.call("DELETE", "/v1/schemes/unused")
    assert (gone.status, gone.answer.body) == (204, b"")
    assert admin.get("/v1/schemes/unused").code == "not_found"
    assert admin.call("DELETE", "/v1/schemes/unused").code == "not_found"
    assert admin.get("/v1/schemes/unused/versions").code == "not_found"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("bbx", text("x"), "is a scheme of the catalogue"),
        ("problem", text("x"), "is a scheme of the catalogue"),
        ("Own", text("x"), "cannot be the name"),
        ("..%2Fown", text("x"), "cannot be the name"),
        ("own.toml", text("x"), "cannot be the name"),
        ("own", "title = 1", "nothing travels"),
        ("own", "= =", ""),
        ("own", PARCELS.replace("hmac:sha256,secret", "hmac:sha256,nothing"), "nothing"),
    ],
)
def test_what_cannot_be_uploaded(admin: Manager, name: str, text: str, problem: str) -> None:
    """Each says what is wrong and what to do about it."""
    told = admin.call("PUT", f"/v1/schemes/{name}", {"text": text})
    assert (told.status, told.code) == (422, "invalid_value")
    assert problem in told.json["title"]
    assert told.json["hint"]


def test_files_of_the_machine_are_no_schemes(admin: Manager) -> None:
    """A path to a scheme file is a name on the command line alone."""
    path = admin.service.folder / "secret.toml"
    path.write_text(text("x"))
    assert admin.get(f"/v1/schemes/{str(path).replace('/', '%2F')}").code == "not_found"


def test_check(viewer: Manager) -> None:
    """A draft is checked and graded without being kept."""
    told = viewer.call("POST", "/v1/schemes/check", {"text": text("x")})
    assert (told.status, told.json["name"]) == (200, "draft")
    assert viewer.call("POST", "/v1/schemes/check", {"text": "x" * 70_000}).code == "invalid_request"
    assert viewer.call("PUT", "/v1/schemes/mine", {"text": text("x")}).code == "role_too_low"
