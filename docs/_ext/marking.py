"""Small pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def code(text: object) -> str:
    """Write a code span; one that holds backticks gets longer fences."""
    fence = "``" if "`" in str(text) else "`"
    return f"{fence}{text}{fence}"


def block(language: str, text: str) -> str:
    """Write a fenced block."""
    return f"````{language}\n{text.rstrip(chr(10))}\n````\n"


def prose(text: str) -> str:
    """Write text as it is meant: nothing in it is markup."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|$~" else letter for letter in text)
