"""The decision endpoint by where it keeps replay claims: requests per second, as ratios in one run.

    python -m bench.replay [--seconds N] [--rounds N]

In a worker's memory; in memory that two workers on the same core share; in Valkey. The workers are on core 0, wrk on
core 1, and Valkey is where there is room; rounds interleaved; medians. Every request has a nonce of its own, and every
one must be accepted.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.decision import prepare, requests_per_second, server, wrk_script
from tests.valkey import running

SCHEME = "bbx"
MOST_A_SECOND = 30_000
"""More requests than any of them can answer: a nonce that came twice would be refused."""
APP = "sealstamp.server.app:create_app"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        valkey = stack.enter_context(running())
        _, pairs = prepare(folder)
        kinds = {
            "memory": {},
            "2 workers": {"SEALSTAMP_WORKERS": "2"},
            "Valkey": {"SEALSTAMP_REPLAY_STORE": valkey.url},
        }
        ports = {}
        for kind, variables in kinds.items():
            own = folder / kind.replace(" ", "-")
            own.mkdir()
            for name in ("s.sqlite3", "s.key"):
                shutil.copy(folder / name, own)
            settings = {
                "SEALSTAMP_STORE": f"sqlite:///{own}/s.sqlite3",
                "SEALSTAMP_SEALING_KEY_FILE": f"{own}/s.key",
                "SEALSTAMP_LOG_LEVEL": "warning",
            }
            target = [f"--workers 2 {APP}" if "workers" in kind else APP]
            ports[kind] = stack.enter_context(server(target, {**settings, **variables}))
        rows: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(arguments.rounds):
            # Signed once for all three: each has a store of its own, and has seen none of the nonces.
            script = wrk_script(folder, SCHEME, pairs[SCHEME], int(MOST_A_SECOND * arguments.seconds))
            for kind, port in ports.items():
                rows[kind].append(requests_per_second(port, script, arguments.seconds))
        print(f"{'replay claims in':20}{'decide /s':>11}{'ratio':>7}")
        for kind, row in rows.items():
            ratio = statistics.median(mine / base for mine, base in zip(row, rows["memory"], strict=True))
            print(f"{kind:20}{statistics.median(row):11.0f}{ratio:7.2f}", flush=True)


if __name__ == "__main__":
    main()
