"""The decision endpoint by where it keeps replay claims: requests per second, as ratios in one run.

    python -m bench.replay [--seconds N] [--rounds N]

In a worker's memory; in memory that two workers on the same core share; in Valkey. The workers are on core 0, wrk on
core 1, and Valkey is where there is room; rounds interleaved; medians. Every request has a nonce of its own, and every
one must be accepted. Once with a key without terms, once with one that has a rate limit.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.decision import prepare, requests_per_second, sealstamp, server, wrk_script
from sealstamp.core.credential import Credential
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
        pairs = keys(folder)
        ports = {
            kind: stack.enter_context(server([target], {**settings(folder, kind), **variables}))
            for kind, target, variables in (
                ("memory", APP, {}),
                ("2 workers", f"--workers 2 {APP}", {"SEALSTAMP_WORKERS": "2"}),
                ("Valkey", APP, {"SEALSTAMP_REPLAY_STORE": valkey.url}),
            )
        }
        rows: dict[str, list[float]] = {}
        for _ in range(arguments.rounds):
            for limited, pair in pairs.items():
                # Signed once for all three: each has a store of its own, and has seen none of the nonces.
                script = wrk_script(folder, SCHEME, pair, int(MOST_A_SECOND * arguments.seconds))
                for kind, port in ports.items():
                    row = rows.setdefault(f"{kind}{limited}", [])
                    row.append(requests_per_second(port, script, arguments.seconds))
        print(f"{'replay claims in':28}{'decide /s':>11}{'ratio':>7}")
        for kind, row in rows.items():
            ratio = statistics.median(mine / base for mine, base in zip(row, rows["memory"], strict=True))
            print(f"{kind:28}{statistics.median(row):11.0f}{ratio:7.2f}", flush=True)


def keys(folder: Path) -> dict[str, Credential]:
    """Make a store with a key that has no terms, and one with a rate limit, which is counted where claims are."""
    config, pairs = prepare(folder)
    words = ("keys", "issue", "--consumer", "bench", "--api", SCHEME, "--rate-limit", "1000000000/day", "--json")
    limited = json.loads(sealstamp(*words, "--config", str(config)))
    return {"": pairs[SCHEME], ", rate limit": Credential.of(limited["access_key_id"], limited["secret"])}


def settings(folder: Path, kind: str) -> dict[str, str]:
    """Copy the store for a service of its own; return what says so."""
    own = folder / kind.replace(" ", "-")
    own.mkdir()
    for name in ("s.sqlite3", "s.key"):
        shutil.copy(folder / name, own)
    return {
        "SEALSTAMP_STORE": f"sqlite:///{own}/s.sqlite3",
        "SEALSTAMP_SEALING_KEY_FILE": f"{own}/s.key",
        "SEALSTAMP_LOG_LEVEL": "warning",
    }


if __name__ == "__main__":
    main()
