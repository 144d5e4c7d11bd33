"""Writes the client to be awaited from the one that waits: the same text, with ``await`` where it waits.

Run it to bring the file up to date: ``python tests/client/awaited.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "src" / "sealstamp" / "client"
WORDS = (
    (r"\A.*?\n", '"""The client to be awaited; ``synchronous`` is the same without."""\n'),
    (r"import time\n", "import asyncio\n"),
    (r"\bIterator\b", "AsyncIterator"),
    (r"class Client:", "class AsyncClient:"),
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
    (r"    def (?!__init__|list_|sum_)", "    async def "),
    (r"  # noqa: UP028.*", ""),
)


def awaited() -> str:
    """Return what the file must be."""
    text = (FOLDER / "synchronous.py").read_text(encoding="utf-8")
    for pattern, replacement in WORDS:
        text = re.sub(pattern, replacement, text, flags=re.M)
    return text


if __name__ == "__main__":
    (FOLDER / "asynchronous.py").write_text(awaited(), encoding="utf-8")
