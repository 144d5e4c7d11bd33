"""Access keys that are public keys, and keys with a passphrase, at a running service."""

from __future__ import annotations

import json
import time
from pathlib import Path

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.core.key_pairs import pair_for
from tests.server.service import Service, serving
from tests.server.upstream import Upstream

MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "pay"
path_prefix = "/pay"
schemes = ["wechatpay-v3", "okx-v5"]
upstream = "{0}"
"""
PATH = "/pay/orders"


def lines(scheme: str, credential: Credential, body: bytes) -> list[tuple[str, str]]:
    request = Request(b"POST", PATH.encode(), [(b"host", b"x")], body=body)
    signer, now_ms = Signer(get_scheme(scheme), credential), int(time.time() * 1000)
    nonce = "5f1c9a0217" if scheme == "wechatpay-v3" else None
    return list(signer.sign(request, time_ms=now_ms, nonce=nonce).headers.items())


def test_public_keys_and_passphrases_at_one_api(folder: Path, upstream: Upstream) -> None:
    """Each key is accepted by its own scheme; by the other one, whatever it signs is a wrong signature."""
    private, public = pair_for("rsa-v1_5-sha256")
    service = Service(folder)
    service.prepare(MANIFEST.format(upstream.url))
    (folder / "public.pem").write_bytes(public)
    (folder / "serial").write_text("C0FFEE")
    words = ("keys", "import", "--consumer", "acme", "--api", "pay", "--json", "--access-key-id", "1900000001")
    kept = service.must(
        *words, "--public-key", str(folder / "public.pem"), "--extra-file", f"serial_no={folder}/serial"
    )
    assert json.loads(kept)["material"] == "public_key"
    made = json.loads(
        service.must("keys", "issue", "--consumer", "acme", "--api", "pay", "--scheme", "okx-v5", "--json")
    )
    merchant = Credential.of("1900000001", private, serial_no="C0FFEE")
    trader = Credential.of(made["access_key_id"], made["secret"], **made["extras"])
    body = b'{"amount": 1}'
    with serving(service):

        def status(scheme: str, credential: Credential) -> int:
            return service.ask("POST", PATH, lines(scheme, credential, body), body).status

        assert status("wechatpay-v3", merchant) == 200
        assert status("okx-v5", trader) == 200
        assert status("okx-v5", trader.replace(extras=Credential.of("", "", passphrase="wrong").extras)) == 401
        assert status("wechatpay-v3", merchant.replace(secret=Credential.of("", pair_of_another()).secret)) == 401
        # The public key as the secret of the other scheme's HMAC: what anybody could try.
        for phrase in ("C0FFEE", made["extras"]["passphrase"], ""):
            assert status_with_text(service, public, phrase, body) == 401
        reasons = {str(event["reason"]) for event in service.events() if event["event"] == "refused"}
        assert reasons == {"signature_mismatch"}


def pair_of_another() -> bytes:
    from tests.core.key_pairs import pem_of, private_key

    return pem_of(private_key("RSA-other"))


def status_with_text(service: Service, public: bytes, phrase: str, body: bytes) -> int:
    """Sign by HMAC with the public key's text, for the access key whose public key it is."""
    import base64
    import hmac
    from datetime import UTC, datetime

    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = f"{stamp}POST{PATH}".encode() + body
    headers = [
        ("OK-ACCESS-KEY", "1900000001"),
        ("OK-ACCESS-TIMESTAMP", stamp),
        ("OK-ACCESS-PASSPHRASE", phrase),
        ("OK-ACCESS-SIGN", base64.b64encode(hmac.digest(public, text, "sha256")).decode()),
    ]
    return service.ask("POST", PATH, headers, body).status
