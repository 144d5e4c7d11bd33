"""What a credential's secret is, a shared text or a key of a pair, and what of it a scheme can use.

Nothing that could be public may ever serve as a MAC's key: anyone who has it could then sign. A text that says of
itself that it is a key of a pair, by PEM or a mark, is one wherever it comes, and every scheme refuses it as a shared
secret; where a scheme has branches of both kinds, any other text is a shared secret there and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Final, NoReturn

from sealstamp.core.asymmetric import (
    Verify,
    family_of,
    is_key_text,
    is_private,
    load_key,
    misfit,
    one_form,
    signer_of,
    stranger_key,
    verifier_of,
)
from sealstamp.core.branches import SHARED, algorithms_of, takes_shared
from sealstamp.core.credential import Credential, Secret
from sealstamp.core.scheme import Scheme
from sealstamp.errors import ConfigurationError, SigningError

if TYPE_CHECKING:
    from sealstamp.core.asymmetric import Key


class Stranger(Enum):
    """Stands for the key of whoever is not known, which takes the way of every branch and is right in none."""

    KEY = "stranger"


STRANGER: Final = Stranger.KEY
SHARED_STRANGER: Final = b"A" * 44
"""The secret nobody has. It is base64, for schemes that decode theirs."""


class MisfitError(ConfigurationError):
    """The secret is not what the scheme signs with, or another secret that it needs is missing."""


def key_for(scheme: Scheme, secret: Secret, *, to_sign: bool = False) -> Key | None:
    """Return the key of a pair that ``secret`` is, or None if it is a shared secret.

    Raises MisfitError for a secret that the scheme cannot use, or not ``to_sign``. A scheme in code tells by itself.
    """
    if scheme.code is not None:
        return None
    algorithms, text = algorithms_of(scheme), secret.reveal()
    if not algorithms or (takes_shared(scheme) and not is_key_text(text)):
        if is_key_text(text):
            text = b""  # the traceback must not show it
            _refuse("it is a key of a pair, and this scheme signs with a secret that both sides know")
        return None
    text = b""
    key = _loaded(secret)
    problems = [misfit(algorithm, key) for algorithm in algorithms]
    if None not in problems:
        _refuse("; ".join(filter(None, problems)))
    if to_sign and not is_private(key):
        _refuse("a public key cannot sign; give the private key of the pair")
    return key


def _loaded(secret: Secret) -> Key:
    try:
        return secret.parsed(load_key)
    except ConfigurationError as error:
        raise MisfitError("its secret", f"{error.problem}, and this scheme signs with one", error.hint) from None


def _refuse(problem: str) -> NoReturn:
    raise MisfitError("its secret", problem, "see what the scheme takes: sealstamp schemes show NAME")


def extras_for(scheme: Scheme, credential: Credential) -> tuple[bytes, ...]:
    """Return the further secrets that the scheme needs, in its order. Raises MisfitError for one that is missing."""
    if missing := sorted(scheme.needed_extras - credential.extras.keys()):
        name = missing[0]
        raise MisfitError("its secrets", f"it has no {name}, which this scheme needs", f"give {name} with the secret")
    return tuple(credential.extras[name].reveal() if name in credential.extras else b"" for name in scheme.extras)


def check_fits(scheme: Scheme, credential: Credential) -> None:
    """Raise MisfitError unless the credential has what verifying by this scheme takes."""
    key_for(scheme, credential.secret)
    extras_for(scheme, credential)


# what compiled schemes call


def is_shared(key: Key | Stranger | None) -> bool:
    """Tell whether a branch with a shared secret may be taken."""
    return key is None or isinstance(key, Stranger)


def kind_of(key: Key | Stranger | None) -> bytes:
    """Return the kind of a key, by which a scheme may choose how it signs."""
    return SHARED.encode() if is_shared(key) else str(family_of(key)).lower().encode()


def signer_for(algorithm: str, key: Key | Stranger | None) -> Callable[[bytes], bytes]:
    """Return what signs in one branch; it raises SigningError where the key cannot."""
    if key is None or isinstance(key, Stranger) or misfit(algorithm, key) or not is_private(key):
        return cannot_sign
    return signer_of(algorithm, key)


def cannot_sign(_data: bytes = b"") -> NoReturn:
    """Refuse to sign: the branch is for another kind of key."""
    raise SigningError("the algorithm asked for does not fit the key")


def verifier_for(algorithm: str, key: Key | Stranger | None) -> Verify:
    """Return what verifies in one branch; for a key that does not fit it takes its time, and says no."""
    if key is not None and not isinstance(key, Stranger) and not misfit(algorithm, key):
        return verifier_of(algorithm, key)
    return _stranger_verifier(algorithm)


@cache
def _stranger_verifier(algorithm: str) -> Verify:
    verify = verifier_of(algorithm, stranger_key(algorithm))

    def refuse(data: bytes, signature: bytes) -> bool:
        verify(data, signature)
        return False

    return refuse


def is_signed(verify: Verify, data: bytes, signature: bytes | None) -> bool:
    """Tell whether a signature was written as the scheme says, and is right."""
    return signature is not None and verify(data, signature)


def match_signed(
    verify: Verify,
    data: bytes,
    read: Callable[[bytes], bytes | None],
    algorithm: str,
    texts: Iterable[bytes],
) -> bytes:
    """Return the signature of those that came that is right, in its one form; nothing where none is."""
    signatures = map(read, texts)
    right = (found for found in signatures if found is not None and verify(data, found))
    return next((one_form(algorithm, signature) for signature in right), b"")
