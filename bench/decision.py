"""The decision endpoint against the same server's no-op: requests per second, as a ratio.

    python -m bench.decision [--seconds N] [--rounds N]

One server process on core 0, the load generator (wrk, 64 kept connections) on core 1; rounds interleaved; medians.
The no-op answers 204 to everything, under granian with the same settings. Every answer that is not a 2xx is counted,
and there must be none: a refusal is cheaper than an acceptance.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme

HOST = "127.0.0.1"
SERVER_CORE, LOAD_CORE = "0", "1"
SCHEMES = ("stardust", "cdnetworks-api-shield", "taurusx", "bbx")
WITH_NONCES = 400_000
"""Signed requests made ready for a scheme whose nonces must differ: more than a round can use."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        noop = stack.enter_context(server(["bench.noop:create_app"], {}))
        config, pairs = prepare(folder)
        guarded = stack.enter_context(server(["sealstamp.server.app:create_app"], {"SEALSTAMP_CONFIG": str(config)}))
        print(f"{'scheme':24}{'no-op /s':>10}{'decide /s':>11}{'ratio':>7}")
        for scheme in SCHEMES:
            rows = []
            for _ in range(arguments.rounds):
                script = wrk_script(folder, scheme, pairs[scheme])
                idle = requests_per_second(noop, script, arguments.seconds)
                rows.append((idle, requests_per_second(guarded, script, arguments.seconds)))
            idle, busy = (statistics.median(column) for column in zip(*rows, strict=True))
            ratio = statistics.median(b / a for a, b in rows)
            print(f"{scheme:24}{idle:10.0f}{busy:11.0f}{ratio:7.2f}", flush=True)


# servers


def granian(target: str, port: int) -> list[str]:
    words = f"-m granian --interface asgi --factory --no-ws --log-level warning --host {HOST} --port {port} {target}"
    return ["taskset", "-c", SERVER_CORE, sys.executable, *words.split()]


@contextmanager
def server(target: list[str], variables: dict[str, str]) -> Iterator[int]:
    """Run an application under granian on the server's core, once it answers."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(granian(target[0], port), env={**os.environ, **variables})
    try:
        await_ready(port)
        yield port
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def await_ready(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1) as connection:
            connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            if connection.recv(100).split(b" ")[1][:1] == b"2":
                return
        time.sleep(0.1)
    raise SystemExit("the server did not come up")


# what is guarded, and what is sent


def prepare(folder: Path) -> tuple[Path, dict[str, Credential]]:
    """Make a store with an API and a key per scheme; return the settings and the keys."""
    config = folder / "sealstamp.toml"
    config.write_text(
        f'store = "sqlite:///{folder}/s.sqlite3"\nsealing_key_file = "{folder}/s.key"\nlog_level = "warning"\n'
    )
    apis = "".join(f'[[apis]]\nname = "{s}"\npath_prefix = "/{s}"\nschemes = ["{s}"]\n' for s in SCHEMES)
    (folder / "apis.toml").write_text('[[consumers]]\nname = "bench"\n' + apis)
    sealstamp("apply", "-f", str(folder / "apis.toml"), "--config", str(config))
    pairs = {}
    for scheme in SCHEMES:
        issued = sealstamp("keys", "issue", "--consumer", "bench", "--api", scheme, "--json", "--config", str(config))
        pair = json.loads(issued)
        pairs[scheme] = Credential.of(pair["access_key_id"], pair["secret"])
    return config, pairs


def sealstamp(*words: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "sealstamp", *words], check=True, capture_output=True, text=True
    ).stdout


def wrk_script(folder: Path, scheme: str, pair: Credential, with_nonces: int = WITH_NONCES) -> Path:
    """Write the load: what nginx would send to ask about one signed request, or about many that differ in nonce."""
    signer = Signer(get_scheme(scheme), pair)
    now_ms = time.time_ns() // 1_000_000
    request = Request(b"POST", f"/{scheme}/orders?page=2".encode(), [(b"host", b"api.example.com")])

    def signed(number: int) -> Request:
        return signer.sign(request, time_ms=now_ms, nonce=f"{now_ms:x}-{number:x}").apply(request)

    script = folder / f"{scheme}.lua"
    first = signed(0)
    # wrk knows its own Host header by this spelling; otherwise it would send two.
    headers = {name.decode().replace("host", "Host"): value.decode() for name, value in first.headers}
    headers["X-Original-Method"] = "POST"
    table = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in usual(headers).items())
    if get_scheme(scheme).nonce is None:
        script.write_text(f'wrk.path = "/decide"\n{table}\nwrk.headers["X-Original-URI"] = "{first.target.decode()}"\n')
    else:
        targets = folder / f"{scheme}.targets"
        targets.write_text("\n".join(signed(number).target.decode() for number in range(with_nonces)))
        script.write_text(_MANY.format(table=table, targets=targets))
    return script


def usual(headers: dict[str, str]) -> dict[str, str]:
    """Add what a client's request would carry too."""
    return {"User-Agent": "client/1.0", "Accept": "*/*", "Content-Type": "application/json", **headers}


_MANY = """
{table}
local targets, used = {{}}, 0
for line in io.lines("{targets}") do targets[#targets + 1] = line end
request = function()
  used = used % #targets + 1
  wrk.headers["X-Original-URI"] = targets[used]
  return wrk.format("GET", "/decide")
end
"""


def requests_per_second(port: int, script: Path, seconds: float) -> float:
    """Run wrk for one round. Raises SystemExit if an answer was not a 2xx."""
    words = f"-t1 -c64 -d{seconds:g}s -s {script} http://{HOST}:{port}/"
    done = subprocess.run(
        ["taskset", "-c", LOAD_CORE, "wrk", *words.split()], check=True, capture_output=True, text=True
    )
    if "Non-2xx" in done.stdout:
        raise SystemExit(f"not every request was accepted:\n{done.stdout}")
    found = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
    assert found
    return float(found[1])


if __name__ == "__main__":
    main()
