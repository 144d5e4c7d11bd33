"""The code of a name: of this package, or of an installed distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from sealstamp.core.code import Code, Description
from sealstamp.core.compiler import Compiled
from sealstamp.core.scheme import Scheme
from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import ConfigurationError, NotFoundError, SealstampError
from sealstamp.plugins.entries import distribution_of, registered

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")
CODES: Final = "sealstamp.schemes"
"""The entry point group of code."""
BUILT_IN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aws-sigv4-chunk": "sealstamp.plugins.aws_chunked",
        "gemini": "sealstamp.plugins.gemini",
        "rfc9421": "sealstamp.plugins.rfc9421",
    }
)
"""The code that this package has, and its modules; it works where nothing is installed, as from a checkout."""
_REMEDY = "update that distribution, or remove it"


def find_code(name: str) -> Code:
    """Return the code of a name. Raises NotFoundError, ConfigurationError that names the distribution at fault."""
    if name in BUILT_IN:
        built_in: Code = import_module(BUILT_IN[name])
        return built_in
    entries = registered(CODES)
    wanted = [entry for entry in entries if entry.name == name]
    if not wanted:
        known = [*BUILT_IN, *(entry.name for entry in entries)]
        hint = did_you_mean(name, known) if known else "install the distribution that brings it"
        raise NotFoundError(f"there is no code {name!r}\nhint: {hint}")
    if len(wanted) > 1:
        problem = f"{' and '.join(map(distribution_of, wanted))} both bring it"
        raise ConfigurationError(f"code {name}", problem, "remove one of them")
    return _Foreign(wanted[0])


class _Foreign:
    """Somebody else's code: whatever goes wrong in it is told with the distribution's name."""

    def __init__(self, entry: EntryPoint) -> None:
        self._place = f"{distribution_of(entry)}, scheme code {entry.name}"
        self._code = self._guard(entry.load, "loading")
        for name in ("describe", "compile"):
            if not callable(getattr(self._code, name, None)):
                raise ConfigurationError(self._place, f"it has no function {name!r}", _REMEDY)

    def describe(self, scheme: Scheme) -> Description:
        return self._guard(lambda: _of_kind(self._code.describe(scheme), Description), "describing")

    def compile(self, scheme: Scheme) -> Compiled:
        return self._guard(lambda: _of_kind(self._code.compile(scheme), Compiled), "compiling")

    def _guard(self, act: Callable[[], T], doing: str) -> T:
        try:
            return act()
        except SealstampError:
            raise
        except Exception as error:
            problem = f"{doing} it failed: {type(error).__name__}: {error}"
            raise ConfigurationError(self._place, problem, _REMEDY) from error


def _of_kind(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value
