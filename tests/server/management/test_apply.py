"""``/v1/apply``: a whole file at once, from whose text nothing of the service's machine can be reached."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

from sealstamp.keys.audit import AuditQuery
from tests.server.management.conftest import MANIFEST
from tests.server.managing import Manager

KEY = """
[[access_keys]]
id = "{id}"
{secret}
consumer = "acme"
apis = ["shop"]
"""


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"text": MANIFEST + text, "place": "apis.toml", **more}


def test_applied(admin: Manager, viewer: Manager) -> None:
    """What changes is told before and after; secrets that were sent along are kept, and told nobody."""
    key = f"k-{secrets.token_hex(4)}"
    text = KEY.format(id=key, secret='secret_env = "ITS"')
    asked = body(text, variables={"ITS": "topsecret"})
    created = [{"action": "create", "kind": "access key", "name": key, "fields": []}]
    told = admin.call("POST", "/v1/apply", {**asked, "dry_run": True})
    assert (told.status, told.json) == (200, {"dry_run": True, "changes": created})
    assert viewer.get(f"/v1/access-keys/{key}").status == 404
    told = admin.call("POST", "/v1/apply", asked)
    assert (told.status, told.json["changes"]) == (200, created)
    assert admin.call("POST", "/v1/apply", asked).json["changes"] == []
    assert viewer.get(f"/v1/access-keys/{key}").json["consumer"] == "acme"
    other = admin.call("POST", "/v1/apply", {**asked, "variables": {"ITS": "another"}})
    assert other.json["changes"][0]["fields"] == ["secret: *** -> ***"]
    with admin.service.opened_store() as store:
        entries = store.list_audit_entries(AuditQuery(subject=key, limit=10))
    assert {entry.actor for entry in entries} == {"operator:the-admin"}
    assert "topsecret" not in str(entries)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[" * 5_000, "apis.toml"),
        ("x = " + "9" * 5_000, "apis.toml"),
        (KEY.format(id="x", secret='secret_env = "PATH"'), "secret_env"),
        (KEY.format(id="x", secret='secret_file = "/etc/hostname"'), "secret_file"),
        (KEY.format(id="x", secret='secret = "s"\nextras = { a = { file = "/etc/hostname" } }'), "extras"),
        ('[[apis]]\nname = "own"\npath_prefix = "/own"\nschemes = ["SCHEME"]', "schemes"),
        ('[[apis]]\nname = "own"\npath_prefix = "/own"\nschemes = ["bbx"]\nresponse_profile = "SCHEME"', "schemes"),
        ('[[apis]]\nname = "own"\npath_prefix = "/shop"\nschemes = ["bbx"]', "apis.toml"),
    ],
)
def test_what_cannot_be(admin: Manager, tmp_path: Path, text: str, place: str) -> None:
    """A file or a variable of the service's machine is not looked at, not even for a scheme that would do."""
    scheme = tmp_path / "own.toml"
    scheme.write_text((Path(__file__).parents[3] / "src/sealstamp/schemes/bbx.toml").read_text())
    told = admin.call("POST", "/v1/apply", body(text.replace("SCHEME", str(scheme)), dry_run=True))
    assert (told.status, told.code) == (422, "invalid_value")
    assert place in told.json["place"]


def test_role(operator: Manager) -> None:
    """It changes what is guarded."""
    assert operator.call("POST", "/v1/apply", body("")).code == "role_too_low"
