"""Every client program against a server that only writes down: is what it sent what the vendor's page asks for?

The signatures are computed here by hand, apart from the programs and from Sealstamp itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.clients.programs import ENDPOINTS, HERE, LANGUAGES, Program, ProgramError, programs, require, run

PAIRS = {
    "stardust": (
        "U2FsdGVkX19WZI4YdvcVgQWFQVdhwrtKyFjTHb8I4HcgIGlrymzcdVv7cnsCfpox",
        "U2FsdGVkX18NunM9ru5v57kHgE5QZzPvnXP7AJYi6Wdmmqf3DY858gRBFSjSC123",
    ),
    "cdnetworks-api-shield": ("", "any string: even $this, \"that\" & 'those' of 100% größe"),
    "taurusx": ("018168163a17d44907669d58ee9ad687", "af6d4b1cbdb4fbe2d1ee838fabfe92fe"),
    "bbx": ("975988f45090561684b7d8f4e45b85c2", "957f23f2d6435e37d4ac21f3e9a67d45"),
}
ACCEPTED = '{"success": true,\n "said": "größe"}\n'
REFUSED = '{"success": false}'


@dataclass(frozen=True)
class Recorded:
    """A request as it came: names in the spelling sent."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The one value of a header field, whatever the case of its name."""
        values = [value for sent, value in self.fields if sent.lower() == name.lower()]
        assert len(values) == 1, (name, self.fields)
        return values[0]

    def has(self, name: str) -> bool:
        return any(sent.lower() == name.lower() for sent, _ in self.fields)

    def query(self) -> dict[str, str]:
        """The decoded query, each name once."""
        pairs = parse_qsl(urlsplit(self.target).query, keep_blank_values=True, strict_parsing=True)
        assert len(pairs) == len(dict(pairs)), pairs
        return dict(pairs)


class Recorder(ThreadingHTTPServer):
    """Answers 200, or 401 below /refusing, and keeps every request."""

    daemon_threads = False  # so that closing waits for them

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), RecordingHandler)
        self.recorded: list[Recorded] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class RecordingHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: Recorder

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.recorded.append(Recorded(self.command, self.path, tuple(self.headers.items()), body))
        status, text = (401, REFUSED) if self.path.startswith("/refusing/") else (200, ACCEPTED)
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = answer  # noqa: N815
    do_POST = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def md5_hex(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def is_now(seconds: float) -> bool:
    return abs(time.time() - seconds) < 60


def bbx_signature(access_key_id: str, secret: str, nonce: str, now: str) -> str:
    text = "AccessKeyId=" + access_key_id + "&SignatureNonce=" + nonce + "&Timestamp=" + now
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1").hex().encode()).decode()


def check_stardust(
    sent: Recorded, access_key_id: str, secret: str, time_name: str = "X-TS", sign_name: str = "X-SIGN"
) -> None:
    now_ms = sent.header(time_name)
    assert sent.method == "POST"
    assert sent.header("X-STARDUST-KEY") == access_key_id
    assert re.fullmatch(r"\d{13}", now_ms)
    assert is_now(int(now_ms) / 1000)
    assert sent.header(sign_name) == md5_hex(now_ms + "&" + secret + "&" + access_key_id)
    assert sent.header("Content-Type") == "application/json"
    assert json.loads(sent.body) == {"project": "street-scenes", "page": 1}


def check_stardust_aliases(sent: Recorded, access_key_id: str, secret: str) -> None:
    check_stardust(sent, access_key_id, secret, "_ts", "_sign")
    assert not sent.has("X-TS")
    assert not sent.has("X-SIGN")


def check_cdnetworks(sent: Recorded, access_key_id: str, secret: str) -> None:
    now = sent.header("X-Date")
    assert sent.method == "GET"
    assert re.fullmatch(r"\d{10}", now)
    assert is_now(int(now))
    assert sent.header("X_Sam_Auth") == hmac.digest(secret.encode(), now.encode(), "sha256").hex()


def check_taurusx(sent: Recorded, access_key_id: str, secret: str) -> None:
    now = sent.header("timestamp")
    assert sent.method == "GET"
    assert sent.header("access-key") == access_key_id
    assert re.fullmatch(r"\d{10}", now)
    assert is_now(int(now))
    assert sent.header("token") == md5_hex(secret + md5_hex(now))


def check_bbx(sent: Recorded, access_key_id: str, secret: str, method: str = "POST") -> None:
    query = sent.query()
    assert sent.method == method
    assert set(query) == {"AccessKeyId", "SignatureNonce", "Timestamp", "Signature"}
    assert query["AccessKeyId"] == access_key_id
    assert re.fullmatch(r"[0-9a-f]{8}", query["SignatureNonce"])
    assert re.fullmatch(r"\d{10}", query["Timestamp"])
    assert is_now(int(query["Timestamp"]))
    signature = bbx_signature(access_key_id, secret, query["SignatureNonce"], query["Timestamp"])
    assert query["Signature"] == signature
    assert "Signature=" + signature.replace("=", "%3D") in sent.target.partition("?")[2].split("&")
    if method == "POST":
        assert sent.header("Content-Type") == "application/json"
        assert json.loads(sent.body) == {"market": "BTC-USDT", "side": "buy", "amount": "0.25"}
    else:
        assert sent.body == b""


CHECKS: dict[tuple[str, str], Callable[[Recorded, str, str], None]] = {
    ("stardust", ""): check_stardust,
    ("stardust", "aliases"): check_stardust_aliases,
    ("cdnetworks-api-shield", ""): check_cdnetworks,
    ("taurusx", ""): check_taurusx,
    ("bbx", ""): check_bbx,
}


def called(recorder: Recorder, program: Program, prefix: str, **more: str) -> tuple[int, str, Recorded]:
    """Run the program once; the answer it printed and the one request it made."""
    access_key_id, secret = PAIRS[program.scheme]
    env = {"BASE_URL": recorder.url + prefix, "ACCESS_KEY_ID": access_key_id, "SECRET": secret, **more}
    before = len(recorder.recorded)
    status, body = run(program, env)
    (sent,) = recorder.recorded[before:]
    assert urlsplit(sent.target).path == prefix + ENDPOINTS[program.scheme]
    assert secret not in repr(sent)
    return status, body, sent


@pytest.mark.parametrize("program", programs(), ids=lambda program: program.name)
def test_a_program_signs_as_its_vendor_says(program: Program, recorder: Recorder) -> None:
    require(program)
    status, body, sent = called(recorder, program, "/base")
    assert (status, body) == (200, ACCEPTED)
    CHECKS[program.scheme, program.variant](sent, *PAIRS[program.scheme])


@pytest.mark.parametrize(
    "program", [program for program in programs() if program.scheme != "bbx"], ids=lambda program: program.name
)
def test_a_refusal_is_an_answer_too(program: Program, recorder: Recorder) -> None:
    require(program)
    status, body, _ = called(recorder, program, "/refusing")
    assert (status, body) == (401, REFUSED)


@pytest.mark.parametrize(
    "program", [program for program in programs() if program.scheme == "bbx"], ids=lambda program: program.name
)
def test_bbx_draws_a_new_nonce_each_time_also_on_get(program: Program, recorder: Recorder) -> None:
    require(program)
    _, _, first = called(recorder, program, "/base")
    status, body, second = called(recorder, program, "/refusing", METHOD="GET")
    assert (status, body) == (401, REFUSED)
    check_bbx(second, *PAIRS["bbx"], method="GET")
    assert first.query()["SignatureNonce"] != second.query()["SignatureNonce"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_is_an_error(language: str) -> None:
    program = next(program for program in programs() if program.language == language)
    require(program)
    access_key_id, secret = PAIRS[program.scheme]
    env = {"BASE_URL": "http://127.0.0.1:1", "ACCESS_KEY_ID": access_key_id, "SECRET": secret}
    with pytest.raises(ProgramError):
        run(program, env)


def test_a_program_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    started = tmp_path / "started"
    program = Program("shell", "stardust", ("sh", "-c", f"sleep 300 & echo $! > '{started}'; wait"))
    with pytest.raises(subprocess.TimeoutExpired):
        run(program, {}, timeout=1.0)
    state = Path(f"/proc/{started.read_text().strip()}/stat")
    for _ in range(100):
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the child of the program is still running")


def test_the_catalogue_names_every_file_once() -> None:
    listed = [program.source for program in programs()]
    there = [path for language in LANGUAGES for path in (HERE / language).iterdir() if path.is_file()]
    assert sorted(listed) == sorted(there)
    assert len({program.name for program in programs()}) == len(programs())


def test_the_published_vector_of_bbx_follows_from_the_computation_used_here() -> None:
    signature = bbx_signature(*PAIRS["bbx"], nonce="2", now="1612149637")
    assert signature == "M2Y0ODNlYTUwNDFiMTg5MjRmMGQxNmY1YTMyMzc1NTc5NTUzNDAzYw=="
