"""The client programs of this folder: which there are, and how one is run.

Each is what a customer of the vendor would write from the vendor's page, in one file, with nothing but what the
language itself brings. All are called alike:

===================  ==========================================================================================
``BASE_URL``         where the API is, without a slash at the end; the program appends its ``ENDPOINTS`` path
``ACCESS_KEY_ID``    the AccessKey ID (CDNetworks has none and does not read it)
``SECRET``           the secret
``METHOD``           BBX only: ``POST`` (default) or ``GET``
===================  ==========================================================================================

They print the HTTP status on the first line and the body after it, and exit 0 whenever an HTTP answer came, be it a
refusal. ``tests/tools/install`` installs the languages.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache" / "clients"

LANGUAGES = ("python", "shell", "javascript", "java", "php", "go")
ENDPOINTS: Mapping[str, str] = MappingProxyType(
    {
        "stardust": "/tasks",
        "cdnetworks-api-shield": "/api",
        "taurusx": "/openapi/performance_data",
        "bbx": "/orders",
    }
)

_SUFFIXES = {
    "python": "py",
    "shell": "sh",
    "javascript": "mjs",
    "java": "java",
    "php": "php",
    "go": "go",
}
_LAUNCHERS = {
    "python": (sys.executable, "-I"),
    "shell": ("sh",),
    "javascript": ("node",),
    "php": ("php",),
}
_JAVA = ("java", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_JAVA_COMPILER = (*_JAVA, "-m", "jdk.compiler/com.sun.tools.javac.Main", "-proc:none")
_TOOLS = {
    "shell": ("curl", "openssl"),
    "javascript": ("node",),
    "java": ("java",),
    "php": ("php",),
    "go": ("go",),
}


@dataclass(frozen=True)
class Program:
    """One client program. ``variant`` is empty but for a second program of one language and scheme."""

    language: str
    scheme: str
    command: tuple[str, ...]
    variant: str = ""
    source: Path = field(default=HERE, repr=False)

    @property
    def name(self) -> str:
        """A short name for test ids, such as ``go-taurusx``."""
        return "-".join(filter(None, (self.language, self.scheme, self.variant)))

    @property
    def missing_tools(self) -> tuple[str, ...]:
        """What it needs and is not installed here."""
        return tuple(tool for tool in _TOOLS.get(self.language, ()) if shutil.which(tool) is None)


class Answer(NamedTuple):
    """What the program got: the HTTP status and the body."""

    status: int
    body: str


class ProgramError(Exception):
    """The program got no HTTP answer, was not built, or did not print what it should."""


@functools.cache
def programs() -> tuple[Program, ...]:
    """Every client program, language by language."""
    found = [_program(language, scheme) for language in LANGUAGES for scheme in ENDPOINTS]
    found.append(_program("shell", "stardust", "aliases"))
    return tuple(found)


def require(program: Program) -> None:
    """Skip the running test where a tool is missing; under continuous integration, fail it."""
    if missing := program.missing_tools:
        told = f"{program.name} needs {' and '.join(missing)}: run tests/tools/install {' '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)


def run(program: Program, env: Mapping[str, str], timeout: float = 60.0) -> Answer:
    """Run ``program`` with ``env`` and next to nothing else in its environment.

    Raises :class:`ProgramError` where no HTTP answer came, and :class:`subprocess.TimeoutExpired` after ``timeout``
    seconds; the program and whatever it started are gone by then.
    """
    if program.language in ("go", "java"):
        _build(program)
    status, _, body = _output_of(program.command, {**_surroundings(), **env}, timeout).partition(b"\n")
    if not (len(status) == 3 and status.isdigit()):
        raise ProgramError(f"{program.name} printed {status[:200]!r} where a status was due")
    return Answer(int(status), body.decode())


def _program(language: str, scheme: str, variant: str = "") -> Program:
    words = [*scheme.split("-"), *filter(None, [variant])]
    stem = "".join(word.capitalize() for word in words) if language == "java" else "_".join(words)
    source = HERE / language / f"{stem}.{_SUFFIXES[language]}"
    return Program(language, scheme, _command_of(language, source), variant, source)


def _command_of(language: str, source: Path) -> tuple[str, ...]:
    if language == "go":
        return (str(_built_of(source)),)
    if language == "java":
        return (*_JAVA, "-cp", str(_built_of(source)), source.stem)
    return (*_LAUNCHERS[language], str(source))


def _built_of(source: Path) -> Path:
    """Where the built program is kept: another text is another place, so what is there is never stale."""
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    return CACHE / "bin" / f"{source.stem}-{sys.platform}-{platform.machine()}-{digest}"


def _build(program: Program) -> None:
    """Build a program that has not been built yet; others that do so at once do no harm."""
    built = _built_of(program.source)
    if built.exists():
        return
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        made = Path(folder) / "program"
        if program.language == "go":
            _build_go(program.source, made)
        else:
            _output_of((*_JAVA_COMPILER, "-d", str(made), str(program.source)), _surroundings(), timeout=180.0)
        with suppress(OSError):  # somebody else's folder of classes is there by now
            made.replace(built)


def _build_go(source: Path, made: Path) -> None:
    env = {
        **_surroundings(),
        "CGO_ENABLED": "0",  # so that no C compiler is needed
        "GOCACHE": str(CACHE / "go-build"),
        "GOENV": "off",
        "GOFLAGS": "",
        "GOPATH": str(CACHE / "go"),
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
    }
    # The first build compiles the standard library too.
    _output_of(("go", "build", "-o", str(made), str(source)), env, timeout=180.0)


def _surroundings() -> dict[str, str]:
    """A small environment of our own: no proxy, no user's settings, and a home even where there is none."""
    home = CACHE / "home"
    home.mkdir(parents=True, exist_ok=True)
    inherited = {name: os.environ[name] for name in ("PATH", "JAVA_HOME", "TMPDIR") if name in os.environ}
    return {**inherited, "HOME": str(home), "LC_ALL": "C.UTF-8"}


def _output_of(command: tuple[str, ...], env: Mapping[str, str], timeout: float) -> bytes:
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        start_new_session=True,
    ) as process:
        try:
            output, complaint = process.communicate(timeout=timeout)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    if process.returncode != 0:
        told = (complaint or output).decode(errors="replace").strip()
        raise ProgramError(f"{' '.join(command)} ended with {process.returncode}: {told}")
    return output
