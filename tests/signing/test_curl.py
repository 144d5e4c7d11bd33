"""The real curl, signed: whatever its arguments make of a request."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from sealstamp.cli import main
from sealstamp.cli.curl_words import URL, Options
from sealstamp.signing.proxy.certificate import make_certificate
from tests.interop.gateway import Upstream
from tests.signing.conftest import Place
from tests.signing.proxies import environment

CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")


class Done(NamedTuple):
    returncode: int
    stdout: bytes
    stderr: str


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No curlrc of this machine is read."""
    monkeypatch.setenv("CURL_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


def curl(place: Place, scheme: str, *words: str, stdin: bytes = b"", **told: str) -> Done:
    """Run the command in this process, which spares its start, or where it reads as one of its own."""
    env = environment(place, scheme) | told
    if stdin:
        command = [sys.executable, "-W", "error", "-m", "sealstamp", "curl", *words]
        done = subprocess.run(command, env=env, input=stdin, capture_output=True, timeout=60, check=False)
        return Done(done.returncode, done.stdout, done.stderr.decode())
    out, complaints = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, env, clear=True), redirect_stdout(out), redirect_stderr(complaints):
        code = main(["curl", "--json", *words])
    printed = json.loads(out.getvalue() or '{"stdout": "", "stderr": ""}')
    return Done(code, printed["stdout"].encode(), printed["stderr"] + complaints.getvalue())


def fetched(place: Place, scheme: str, *words: str, stdin: bytes = b"") -> bytes:
    done = curl(place, scheme, "-sS", "--max-time", "30", *words, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("scheme", ["stardust", "bbx", "aws-sigv4-header", "rfc9421"])
def test_every_system(place: Place, scheme: str) -> None:
    """Several URLs, odd ones too, are one call of curl; each is signed."""
    urls = [place.url(scheme, target) for target in ("/a%2Fb?x=1+2&e&r=%2f", "/ünïcode?ö=ü", "/n/[1-2]?q={a,b}")]
    raw = ("--next", "-sS", "--path-as-is", "-g", place.url(scheme, "/a//b/./c/../d?x=[1]"))
    assert fetched(place, scheme, "-H", "X-Odd: ä", *urls, *raw) == b"hello" * 7


def test_bodies(place: Place, tmp_path: Path) -> None:
    """Data, forms with files, uploads from a file and from standard input arrive as curl sends them."""
    file, url, before = tmp_path / "file", place.url("rfc9421", "/upload"), len(place.upstream.arrived)
    file.write_bytes(bytes(range(256)) * 500)
    calls = [
        ("-d", "a=1", "--data-urlencode", "b=ü&", url),
        ("-T", str(file), url),
        ("-T", "-", url),
        ("-F", f"f=@{file}", url),
        ("-XPATCH", "--json", '{"a": 1}', url),
    ]
    words = [word for call in calls for word in (*call, "--next", "-sS")][:-2]
    assert fetched(place, "rfc9421", *words, stdin=b"from standard input") == b"hello" * len(calls)
    data, upload, streamed, form, patched = place.upstream.arrived[before:]
    assert data.body == b"a=1&b=%C3%BC%26"
    assert upload.body == file.read_bytes()
    assert streamed.body == b"from standard input"
    assert file.read_bytes() in form.body
    assert (patched.method, patched.body) == ("PATCH", b'{"a": 1}')


def test_redirects_retries_and_further_transfers(place: Place) -> None:
    """What curl sends again has a signature of its own; other origins get none of it."""
    to = place.url("bbx", "/landed")
    caught = f"{place.elsewhere.url}/caught-by-curl"
    here, there = place.url("bbx", f"/from?to={to}"), place.url("bbx", f"/from?to={caught}")
    retried = ("--retry", "2", "--retry-delay", "1", place.url("bbx", "/flaky?once=curl"))
    before = len(place.elsewhere.arrived)
    told = fetched(place, "bbx", "-L", here, there, *retried, "--next", "-sS", "-d", "x", place.url("bbx", "/next"))
    assert told == b"hello" + b"{}" + b"hello" * 2
    (arrived,) = place.elsewhere.arrived[before:]
    assert arrived.target == "/caught-by-curl"
    assert place.apis["bbx"].access_key_id not in str(arrived)


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Upstream, Path]]:
    """An API behind TLS, and the certificate that a caller has to trust."""
    context, public = make_certificate("127.0.0.1", tmp_path)
    with Upstream() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=ThreadingHTTPServer.serve_forever, args=(server, 0.02))
        thread.start()
        yield server, public
        server.shutdown()
        thread.join()


def test_tls(place: Place, secure: tuple[Upstream, Path]) -> None:
    """An API's certificate is verified as curl would: against what it is told to believe."""
    server, public = secure
    url = server.url.replace("http:", "https:") + "/orders"
    more = {"SEALSTAMP_SERVER": url}
    done = curl(place, "stardust", "-sS", "--cacert", str(public), url, **more)
    assert (done.returncode, done.stdout) == (0, b"{}"), done.stderr
    assert server.arrived[-1].headers["x-stardust-key"] == place.apis["stardust"].access_key_id
    assert curl(place, "stardust", "-sk", url, **more).stdout == b"{}"
    refused = curl(place, "stardust", "-sS", "-w", "%{http_code}", url, **more)
    assert refused.stdout.endswith(b"502")
    assert len(server.arrived) == 2


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "no URL"),
        (("--nonsense",), "no URL"),
        (("http://other.example/x",), "which is signed for"),
        (("-x", "http://127.0.0.1:1", "{url}"), "proxy"),
        (("--connect-to", "a:1:b:2", "{url}"), "connect-to"),
        (("-skE", "client.pem", "{url}"), "cert"),
        (("--profile", "nobody", "{url}"), "nobody"),
    ],
)
def test_what_cannot_be_signed(place: Place, words: tuple[str, ...], problem: str) -> None:
    """What would send a request past the signer is refused, and told."""
    done = curl(place, "bbx", *(word.format(url=place.url("bbx")) for word in words))
    assert done.returncode == 2
    assert problem in done.stderr
    assert place.apis["bbx"].secret not in done.stderr


def test_the_exit_code_is_that_of_curl(place: Place) -> None:
    """Scripts that ask curl whether it worked can go on to."""
    assert curl(place, "bbx", "-sf", place.url("bbx", "/from?status=404&to=/x")) == (22, b"", "")


def test_how_curls_words_are_read() -> None:
    """Letters together, values beside and after them, beginnings of names, and what follows a double dash."""
    assert CURL is not None
    words = ["-sSLXPOST", "-d", "-x", "--cacer", "--next", "--url", "a.example/ü", "--", "-k"]
    told = [(one.name, one.value) for one in Options.of(CURL).read(words)]
    assert told == [
        *(("silent", ""), ("show-error", ""), ("location", ""), ("request", "POST"), ("data", "-x")),
        *(("cacert", "--next"), (URL, "a.example/%C3%BC"), (URL, "-k")),
    ]
