"""The catalogue: every scheme file in this folder and those that plug-ins bring, found by name, read when asked for."""

from typing import TYPE_CHECKING

from sealstamp.late import late

if TYPE_CHECKING:
    from sealstamp.schemes.heads import Head, built_in_names, list_schemes, scheme_names
    from sealstamp.schemes.reading import forget_schemes, get_scheme, load_file

__all__ = ["Head", "built_in_names", "forget_schemes", "get_scheme", "list_schemes", "load_file", "scheme_names"]

__getattr__, __dir__ = late(
    __name__,
    {
        "heads": ("Head", "built_in_names", "list_schemes", "scheme_names"),
        "reading": ("forget_schemes", "get_scheme", "load_file"),
    },
)
