"""From a credential to what a store keeps of it, and back; and whether the APIs it is for can use it.

Of a key pair the public key is kept and nothing else: whoever has the store and the sealing key cannot sign with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sealstamp.core.asymmetric import is_key_text, load_key, public_pem
from sealstamp.core.credential import Credential, Secret
from sealstamp.core.material import MisfitError, check_fits
from sealstamp.errors import ConfigurationError, NotFoundError, SchemeError
from sealstamp.keys.domain import AccessKey, Api, KeyMaterial, SchemeChoice
from sealstamp.keys.schemes import CATALOGUE, Shelf
from sealstamp.keys.sealing import Sealer


def as_kept(place: str, credential: Credential) -> Credential:
    """Return the credential with the public key alone where its secret is a key of a pair, in PEM.

    Raises ConfigurationError for a PEM text that is no key.
    """
    if not is_key_text(credential.secret.reveal()):
        return credential
    return credential.replace(secret=public_key_of(place, credential.secret))


def public_key_of(place: str, text: Secret) -> Secret:
    """Return the public key, in PEM, of a key in any form. Raises ConfigurationError, which names ``place``."""
    try:
        return Secret(public_pem(text.parsed(load_key)))
    except ConfigurationError as error:
        raise ConfigurationError(place, error.problem, error.hint) from None


def material_of(credential: Credential) -> KeyMaterial:
    """Return what a credential as it is kept verifies with."""
    return KeyMaterial.PUBLIC_KEY if is_key_text(credential.secret.reveal()) else KeyMaterial.SECRET


def with_credential(key: AccessKey, sealer: Sealer, credential: Credential) -> AccessKey:
    """Return ``key`` with the secrets of a credential as it is kept, sealed."""
    return replace(
        key,
        sealed_secret=sealer.seal(key.id, credential.secret),
        sealed_extras={name: sealer.seal(key.id, extra, name) for name, extra in credential.extras.items()},
        material=material_of(credential),
    )


def credential_of(key: AccessKey, sealer: Sealer) -> Credential:
    """Return the credential that a key was made of, as it is kept. Raises UnsealingError."""
    extras = {name: sealer.open(key.id, sealed, name) for name, sealed in key.sealed_extras.items()}
    return Credential(key.id, sealer.open(key.id, key.sealed_secret), extras)


def is_current(key: AccessKey, sealer: Sealer) -> bool:
    """Tell whether all secrets of a key are sealed with the current sealing key."""
    return all(map(sealer.is_current, (key.sealed_secret, *key.sealed_extras.values())))


def check_usable(place: str, credential: Credential, apis: Iterable[Api], shelf: Shelf = CATALOGUE) -> None:
    """Raise ConfigurationError for the first API that has no scheme by which the credential could be verified."""
    for api in apis:
        problems = [_problem(choice, credential, shelf) for choice in api.schemes]
        first = next((problem for problem in problems if problem is None), problems[0])
        if first is not None:
            raise ConfigurationError(place, f"API {api.name} cannot use it: {first.problem}", first.hint)


def _problem(choice: SchemeChoice, credential: Credential, shelf: Shelf) -> MisfitError | None:
    try:
        check_fits(shelf.get(choice.name, choice.parameters), credential)
    except MisfitError as error:
        return error
    except (SchemeError, ConfigurationError, NotFoundError):  # told where the API is, and no fault of the key
        return None
    return None
