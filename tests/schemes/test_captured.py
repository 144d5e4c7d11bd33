"""Requests as vendors' own SDKs made them, or signed them where the vendor calls and the SDK verifies, are accepted.

``captured.json`` holds one request a line: the SDK and its version, our scheme, the pair, the time. Bodies are Latin-1
for their bytes. Headers that no scheme reads, such as User-Agent, were left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.verifier import Verifier
from sealstamp.errors import SignatureMismatchError, VerificationError
from sealstamp.schemes import get_scheme

CAPTURED: list[dict[str, Any]] = json.loads(Path(__file__).with_name("captured.json").read_text(encoding="utf-8"))
NAMES = [f"{facts['scheme']}-{number}" for number, facts in enumerate(CAPTURED)]


def request_of(facts: dict[str, Any]) -> Request:
    """Return the request as it would have been on the wire."""
    url = urlsplit(facts["url"])
    target = url.path + ("?" + url.query if url.query else "")
    headers = [(name.lower().encode(), value.encode()) for name, value in facts["headers"]]
    if not any(name == b"host" for name, _ in headers):
        headers.insert(0, (b"host", url.netloc.encode()))
    body = facts["body"].encode("latin-1")
    return Request(
        facts["method"].encode(),
        target.encode(),
        headers,
        scheme=url.scheme.encode(),
        authority=url.netloc.encode(),
        body=body,
    )


def check(facts: dict[str, Any], secret: str) -> None:
    """Verify, with a secret."""
    scheme = get_scheme(facts["scheme"], facts["params"])
    verifier, request = Verifier(scheme), request_of(facts)
    key = verifier.bind(Credential.of(facts["access_key_id"] if scheme.names_key else "", secret), consumer="captured")
    presented = verifier.present(request, facts["time_ms"])
    if scheme.names_key:
        assert verifier.access_key_id_of(presented) == facts["access_key_id"].encode()
    verifier.check(request, presented, key, facts["time_ms"])


@pytest.mark.parametrize("facts", CAPTURED, ids=NAMES)
def test_an_sdks_request_is_accepted(facts: dict[str, Any]) -> None:
    """Whatever the SDK did with spaces, doubles, empty values and Unicode, the verifier does the same."""
    check(facts, facts["secret"])


def test_they_are_refused_with_another_secret() -> None:
    """The requests are not accepted for want of looking: one of each scheme, and another key."""
    for facts in {facts["scheme"]: facts for facts in CAPTURED if facts["scheme"] != "discord"}.values():
        with pytest.raises(SignatureMismatchError):
            check(facts, "b3RoZXIgc2VjcmV0IG9mIHRoaXJ0eS10d28gYnl0ZQ==")


def test_a_json_body_that_twilio_did_not_sign_is_refused() -> None:
    """Its SHA-256 is in the query, and compared."""
    facts = next(facts for facts in CAPTURED if "bodySHA256" in facts["url"])
    with pytest.raises(VerificationError):
        check(facts | {"body": "{}"}, facts["secret"])
