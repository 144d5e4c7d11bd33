"""Writing the files of a scheme's cases into a folder, and clearing away those of cases that are no more."""

from __future__ import annotations

from pathlib import Path

from sealstamp.vectors.files import Files

MARK = "case.json"
"""A folder with this file in it is a case, and may be cleared away."""


def write_folder(folder: Path, files: Files) -> None:
    """Write ``files`` below ``folder``, and remove case folders that are not among them. Raises OSError."""
    wanted = {path.partition("/")[0] for path in files if "/" in path}
    for old in sorted(folder.glob(f"*/{MARK}")):
        if old.parent.name not in wanted:
            _clear(old.parent)
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != content:
            target.write_bytes(content)
    for case in wanted:
        for file in (folder / case).iterdir():
            if f"{case}/{file.name}" not in files and _is_ours(file):
                file.unlink()


def _clear(case: Path) -> None:
    """Remove a case's own files, and its folder if nothing else is in it."""
    for file in case.iterdir():
        if _is_ours(file):
            file.unlink()
    if not any(case.iterdir()):
        case.rmdir()


def _is_ours(file: Path) -> bool:
    return file.name in (MARK, "stages.json") or file.suffix == ".http"
