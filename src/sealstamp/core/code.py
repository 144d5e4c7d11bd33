"""What a scheme in code must offer: what a notation cannot say, a plug-in computes, and everything else stays the same.

A scheme file with ``[code] name = "…"`` still says all that is data. Who loads it finds the code of that name and hands
it in; the core itself imports no plug-in. Signer, verifier, lint and documentation ask the scheme, and never whether it
is data or code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from sealstamp.core.record import Record

if TYPE_CHECKING:
    from sealstamp.core.compiler import Compiled
    from sealstamp.core.coverage import Covered
    from sealstamp.core.scheme import Scheme


class Description(Record):
    """What cannot be read off a tree where there is none, for one scheme with its parameters in force.

    ``stages`` are the values that ``bind_stages`` gives, in order, each with what it is in words; ``string_to_sign``
    and ``signature`` are among them. Those in ``hidden`` hold or are made from the secret and are never shown.
    ``covered`` is what certainly changes the signature when it changes. ``digests`` are the hashes in use, as filters
    are named. ``signed_with`` is what makes the signature, for people to read: ``HMAC-SHA256``. ``keyed`` is whether
    the secret is the key of a MAC or of a signature, and not merely digested along.
    ``needs_body`` is whether verifying must see the body's bytes before it can decide. ``may_lack`` are the names of
    carried values that a request need not have, beside those of carriers that are optional.
    """

    stages: Mapping[str, str]
    covered: frozenset[Covered]
    digests: frozenset[str]
    signed_with: str
    hidden: frozenset[str] = frozenset({"signature"})
    keyed: bool = True
    needs_body: bool = True
    may_lack: frozenset[str] = frozenset()


class Code(Protocol):
    """An object, or a module, with these two functions."""

    def describe(self, scheme: Scheme) -> Description:
        """Describe the scheme; called once when it is loaded. Raises ConfigurationError for bad parameters."""

    def compile(self, scheme: Scheme) -> Compiled:
        """Return the scheme's functions; called when it is first used.

        ``present`` returns a Presented: the id, the time in Unix milliseconds, the nonce, a value for every carried
        name in order, then whatever ``matches`` wants to know. It raises nothing but VerificationError, whatever came.
        ``bind`` is called with a secret of ``A``s too, for callers whose key is unknown: raise nothing for that one.
        ``bind_stages`` is called with ``***`` for a secret where it must not be shown. Where a scheme has ``[sign]`` as
        well, ``compile_definitions`` gives the functions for it, to be wrapped.
        """
