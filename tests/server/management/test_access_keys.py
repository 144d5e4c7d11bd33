"""Access keys over HTTP, from issue to deletion."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest

from sealstamp.core.asymmetric import load_key, made_from, public_pem
from tests.server.managing import Manager, Told
from tests.server.service import until
from tests.server.signing import BBX, Pair, as_query

KEYS = "/v1/access-keys"


def issue(operator: Manager, **more: Any) -> Told:
    told = operator.call("POST", KEYS, {"consumer": "acme", "apis": ["shop"], **more})
    assert told.status == 201, told.answer
    return told


def is_accepted(operator: Manager, pair: Pair) -> bool:
    target = f"/shop?{as_query(BBX.sign(pair))}"
    lines = [("X-Original-Method", "GET"), ("X-Original-URI", target)]
    return operator.service.get("/decide", lines).status == 204


def test_issued_pair_is_accepted(operator: Manager, viewer: Manager) -> None:
    """The pair of the answer signs; the secret is in this answer alone."""
    told = issue(operator, name="till 7", labels={"shop": "7"}, scopes=["b", "a"], expires="2100-01-01T01:00:00+01:00")
    pair = Pair(told.json["access_key_id"], told.json["secret"])
    assert told.header("location") == f"{KEYS}/{pair.access_key_id}"
    until(lambda: is_accepted(operator, pair), "the new key to be accepted")
    shown = viewer.get(f"{KEYS}/{pair.access_key_id}")
    assert shown.json == {**told.json["access_key"], "last_use": shown.json["last_use"]}
    assert (shown.json["name"], shown.json["scopes"], shown.json["labels"]) == ("till 7", ["a", "b"], {"shop": "7"})
    assert shown.json["expires"] == "2100-01-01T00:00:00Z"
    assert (shown.header("etag"), shown.json["version"]) == ('"1"', 1)
    assert pair.secret not in shown.answer.body.decode()
    assert all(pair.secret.encode() not in path.read_bytes() for path in operator.service.folder.iterdir())


def test_curl_issues_and_changes(operator: Manager) -> None:
    """What a shell script does, with a stock curl and nothing else."""
    body = json.dumps({"consumer": "acme", "apis": ["shop"]})
    words = ("--header", f"Idempotency-Key: {secrets.token_hex(8)}")
    status, issued = operator.curl("POST", KEYS, body, *words)
    again = operator.curl("POST", KEYS, body, *words)
    assert (status, again) == (201, (201, issued))
    target = f"{KEYS}/{issued['access_key_id']}"
    status, changed = operator.curl("PATCH", target, '{"rate_limit":"9/minute"}', "--header", 'If-Match: "1"')
    assert (status, changed["rate_limit"], changed["version"]) == (200, "9/minute", 2)


def test_life(operator: Manager) -> None:
    """Disabled, enabled, ended, revoked, deleted: what each answers, and what comes too late."""
    target = f"{KEYS}/{issue(operator).json['access_key_id']}"
    told = [operator.call("POST", f"{target}/{verb}") for verb in ("disable", "disable", "enable", "revoke", "enable")]
    assert [one.status for one in told] == [200, 200, 200, 200, 409]
    assert [(one.json["status"], one.json["version"]) for one in told[:4]] == [
        ("disabled", 2),
        ("disabled", 2),
        ("active", 3),
        ("revoked", 4),
    ]
    assert operator.call("POST", f"{target}/expire", {"expires": None}).status == 200  # it has no end already
    assert operator.call("POST", f"{target}/expire", {"expires": "2100-01-01T00:00:00Z"}).code == "conflict"
    assert operator.call("DELETE", target, None, {"if-match": '"3"'}).code == "precondition_failed"
    assert operator.call("DELETE", target).status == 204
    assert operator.get(target).code == "not_found"
    assert operator.call("DELETE", f"{KEYS}/{issue(operator).json['access_key_id']}").code == "conflict"


def test_rotated_in_one_call(operator: Manager) -> None:
    """A new pair that may do the same, and an end for the old one, in one answer."""
    old = issue(operator, labels={"a": "b"}).json["access_key"]
    told = operator.call("POST", f"{KEYS}/{old['access_key_id']}/rotate", {"grace": "24h"})
    new, replaced = told.json["access_key"], told.json["replaced"]
    assert (told.status, new["labels"], new["apis"]) == (201, {"a": "b"}, ["shop"])
    assert (new["replaces"], replaced["replaced_by"]) == (old["access_key_id"], new["access_key_id"])
    assert replaced["expires"] is not None
    assert told.json["secret"]
    assert operator.call("POST", f"{KEYS}/{old['access_key_id']}/rotate", {}).code == "conflict"
    assert operator.call("POST", f"{KEYS}/{new['access_key_id']}/rotate", {"grace": "soon"}).code == "invalid_request"


def test_rotated_to_a_pair_of_the_holders_own(operator: Manager) -> None:
    """It is accepted, and its secret told nobody; the old key ends."""
    old = issue(operator, labels={"a": "b"}).json["access_key_id"]
    pair = Pair(secrets.token_hex(8), secrets.token_hex(8))
    body = {"access_key_id": pair.access_key_id, "secret": pair.secret, "grace": "1h", "name": "own"}
    told = operator.call("POST", f"{KEYS}/{old}/rotate/import", body)
    new, replaced = told.json["access_key"], told.json["replaced"]
    assert (told.status, new["labels"], new["name"], new["replaces"]) == (201, {"a": "b"}, "own", old)
    assert (replaced["replaced_by"], replaced["expires"] is None) == (pair.access_key_id, False)
    assert pair.secret.encode() not in told.answer.body
    until(lambda: is_accepted(operator, pair), "the holder's pair to be accepted")
    assert operator.call("POST", f"{KEYS}/{old}/rotate/import", body).code == "conflict"
    assert operator.call("POST", f"{KEYS}/{old}/rotate/import", {"access_key_id": "x"}).code == "invalid_value"


def test_imported(operator: Manager) -> None:
    """A pair that exists already; its id may have any visible character in it."""
    pair = Pair(f"a/b%2F?#{secrets.token_hex(4)}", secrets.token_hex(8))
    body = {"consumer": "acme", "apis": ["shop"], "access_key_id": pair.access_key_id, "secret": pair.secret}
    told = operator.call("POST", f"{KEYS}/import", body)
    assert told.status == 201
    assert operator.get(told.header("location")).json["access_key_id"] == pair.access_key_id
    assert operator.get(f"{KEYS}/{quote(pair.access_key_id, safe='')}").status == 200
    until(lambda: is_accepted(operator, pair), "the imported key to be accepted")
    assert operator.call("POST", f"{KEYS}/import", body).code == "conflict"
    assert operator.call("POST", f"{KEYS}/import", {**body, "public_key": "x"}).code == "invalid_value"
    for name in ("secret", "public_key"):
        wrong = operator.call("POST", f"{KEYS}/import", {**body, "access_key_id": "other", "secret": None, name: None})
        assert wrong.code == "invalid_value"


def test_key_with_the_name_of_an_act(operator: Manager) -> None:
    """A key may be called as a path is: it can be shown all the same."""
    body = {"consumer": "acme", "apis": ["shop"], "access_key_id": "import", "secret": "x" * 16}
    assert operator.call("POST", f"{KEYS}/import", body).status == 201
    assert operator.get(f"{KEYS}/import").json["access_key_id"] == "import"
    assert operator.call("POST", f"{KEYS}/import/disable").json["status"] == "disabled"


def test_public_key(operator: Manager, admin: Manager) -> None:
    """Of a pair, the public key is imported; a key that no scheme of the API can use is refused."""
    pem = public_pem(load_key(made_from("Ed25519", secrets.token_bytes(32)))).decode()
    body = {"consumer": "acme", "apis": ["shop"], "access_key_id": secrets.token_hex(8), "public_key": pem}
    told = operator.call("POST", f"{KEYS}/import", body)
    assert (told.status, told.code) == (422, "invalid_value")
    assert "cannot use it" in told.json["title"]


def test_changed_by_two_at_once(operator: Manager) -> None:
    """Of two that have read the same version, one changes it, and the other is told so."""
    target = f"{KEYS}/{issue(operator).json['access_key_id']}"

    def change(number: int) -> int:
        return operator.call("PATCH", target, {"quota_day": number}, {"if-match": '"1"'}).status

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(change, range(4))) == [200, 412, 412, 412]
    assert operator.get(target).json["version"] == 2


def test_merge_patch(operator: Manager) -> None:
    """What is null is cleared, what is absent stays; the type of RFC 7396 is taken too."""
    key = issue(operator, name="a", rate_limit="5/second", networks=["10.0.0.0/8"]).json["access_key"]
    target, given = f"{KEYS}/{key['access_key_id']}", {"if-match": "*", "content-type": "application/merge-patch+json"}
    told = operator.call("PATCH", target, {"name": None, "networks": []}, given)
    assert (told.json["name"], told.json["networks"], told.json["rate_limit"]) == (None, [], "5/second")
    assert operator.call("PATCH", target, {}, given).json["version"] == 2  # nothing changes


def test_listed_by_pages(operator: Manager, viewer: Manager) -> None:
    """All keys of one consumer, a few at a time; a cursor of other filters is none."""
    operator.call("POST", "/v1/consumers", {"name": "pages"})
    made = {issue(operator, consumer="pages").json["access_key_id"] for _ in range(5)}
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = viewer.get(f"{KEYS}?consumer=pages&limit=2{cursor and f'&cursor={cursor}'}").json
        assert len(page["items"]) <= 2
        seen += [key["access_key_id"] for key in page["items"]]
        last, cursor = cursor, page["next_cursor"]
    assert seen == sorted(made)
    assert viewer.get(f"{KEYS}?consumer=acme&limit=2&cursor={last}").code == "invalid_cursor"
    assert viewer.get(f"{KEYS}?api=nothing").json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"apis": ["shop"]}, "invalid_request"),
        ({"consumer": "acme", "apis": "shop"}, "invalid_request"),
        ({"consumer": "acme", "apis": ["shop"], "secret": "mine"}, "invalid_request"),
        ({"consumer": "nobody", "apis": ["shop"]}, "not_found"),
        ({"consumer": "acme", "apis": ["nothing"]}, "not_found"),
        ({"consumer": "acme", "apis": []}, "invalid_value"),
        ({"consumer": "acme", "apis": ["shop"], "scheme": "nothing"}, "not_found"),
        ({"consumer": "acme", "apis": ["shop"], "networks": ["10.0.0.1/8"]}, "invalid_value"),
        ({"consumer": "acme", "apis": ["shop"], "rate_limit": "many"}, "invalid_value"),
        ({"consumer": "acme", "apis": ["shop"], "expires": "2100-01-01"}, "invalid_request"),
        ({"consumer": "acme", "apis": ["shop"], "quota_day": -1}, "invalid_request"),
        ({"consumer": "acme", "apis": ["shop"], "labels": {"": "x"}}, "invalid_value"),
    ],
)
def test_what_cannot_be_issued(operator: Manager, body: dict[str, Any], code: str) -> None:
    """Each is refused with its code, and nothing is made."""
    assert operator.call("POST", KEYS, body).code == code


@pytest.mark.parametrize(
    ("body", "given", "code"),
    [
        (b"{", {}, "malformed_request"),
        (b"\xff", {}, "malformed_request"),
        (b'"\\ud800"', {}, "malformed_request"),
        (b'{"consumer": "a", "consumer": "acme", "apis": []}', {}, "malformed_request"),
        (b'{"consumer": "acme", "labels": {"a": "1", "a": "2"}}', {}, "malformed_request"),
        (b"[" * 100_000, {}, "invalid_request"),
        (b'{"labels":' * 50_000, {}, "invalid_request"),
        (b'{"consumer": ' + b"9" * 100_000 + b"}", {}, "invalid_request"),
        (b"{}", {"content-type": "text/plain"}, "unsupported_media_type"),
        (b"{}", {"content-type": "application/json; charset=latin-1"}, "unsupported_media_type"),
        (b"{}", {"content-encoding": "gzip"}, "unsupported_media_type"),
        (b"x" * 1_048_577, {}, "body_too_large"),
        (b"", {}, "unsupported_media_type"),
    ],
    ids=range(13),
)
def test_hostile_bodies(operator: Manager, body: bytes, given: dict[str, str], code: str) -> None:
    """Whatever the bytes are, there is a refusal."""
    assert operator.call("POST", KEYS, None, given, body=body).code == code


def test_viewer_changes_nothing(viewer: Manager) -> None:
    """Nothing that writes is a viewer's to do."""
    for method, target in (
        ("POST", KEYS),
        ("POST", f"{KEYS}/import"),
        ("PATCH", f"{KEYS}/x"),
        ("DELETE", f"{KEYS}/x"),
        ("POST", f"{KEYS}/x/revoke"),
    ):
        assert viewer.call(method, target, {}).code == "role_too_low"
