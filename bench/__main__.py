"""Every benchmark, one after another: ``python -m bench``."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = (
    "cold",
    "verify",
    "decision",
    "replay",
    "racers",
    "keys",
    "revocation",
    "proxy",
    "limits",
    "unknown_key",
    "clients",
    "peers",
    "middleware",
)


def main() -> int:
    for name in BENCHMARKS:
        print(f"== {name}", flush=True)
        if code := subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
