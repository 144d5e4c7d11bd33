"""Distributors over HTTP: their customers and sub keys, within their limits, and nothing but their own."""

from __future__ import annotations

import ast
import os
import re
import secrets
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import sealstamp
from sealstamp import errors
from sealstamp.keys.operators import Role
from sealstamp.server.management.app import OPERATIONS
from sealstamp.server.management.operations import DISTRIBUTOR
from tests.server.managing import Manager
from tests.server.service import until
from tests.server.signing import BBX, Pair, as_query

PAGE = Path(__file__).parents[3] / "docs" / "distributors.md"
SELF, CUSTOMERS, KEYS = "/v1/distributor", "/v1/distributor/sub-consumers", "/v1/distributor/sub-keys"


def distributor(operator: Manager, scopes: tuple[str, ...] = ("sealstamp:distribute",), **consumer: Any) -> Manager:
    """A new distributor, and a customer ``NAME.a`` of it."""
    name = f"d{secrets.token_hex(4)}"
    assert operator.call("POST", "/v1/consumers", {"name": name, **consumer}).status == 201
    made = operator.call("POST", "/v1/access-keys", {"consumer": name, "apis": ["shop"], "scopes": list(scopes)}).json
    signer = Manager(operator.service, Pair(made["access_key_id"], made["secret"]))
    if "sealstamp:distribute" in scopes:
        assert signer.call("POST", CUSTOMERS, {"name": f"{name}.a"}).status == 201
    return signer


def name_of(signer: Manager) -> str:
    name: str = signer.get(SELF).json["name"]
    return name


def issue(signer: Manager, **properties: Any) -> tuple[str, Pair]:
    """A sub key's path, and its pair."""
    made = signer.call("POST", KEYS, {"consumer": f"{name_of(signer)}.a", "apis": ["shop"], **properties})
    assert made.status == 201, made.json
    return made.header("location"), Pair(made.json["access_key_id"], made.json["secret"])


def decide(viewer: Manager, pair: Pair, times: int = 1) -> list[str]:
    """What the door says of so many requests with a key."""
    targets = [f"/shop?{as_query(BBX.sign(pair, nonce=secrets.token_hex(8)))}" for _ in range(times)]
    asked = [{"method": "GET", "target": target, "headers": [["Host", "api.example.com"]]} for target in targets]
    told = viewer.call("POST", "/v1/verify/batch", {"requests": asked})
    return [one["reason"] for one in told.json["decisions"]]


def test_life_of_a_sub_key(operator: Manager, viewer: Manager) -> None:
    signer = distributor(operator)
    path, pair = issue(signer, labels={"till": "3"}, rate_limit="5/second")
    shown = signer.get(path)
    assert (shown.json["status"], shown.json["issuer_key"], shown.header("etag")) == (
        *("active", signer.pair.access_key_id),
        '"1"',
    )
    changed = signer.call("PATCH", path, {"rate_limit": None}, {"if-match": '"1"'})
    assert (changed.json["rate_limit"], changed.header("etag")) == (None, '"2"')
    assert signer.call("PATCH", path, {"name": "x"}, {"if-match": '"1"'}).code == "precondition_failed"
    assert signer.call("PATCH", path, {"name": "x"}).code == "precondition_required"
    assert signer.call("POST", f"{path}/suspend").json["status"] == "suspended"
    assert operator.call("POST", f"/v1/access-keys/{pair.access_key_id}/disable").json["status"] == "disabled"
    assert signer.call("POST", f"{path}/resume").json["status"] == "disabled"
    operator.call("POST", f"/v1/access-keys/{pair.access_key_id}/enable")
    rotated = signer.call("POST", f"{path}/rotate", {"grace": "1h"})
    assert rotated.json["replaced"]["replaced_by"] == rotated.json["access_key_id"]
    assert signer.call("DELETE", path).code == "conflict"
    assert signer.call("POST", f"{path}/revoke").json["status"] == "revoked"
    assert signer.call("DELETE", path).status == 204
    issued = viewer.get(f"/v1/access-keys?issuer={name_of(signer)}").json["items"]
    assert [one["access_key_id"] for one in issued] == [rotated.json["access_key_id"]]
    told = viewer.get(f"/v1/audit?subject={pair.access_key_id}").json["items"]
    assert {one["actor"] for one in told} == {f"distributor:{name_of(signer)}", "operator:the-operator"}
    assert all(one["request_id"] for one in told)


def test_life_of_a_customer(operator: Manager) -> None:
    signer = distributor(operator)
    name = name_of(signer)
    made = signer.call("POST", CUSTOMERS, {"name": f"{name}.b", "email": "b@example.com"})
    path = made.header("location")
    assert (made.status, path) == (201, f"{CUSTOMERS}/{name}.b")
    assert signer.call("POST", CUSTOMERS, {"name": f"{name}.b"}).code == "conflict"
    assert signer.call("PATCH", path, {"quota_month": 5}, {"if-match": '"1"'}).json["quota_month"] == 5
    assert signer.call("POST", f"{path}/suspend").json["status"] == "suspended"
    assert operator.call("POST", f"/v1/consumers/{name}.b/suspend").status == 200
    assert signer.call("POST", f"{path}/resume").json["status"] == "disabled"
    first = signer.get(f"{CUSTOMERS}?limit=1").json
    (second,) = signer.get(f"{CUSTOMERS}?limit=1&cursor={first['next_cursor']}").json["items"]
    assert [first["items"][0]["name"], second["name"]] == [f"{name}.a", f"{name}.b"]
    assert signer.call("DELETE", path).status == 204
    assert signer.get(path).code == "not_found"


def test_only_its_own(operator: Manager) -> None:
    """Another distributor's, an operator's, its own and no customer or key: all are not there."""
    signer, other = distributor(operator), distributor(operator)
    theirs, _ = issue(other)
    by_operator = operator.call("POST", "/v1/access-keys", {"consumer": f"{name_of(signer)}.a", "apis": ["shop"]}).json
    for path in (
        *(theirs, f"{KEYS}/{by_operator['access_key_id']}", f"{KEYS}/{signer.pair.access_key_id}", f"{KEYS}/none"),
        *(f"{CUSTOMERS}/{name_of(other)}.a", f"{CUSTOMERS}/{name_of(signer)}", f"{CUSTOMERS}/none"),
    ):
        for method, target, body, given in (
            ("GET", path, None, {}),
            ("PATCH", path, {"labels": {}}, {"if-match": "*"}),
            ("POST", f"{path}/suspend", None, {}),
            ("DELETE", path, None, {}),
        ):
            assert signer.call(method, target, body, given).code == "not_found", (method, target)
    assert signer.get(KEYS).json["items"] == []
    taken = {"consumer": f"{name_of(other)}.a", "apis": ["shop"]}
    assert signer.call("POST", KEYS, taken).code == "not_found"
    told = signer.call("POST", KEYS, {"consumer": f"{name_of(signer)}.a", "apis": ["settings"]})
    assert (told.code, told.json["place"]) == ("invalid_value", "apis")


def test_who_is_refused(operator: Manager, admin: Manager) -> None:
    """Operators where distributors are meant, distributors where operators are, and every other key as a stranger."""
    signer = distributor(operator)
    for one in OPERATIONS:
        if one.method == "GET" and "{" not in one.path and one.role is not None:
            caller = admin if one.role is DISTRIBUTOR else signer
            assert caller.get(one.path).code == "role_too_low", one.path
    plain = distributor(operator, scopes=("read",))
    stranger = Manager(operator.service, Pair("nobody", plain.pair.secret))
    wrong = Manager(operator.service, signer.pair.with_other_secret())
    assert {one.get(SELF).code for one in (plain, stranger, wrong)} == {"invalid_credentials"}
    operator.call("POST", f"/v1/consumers/{name_of(signer)}/suspend")
    refused = until(lambda: (told := signer.get(SELF)).status != 200 and told, "the suspension to be known")
    assert refused and refused.code in ("role_too_low", "inactive_access_key")


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"networks": ["192.0.2.0/24"]}, "address_not_allowed"), ({"rate_limit": "3/day"}, "rate_limited")],
)
def test_limits_of_the_key(operator: Manager, limits: dict[str, Any], code: str) -> None:
    """Its networks and its rate limit hold for a distributor's calls too."""
    signer = distributor(operator)
    operator.call("PATCH", f"/v1/access-keys/{signer.pair.access_key_id}", limits, {"if-match": "*"})
    refused = until(lambda: (told := signer.get(SELF)).status != 200 and told, "the limit to be known")
    assert refused and refused.code == code


def test_repeated(operator: Manager) -> None:
    """Under one Idempotency-Key a sub key is issued once, and its secret told again; the key is the caller's own."""
    signer = distributor(operator, max_sub_keys=1)
    body = {"consumer": f"{name_of(signer)}.a", "apis": ["shop"]}
    first, again = (signer.call("POST", KEYS, body, {"idempotency-key": "same"}) for _ in range(2))
    assert (first.status, first.json, again.header("idempotency-replayed")) == (201, again.json, "true")
    refused = signer.call("POST", KEYS, body, {"idempotency-key": "other"})
    assert (refused.code, signer.get(SELF).json["sub_keys"]) == ("conflict", 1)


def test_ended_by_its_parent(operator: Manager, viewer: Manager) -> None:
    """A sub key that the door knows is refused when its distributor's last key is revoked."""
    signer = distributor(operator)
    _, pair = issue(signer)
    until(lambda: decide(viewer, pair) == ["accepted"], "the key to be known")
    operator.call("POST", f"/v1/access-keys/{signer.pair.access_key_id}/revoke")
    until(lambda: decide(viewer, pair) == ["inactive_access_key"], "the revocation to be known")


def test_one_quota_for_all(operator: Manager, viewer: Manager) -> None:
    """However many sub keys there are and call at once, no more is used than the distributor's monthly quota."""
    signer = distributor(operator, quota_month=25)
    pairs = [issue(signer)[1] for _ in range(3)]
    for pair in pairs:
        until(lambda pair=pair: decide(viewer, pair) == ["accepted"], "the key to be known")  # type: ignore[misc]
    with ThreadPoolExecutor(3) as pool:
        told = [*chain.from_iterable(pool.map(lambda pair: decide(viewer, pair, 20), pairs))]
    assert (told.count("accepted"), told.count("quota_exceeded")) == (22, 38)
    shown = signer.get(SELF).json
    assert (shown["shared_quota_month"], shown["shared_quota_month_used"], shown["sub_keys"]) == (25, 25, 3)
    until(lambda: _used(signer) == 25, "usage to be written")


def _used(signer: Manager) -> int:
    """What usage tells, of the sub keys alone."""
    items = signer.get(f"{SELF}/usage?by=access_key,reason").json["items"]
    return sum(one["requests"] for one in items if one["reason"] == "accepted")


def test_page(operator: Manager) -> None:
    """What the page has in shell runs, first as an operator and then as the distributor."""
    text = PAGE.read_text(encoding="utf-8")
    manual = (PAGE.parent / "management-api.md").read_text(encoding="utf-8")
    (function,) = [
        one.partition("call POST")[0] for one in re.findall(r"```sh\n(.*?)```", manual, re.S) if "call()" in one
    ]
    function = function.replace("http://127.0.0.1:8080", operator.service.origin)
    by_operator, by_distributor = re.findall(r"```sh\n(.*?)```", text, re.S)
    made = _run(function + by_operator, operator.pair)
    ids = re.findall(r'"access_key_id":"([^"]+)","secret":"([^"]+)"', made)
    assert len(ids) == 1, made
    told = _run(function + by_distributor, Pair(*ids[0]))
    assert '"max_sub_keys":100' in told
    assert '"plan":"basic"' in told
    assert '"till":"3"' in told
    assert '"items":' in told.splitlines()[-1]
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.S)
    names: dict[str, Any] = {}
    exec(compile(ast.parse(snippet), "page", "exec"), names)
    with sealstamp.Client(operator.service.origin, *ids[0]) as client:
        assert len(names["serve"](client, "megastore.mall", "basic", "shop")) == 2
        with pytest.raises(errors.PermissionDeniedError):
            client.who_am_i()


def _run(script: str, pair: Pair) -> str:
    environment = {"PATH": os.environ["PATH"], "ACCESS_KEY_ID": pair.access_key_id, "SECRET": pair.secret}
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=environment, check=True)
    return done.stdout


def test_roles_are_told() -> None:
    """Every operation below /v1/distributor is a distributor's, and no other."""
    for one in OPERATIONS:
        assert (one.role is DISTRIBUTOR) is one.path.startswith(SELF), one.path
    assert DISTRIBUTOR not in list(Role)
