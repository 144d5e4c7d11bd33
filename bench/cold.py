"""Cold starts as whole processes, beside ``python -c pass``, which nothing in Python beats.

    make bench            (all benchmarks)
    python -m bench.cold [--runs N]

Rounds are interleaved; printed are medians, and the median of the differences in a round, which is Sealstamp's own.
Bytecode is compiled before, as an installation does.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import sealstamp

SIGN = (
    *("-m", "sealstamp", "sign", "--scheme", "bbx", "--access-key-id", "975988f45090561684b7d8f4e45b85c2"),
    *("--secret", "957f23f2d6435e37d4ac21f3e9a67d45", "--url", "https://api.example.com/orders", "--json"),
)
PROGRAMS = {
    "python -c pass": ("-c", "pass"),
    "import sealstamp": ("-c", "import sealstamp"),
    "list the catalogue": ("-m", "sealstamp", "schemes", "list"),
    "sign, nonce and time given": (*SIGN, "--nonce", "2", "--at", "1612149637"),
    "sign, nonce and time made": SIGN,
}
LIMITS_MS = {"import sealstamp": 100, "list the catalogue": 100, "sign, nonce and time made": 150}


def milliseconds(words: tuple[str, ...]) -> float:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEALSTAMP_")}
    begin = time.perf_counter_ns()
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, env=environment, check=True)
    return (time.perf_counter_ns() - begin) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    compileall.compile_dir(str(Path(sealstamp.__file__).parent), quiet=2)
    rounds = [{name: milliseconds(words) for name, words in PROGRAMS.items()} for _ in range(runs + 1)][1:]
    print(f"{runs} runs")
    print(f"{'program':32}{'median ms':>12}{'least ms':>12}{'more than python':>20}{'limit ms':>10}")
    for name in PROGRAMS:
        times = [one[name] for one in rounds]
        more = statistics.median(one[name] - one["python -c pass"] for one in rounds)
        print(f"{name:32}{statistics.median(times):12.1f}{min(times):12.1f}{more:20.1f}{LIMITS_MS.get(name, ''):>10}")


if __name__ == "__main__":
    main()
