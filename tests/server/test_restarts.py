"""A service that is killed and started again, and one that there is already."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.server.service import Service, serving, until
from tests.server.signing import BBX, TAURUSX
from tests.server.upstream import Upstream

MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "bbx"
path_prefix = "/bbx"
schemes = ["bbx"]
upstream = "{0}"

[[apis]]
name = "once"
path_prefix = "/once"
schemes = ["taurusx"]
replay = "signature"
upstream = "{0}"

[[apis]]
name = "counting"
path_prefix = "/counting"
schemes = ["bitfinex-v2"]
upstream = "{0}"
"""


def test_killed_and_started_again(folder: Path, upstream: Upstream) -> None:
    """Whatever was accepted before is refused after: also what was stamped ahead of the clock. New requests pass."""
    service = Service(folder)
    service.prepare(MANIFEST.format(upstream.url))
    bbx, taurusx = service.add_pair("bbx"), service.add_pair("once")
    with serving(service):
        # The ahead-stamped first: they are still in their window, and after the new guard's birth, when it is born.
        calls = [
            (BBX, "/bbx", BBX.sign(bbx, BBX.stamp(20))),
            (TAURUSX, "/once", TAURUSX.sign(taurusx, TAURUSX.stamp(200))),
            (BBX, "/bbx", BBX.sign(bbx)),
            (TAURUSX, "/once", TAURUSX.sign(taurusx)),
        ]
        for call in calls:
            assert service.call(*call).status == 200
        service.kill()
        service.start()
        assert service.process is not None
        answers = [service.call(*call) for call in calls]
        assert [answer.status for answer in answers] == [401] * 4
        reasons = [service.reason(answer) for answer in answers]
        assert reasons == ["nonce_replayed", "nonce_replayed", "outside_time_window", "outside_time_window"]
        assert [bool(answer.values("x-sealstamp-server-time")) for answer in answers] == [False, False, True, True]
        assert service.call(BBX, "/bbx", BBX.sign(bbx)).status == 200
        assert service.call(TAURUSX, "/once", TAURUSX.sign(taurusx)).status == 200
        # Only the supervising process killed: the worker must not outlive it, and keep the store from a new service.
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait()
        until(lambda: not service.pids, "the worker to end")


def test_from_start_to_stop(folder: Path) -> None:
    """/readyz says 503 until a request signed now is younger than the guard; SIGTERM ends all of it, with 0."""
    service = Service(folder)
    try:
        service.start(ready=False)
        assert service.process is not None

        def starting() -> str | None:
            try:
                health, ready = service.get("/healthz"), service.get("/readyz")
            except OSError:
                return None
            return str(ready.json()["status"]) if health.status == 200 and ready.status == 503 else None

        assert until(starting, "the service to answer while it is not ready") == "starting"
        until(service.is_ready, "the service to be ready")
        service.process.terminate()
        assert service.process.wait(20) == 0
        assert service.pids == []
        assert "Traceback" not in service.said()
    finally:
        service.stop()


def test_told_to_end_while_it_starts(folder: Path) -> None:
    """It does, with 0, though its workers do not serve yet, and leaves none of them."""
    service = Service(folder, workers=2, replay_capacity=1_000, limited_keys=1_000)
    try:
        service.start(ready=False)
        assert service.process is not None
        until(lambda: len(service.pids) == 3, "the workers' processes")
        service.process.terminate()
        assert service.process.wait(20) == 0
        assert service.pids == []
    finally:
        service.kill()


def test_an_address_that_is_taken(folder: Path, upstream: Upstream) -> None:
    """The service does not start, and says why in a line."""
    service = Service(folder)
    service.config.write_text(service.config.read_text().replace(f":{service.port}", f":{upstream.port}"))
    done = service.run("serve")
    assert done.returncode != 0
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_second_service_on_the_same_store(service: Service, folder: Path) -> None:
    """It does not start, and says why in a line and not in a traceback; the first goes on."""
    elsewhere = Service(folder)
    elsewhere.config.write_text(service.config.read_text().replace(f":{service.port}", f":{elsewhere.port}"))
    for second in (service, elsewhere):
        done = second.run("serve")
        assert done.returncode != 0
        assert "another process serves from this store" in done.stderr
        assert "Traceback" not in done.stderr + done.stdout
    assert service.get("/readyz").status == 200


def test_numbers_go_on_counting_after_a_kill(folder: Path, upstream: Upstream) -> None:
    """The last one was on the disk before its request was accepted, so neither it nor a lower one is accepted again."""
    service = Service(folder)
    service.prepare(MANIFEST.format(upstream.url))
    pair = service.add_pair("counting")
    signer = Signer(get_scheme("bitfinex-v2"), Credential.of(pair.access_key_id, pair.secret))

    def call(nonce: str) -> tuple[int, str]:
        headers = signer.sign(Request(b"GET", b"/counting/x", body=b""), nonce=nonce).headers
        answer = service.get("/counting/x", list(headers.items()))
        return answer.status, "" if answer.status == 200 else service.reason(answer) or ""

    replayed = (401, "nonce_replayed")
    with serving(service):
        assert [call(nonce) for nonce in ("100", "100", "99", "101")] == [(200, ""), replayed, replayed, (200, "")]
        service.kill()
        service.start()
        assert [call(nonce) for nonce in ("101", "100", "102")] == [replayed, replayed, (200, "")]
