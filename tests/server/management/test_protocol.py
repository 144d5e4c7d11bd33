"""What HTTP asks of the management API: methods, types, encodings, pages."""

from __future__ import annotations

import pytest

from tests.server.managing import Manager
from tests.server.service import Service


def test_other_methods(viewer: Manager) -> None:
    """A method that a path does not take is 405, with those that it does."""
    told = viewer.call("DELETE", "/v1/whoami")
    assert (told.status, told.code, told.header("allow")) == (405, "method_not_allowed", "GET, HEAD, OPTIONS")


def test_options(viewer: Manager) -> None:
    """OPTIONS tells the methods, to anybody."""
    told = viewer.send("OPTIONS", "/v1/whoami", [("host", f"127.0.0.1:{viewer.service.port}")])
    assert (told.status, told.header("allow"), told.answer.body) == (204, "GET, HEAD, OPTIONS", b"")


def test_head(viewer: Manager) -> None:
    """HEAD is GET without the body, and says how long that is."""
    got, head = viewer.get("/v1/whoami"), viewer.call("HEAD", "/v1/whoami")
    assert (head.status, head.answer.body) == (200, b"")
    assert head.header("content-length") == str(len(got.answer.body))


def test_body_where_none_is_taken(viewer: Manager) -> None:
    """A body that nothing reads is refused: whoever sent it meant something by it."""
    assert viewer.call("GET", "/v1/whoami", {}).code == "malformed_request"


def test_forged_body(viewer: Manager) -> None:
    """A body that is not the signed one is refused."""
    lines = viewer.lines("GET", "/v1/whoami", b'{"a":1}')
    assert viewer.send("GET", "/v1/whoami", lines, b'{"a":2}').code == "digest_mismatch"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "invalid_request"),
        ("limit=1001", "invalid_request"),
        ("limit=ten", "invalid_request"),
        ("limit=1&limit=2", "malformed_request"),
        ("colour=red", "invalid_request"),
        ("cursor=x", "invalid_cursor"),
        ("cursor=%21%21", "invalid_cursor"),
        ("cursor=" + "A" * 3000, "invalid_request"),
        ("limit=%zz", "malformed_request"),
        ("limit=%ff", "malformed_request"),
        ("&".join(f"a{number}=1" for number in range(60)), "malformed_request"),
    ],
)
def test_odd_queries(viewer: Manager, query: str, code: str) -> None:
    """A query is exactly what the list takes."""
    told = viewer.get(f"/v1/apis?{query}")
    assert (told.status, told.code) == (400, code)


def test_pages(viewer: Manager) -> None:
    """A cursor goes on where the page ended; it is good for its own list alone."""
    whole = [api["name"] for api in viewer.get("/v1/apis").json["items"]]
    first = viewer.get("/v1/apis?limit=1").json
    cursor = first["next_cursor"]
    second = viewer.get(f"/v1/apis?limit=1&cursor={cursor}").json
    assert [api["name"] for page in (first, second) for api in page["items"]] == whole[:2] == sorted(whole)[:2]
    assert viewer.get(f"/v1/apis?limit={len(whole)}").json["next_cursor"] is None
    assert viewer.get(f"/v1/consumers?cursor={cursor}").code == "invalid_cursor"


@pytest.mark.parametrize("name", ["nobody", "a%2Fb", "%E2%82%AC", "%00", "%ff", "x" * 300, "%zz"])
def test_odd_names(viewer: Manager, name: str) -> None:
    """Whatever stands in a path, nothing is found, or it cannot be read."""
    told = viewer.get(f"/v1/consumers/{name}")
    assert told.status in (400, 404)
    assert told.code in ("not_found", "malformed_request")


def test_description_is_open(service: Service, viewer: Manager) -> None:
    """The OpenAPI document is for everybody, and has every operation."""
    told = viewer.send("GET", "/v1/openapi.json", [("host", f"127.0.0.1:{service.port}")])
    assert told.status == 200
    assert told.json["openapi"] == "3.1.0"
    assert "/v1/access-keys/{access_key_id}" in told.json["paths"]
