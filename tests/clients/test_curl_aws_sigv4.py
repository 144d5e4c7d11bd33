"""A stock curl with ``--aws-sigv4`` as the client: of AWS Signature Version 4, and of the scheme for new APIs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sealstamp.core.lint import lint
from sealstamp.schemes import get_scheme
from tests.server.service import Service, serving
from tests.server.signing import Pair
from tests.server.upstream import HELLO, Upstream

PAIR = Pair("AKIDCURL000000000000", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
APIS = {
    "own": '{ name = "sealstamp", region = "eu", service = "orders" }',
    "aws": '{ name = "aws-sigv4-header", region = "eu-west-1", service = "execute-api" }',
    "s3": '{ name = "aws-sigv4-header", region = "eu-west-1", service = "s3" }',
}
OWN, AWS, S3 = "sealstamp:sealstamp:eu:orders", "aws:amz:eu-west-1:execute-api", "aws:amz:eu-west-1:s3"


@dataclass(frozen=True)
class Told:
    """What curl was answered."""

    status: int
    body: bytes

    @property
    def code(self) -> Any:
        return json.loads(self.body)["code"]


class Gateway:
    def __init__(self, service: Service, upstream: Upstream) -> None:
        self.service, self.upstream = service, upstream

    def curl(self, provider: str, target: str, *words: str, pair: Pair = PAIR) -> Told:
        """Run curl; ``target`` begins with an API's name."""
        given = ["--user", f"{pair.access_key_id}:{pair.secret}", "--aws-sigv4", provider]
        command = ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", "--max-time", "20", *given]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.service.folder), "NO_PROXY": "*"}
        done = subprocess.run(
            [*command, *words, f"{self.service.origin}/{target}"], capture_output=True, check=False, env=environment
        )
        assert done.returncode == 0, done.stderr
        body, _, status = done.stdout.rpartition(b"\n")
        return Told(int(status), body)

    def arrived(self) -> int:
        return len(self.upstream.arrived)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    if shutil.which("curl") is None:
        told = "needs curl: run tests/tools/install curl"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    with Upstream() as upstream:
        service = Service(tmp_path_factory.mktemp("curl"))
        service.prepare(_manifest(upstream.url))
        with serving(service):
            yield Gateway(service, upstream)


def _manifest(upstream: str) -> str:
    apis = "".join(
        f'[[apis]]\nname = "{name}"\npath_prefix = "/{name}"\nschemes = [{scheme}]\nupstream = "{upstream}"\n'
        for name, scheme in APIS.items()
    )
    key = f'id = "{PAIR.access_key_id}"\nsecret = "{PAIR.secret}"\nconsumer = "acme"\napis = {json.dumps([*APIS])}\n'
    return f'{apis}[[consumers]]\nname = "acme"\n[[access_keys]]\n{key}'


def own(body: bytes, nonce: str | None = None) -> tuple[str, ...]:
    """The headers that a caller adds for the scheme for new APIs."""
    digest = hashlib.sha256(body).hexdigest()
    nonce = secrets.token_hex(16) if nonce is None else nonce
    return ("--header", f"X-Sealstamp-Nonce: {nonce}", "--header", f"X-Sealstamp-Content-Sha256: {digest}")


# the scheme for new APIs


def test_the_scheme_for_new_apis_has_the_best_grade() -> None:
    """By the published rules, with nothing found."""
    report = lint(get_scheme("sealstamp"))
    assert (report.grade, report.score, report.findings) == ("A", 100, ())


@pytest.mark.parametrize("target", ["own", "own/orders/7", "own/a-b_c.d~e?a=1&b=x%20y"])
def test_own_get(target: str, gateway: Gateway) -> None:
    assert gateway.curl(OWN, target, *own(b"")) == Told(200, HELLO)
    assert gateway.upstream.last.values(b"x-sealstamp-consumer") == [b"acme"]


def test_own_unsorted_query(gateway: Gateway) -> None:
    """Curl 7.88 signs it as it is written, later versions sort it; the documentation asks for a sorted one."""
    version = subprocess.run(["curl", "--version"], capture_output=True, check=True).stdout.split()[1]
    told = gateway.curl(OWN, "own?b=2&a=1", *own(b""))
    assert told.status == (401 if version.startswith(b"7.") else 200)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_own_body(method: str, gateway: Gateway) -> None:
    body = '{"amount": 1}'
    words = ("--request", method, "--header", "Content-Type: application/json", "--data-binary", body)
    assert gateway.curl(OWN, "own/orders", *own(body.encode()), *words) == Told(200, HELLO)
    assert gateway.upstream.last.body == body.encode()


def test_own_upload(gateway: Gateway, tmp_path: Path) -> None:
    """A file that is streamed, by its length and in chunks."""
    content = secrets.token_bytes(3 << 20)
    (tmp_path / "file").write_bytes(content)
    for framing in ((), ("--header", "Transfer-Encoding: chunked")):
        told = gateway.curl(OWN, "own/files/1", *own(content), *framing, "--upload-file", str(tmp_path / "file"))
        assert told == Told(200, HELLO)
        assert gateway.upstream.last.digest == hashlib.sha256(content).hexdigest()


def test_own_replay(gateway: Gateway) -> None:
    """A nonce is good once."""
    words = own(b"", secrets.token_hex(8))
    assert gateway.curl(OWN, "own", *words).status == 200
    told = gateway.curl(OWN, "own", *words)
    assert (told.status, told.code) == (401, "nonce_replayed")


def test_own_refusals(gateway: Gateway) -> None:
    """Another secret, another service, a wrong digest, and headers left out."""
    before = gateway.arrived()
    wrong = Pair(PAIR.access_key_id, PAIR.secret[::-1])
    assert gateway.curl(OWN, "own", *own(b""), pair=wrong).code == "invalid_credentials"
    assert gateway.curl(OWN.replace("orders", "other"), "own", *own(b"")).code == "invalid_credentials"
    assert gateway.curl(OWN, "own", *own(b"")[:2]).code == "missing_credentials"
    assert gateway.curl(OWN, "own", *own(b"")[2:]).code == "missing_credentials"
    assert gateway.curl(OWN, "own", *own(b"other"), "--data-binary", "this").code == "digest_mismatch"
    assert not any(request.whole.is_set() for request in gateway.upstream.arrived[before:])


def test_the_command_in_the_documentation(gateway: Gateway) -> None:
    """It is run as it stands there, but for the gateway's port and the path that tells this test's APIs apart."""
    page = (Path(__file__).parents[2] / "docs" / "new-api.md").read_text(encoding="utf-8")
    (command,) = [text for text in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "--aws-sigv4" in text]
    url = "http://127.0.0.1:8080/orders"
    assert url in command
    environment = {"PATH": os.environ["PATH"], "ACCESS_KEY_ID": PAIR.access_key_id, "SECRET": PAIR.secret}
    done = subprocess.run(
        ["sh", "-ec", command.replace(url, f"{gateway.service.origin}/own/orders")],
        env={**environment, "HOME": str(gateway.service.folder), "NO_PROXY": "*"},
        capture_output=True,
        check=True,
    )
    assert done.stdout == HELLO
    assert gateway.upstream.last.body == b'{"amount": 1}'


# AWS Signature Version 4


@pytest.mark.parametrize("target", ["aws", "aws/v1/orders", "aws/v1/orders?a=1&b=x%20y"])
def test_aws_get(target: str, gateway: Gateway) -> None:
    assert gateway.curl(AWS, target) == Told(200, HELLO)


def test_aws_body(gateway: Gateway) -> None:
    """Without the digest's header, which curl sends for s3 alone, the body is read before it is passed on."""
    body = '{"amount": 1}'
    words = ("--header", "Content-Type: application/json", "--header", "X-Amz-Target: Orders.Put", "--data-binary")
    assert gateway.curl(AWS, "aws/v1/orders", *words, body) == Told(200, HELLO)
    assert gateway.upstream.last.body == body.encode()
    digest = hashlib.sha256(body.encode()).hexdigest()
    with_digest = ("--header", f"X-Amz-Content-Sha256: {digest}", *words)
    assert gateway.curl(AWS, "aws/v1/orders", *with_digest, body) == Told(200, HELLO)
    assert gateway.curl(AWS, "aws/v1/orders", *with_digest, "other").code == "digest_mismatch"


def test_aws_s3(gateway: Gateway) -> None:
    """The digest travels: curl adds the header itself from version 8 on, and before that takes one that is given."""
    body = "hello"
    digest = hashlib.sha256(body.encode()).hexdigest()
    words = ("--request", "PUT", "--header", f"X-Amz-Content-Sha256: {digest}", "--data-binary", body)
    assert gateway.curl(S3, "s3/bucket/key", *words) == Told(200, HELLO)
    unsigned = ("--request", "PUT", "--header", "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD", "--data-binary", body)
    assert gateway.curl(S3, "s3/bucket/key", *unsigned).code == "component_not_covered"


def test_aws_refusals(gateway: Gateway) -> None:
    before = gateway.arrived()
    assert gateway.curl(AWS, "aws", pair=Pair(PAIR.access_key_id, "wrong")).code == "invalid_credentials"
    assert gateway.curl(AWS.replace("eu-west-1", "us-east-1"), "aws").code == "invalid_credentials"
    assert gateway.arrived() == before
