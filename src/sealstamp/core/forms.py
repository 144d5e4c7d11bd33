"""What generated text looks like: nonces, access key ids, secrets. Written ``hex 32``, ``uuid``, ``ed25519``."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from typing import Final

from sealstamp.core.record import Record
from sealstamp.errors import ConfigurationError

Choose = Callable[[Sequence[str]], str]
"""Picks one item at random, as ``secrets.choice`` does; passed in, so that the core makes no randomness."""

ALPHABETS: Final = {
    "hex": "0123456789abcdef",
    "alnum": string.ascii_lowercase + string.digits,
    "base62": string.ascii_letters + string.digits,
    "digits": string.digits,
}
PAIRS: Final = {"ed25519": ("Ed25519", 64), "p-256": ("P-256", 64), "p-384": ("P-384", 96), "rsa": ("RSA", 0)}
"""Forms of secrets that are private keys: the kind of key, and how many hexadecimal digits one is made from."""
LONGEST: Final = 512
_FORM = re.compile(r"(?P<alphabet>[a-z0-9]+) (?P<length>[1-9][0-9]{0,2})")


class Form(Record):
    """An alphabet and a length; ``dashed`` writes 32 characters as a UUID is written.

    ``pair`` is the kind of a key pair, whose private key is the text; else it is empty.
    """

    alphabet: str
    length: int
    dashed: bool = False
    pair: str = ""

    @classmethod
    def parse(cls, text: str) -> Form:
        """Read ``hex 32``, ``alnum 32``, ``base62 40``, ``digits 8``, ``uuid`` or ``ed25519``; raises ValueError."""
        if text in PAIRS:
            pair, length = PAIRS[text]
            return cls(ALPHABETS["hex"], length, pair=pair)
        if text == "uuid":
            return cls(ALPHABETS["hex"], 32, dashed=True)
        match = _FORM.fullmatch(text)
        if match is None or match["alphabet"] not in ALPHABETS or int(match["length"]) > LONGEST:
            known = ", ".join(f"{name} N" for name in ALPHABETS)
            raise ValueError(f"{text!r} is not a form; write {known} (N up to {LONGEST}), uuid or {', '.join(PAIRS)}")
        return cls(ALPHABETS[match["alphabet"]], int(match["length"]))

    def make(self, choose: Choose) -> str:
        """Make one text of this form from ``choose``; of a key pair, the private key in PEM.

        Raises ConfigurationError for RSA: its keys are not made from what is drawn, but by their owner.
        """
        if self.pair == "RSA":
            hint = "make it with: openssl genrsa 2048; then import the public key"
            raise ConfigurationError("secret", "a key of RSA is made by its owner", hint)
        drawn = "".join(choose(self.alphabet) for _ in range(self.length))
        if self.pair:
            from sealstamp.core.asymmetric import made_from

            return made_from(self.pair, bytes.fromhex(drawn)).decode()
        return _as_uuid4(drawn) if self.dashed else drawn


def _as_uuid4(drawn: str) -> str:
    """Set the version and variant digits (RFC 9562, section 5.4) and put the dashes in."""
    digits = f"{drawn[:12]}4{drawn[13:16]}{'89ab'[int(drawn[16], 16) % 4]}{drawn[17:]}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
