"""Writes the client to be awaited from the one that waits: the same text, with ``await`` where it waits.

Run it to bring the files up to date: ``python tests/client/awaited.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "src" / "sealstamp" / "client"
FILES = {"synchronous": "asynchronous", "distributing": "distributing_awaited"}
WORDS = (
    (r"\A\"\"\"The client that waits.*?\n", '"""The client to be awaited; ``synchronous`` is the same without."""\n'),
    (
        r"\A.*that waits.*?\n",
        '"""What distributors call, of the client to be awaited; ``distributing`` is the same without."""\n',
    ),
    (r"client\.distributing import Distributing", "client.distributing_awaited import AsyncDistributing"),
    (r"class Distributing:", "class AsyncDistributing:"),
    (r"class Client\(Distributing\):", "class AsyncClient(AsyncDistributing):"),
    (r"import time\n", "import asyncio\n"),
    (r"\bIterator\b", "AsyncIterator"),
    (r"``with`` statement", "``async with`` statement"),
    (r"httpx2\.Client", "httpx2.AsyncClient"),
    (r"httpx2\.BaseTransport", "httpx2.AsyncBaseTransport"),
    (r"def __enter__", "async def __aenter__"),
    (r"def __exit__", "async def __aexit__"),
    (r"self\.close\(\)", "await self.close()"),
    (r"self\._http\.close\(\)", "await self._http.aclose()"),
    (r"time\.sleep", "await asyncio.sleep"),
    (r"(?<!await )self\._(send|attempt)\(", r"await self._\1("),
    (r"= self\._http\.request", "= await self._http.request"),
    (r"    def (?!__init__|list_|sum_|_pages.*: \.\.\.$)", "    async def "),
    (r"  # noqa: UP028.*", ""),
)


def awaited(name: str) -> str:
    """Return what must be made of a file."""
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    for pattern, replacement in WORDS:
        text = re.sub(pattern, replacement, text, flags=re.M)
    return text


if __name__ == "__main__":
    for name, made in FILES.items():
        (FOLDER / f"{made}.py").write_text(awaited(name), encoding="utf-8")
