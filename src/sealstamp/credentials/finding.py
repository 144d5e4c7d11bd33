"""Looking for the caller's pair, and for what goes with it, in the order that the package tells."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.record import Record
from sealstamp.core.suggest import did_you_mean
from sealstamp.credentials.profiles import DEFAULT, Profile, profile_names, profiles_path, read_profile
from sealstamp.credentials.provider import CredentialProvider, Lease, Source, provider_of
from sealstamp.errors import ConfigurationError

ID_VARIABLE: Final = "SEALSTAMP_ACCESS_KEY_ID"
SECRET_VARIABLE: Final = "SEALSTAMP_SECRET"
EXTRA_VARIABLE: Final = "SEALSTAMP_EXTRA_"
SERVER_VARIABLE: Final = "SEALSTAMP_SERVER"
SCHEME_VARIABLE: Final = "SEALSTAMP_SCHEME"
PROFILE_VARIABLE: Final = "SEALSTAMP_PROFILE"
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Caller(Record):
    """Who calls: what gives the credentials, and the server, the scheme and its parameters as far as they were found.

    ``told_by`` says where the pair was found, for messages.
    """

    credentials: CredentialProvider
    server: str | None
    scheme: str | None
    parameters: Mapping[str, str]
    told_by: str


class _Place(Record):
    """One place that may tell of a caller."""

    name: str
    source: Source | CredentialProvider | Credential | None = None
    server: str | None = None
    scheme: str | None = None
    parameters: Mapping[str, str] = _NONE


def find_caller(
    credential: Credential | Source | CredentialProvider | None = None,
    *,
    profile: str | None = None,
    server: str | None = None,
    scheme: str | None = None,
    parameters: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Caller:
    """Return who calls; each part is from the first place that has it, parameters from one that has this scheme.

    Raises ConfigurationError where nobody tells of a pair, for a profile that is named and not there, and for one that
    cannot be used. Commands are not run yet.
    """
    program = _Place("the program", credential, server, scheme, parameters or _NONE)
    places = list(_places(program, profile, environment))
    teller = next((place for place in places if place.source is not None), None)
    if teller is None or teller.source is None:
        hint = f"set {ID_VARIABLE} and {SECRET_VARIABLE}, or write a profile into {profiles_path(_given(environment))}"
        raise ConfigurationError("credentials", "no access key pair was given", hint)
    name = next((place.scheme for place in places if place.scheme), None)
    of_scheme = (place.parameters for place in places[1:] if place.parameters and place.scheme in (None, name))
    return Caller(
        provider_of(teller.source),
        next((place.server for place in places if place.server), None),
        name,
        {**next(of_scheme, _NONE), **program.parameters},
        teller.name,
    )


def find_server(*, profile: str | None = None, environment: Mapping[str, str] | None = None) -> str | None:
    """Return the server that a named profile or the environment tells of; the profile ``default`` is not asked.

    Raises ConfigurationError for a profile that is named and not there, or cannot be used.
    """
    places = (place for place in _places(_Place("the program"), profile, environment, asks_default=False))
    return next((place.server for place in places if place.server), None)


def from_environment(environment: Mapping[str, str] | None = None) -> CredentialProvider:
    """Return a provider of the pair in the environment. Raises ConfigurationError where there is none, or a half."""
    source = _environment(_given(environment)).source
    if source is None:
        raise ConfigurationError("environment", "no access key pair is there", f"set {ID_VARIABLE}, {SECRET_VARIABLE}")
    return provider_of(source)


def from_profile(name: str = DEFAULT, environment: Mapping[str, str] | None = None) -> CredentialProvider:
    """Return a provider of a profile's pair, which is read again after a refusal.

    Raises ConfigurationError for a profile that is not there, has no pair, or cannot be used.
    """
    found = _told_by(_get_profile(name, _given(environment)), _given(environment))
    if found.source is None:
        raise ConfigurationError(f"profile {name}", "it has no secret", "give it access_key_id and secret")
    return provider_of(found.source)


def _given(environment: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if environment is None else environment


def _places(
    program: _Place, profile: str | None, given: Mapping[str, str] | None, *, asks_default: bool = True
) -> Iterator[_Place]:
    """Yield every place that may tell of a caller, in order."""
    environment = _given(given)
    yield program
    if profile is not None:
        yield _told_by(_get_profile(profile, environment), environment)
    yield _environment(environment)
    named = environment.get(PROFILE_VARIABLE)
    if named and named != profile:
        yield _told_by(_get_profile(named, environment), environment)
    if asks_default and (found := read_profile(profiles_path(environment), DEFAULT)) is not None:
        yield _told_by(found, environment)


def _environment(environment: Mapping[str, str]) -> _Place:
    access_key_id, secret = environment.get(ID_VARIABLE, ""), environment.get(SECRET_VARIABLE, "")
    if access_key_id and not secret:
        raise ConfigurationError(SECRET_VARIABLE, f"it is not there, but {ID_VARIABLE} is", "set both, or neither")
    extras = {
        name.removeprefix(EXTRA_VARIABLE).lower(): Secret(os.fsencode(text))
        for name, text in environment.items()
        if name.startswith(EXTRA_VARIABLE)
    }
    pair = Credential(access_key_id, Secret(os.fsencode(secret)), extras) if secret else None
    return _Place("the environment", pair, environment.get(SERVER_VARIABLE), environment.get(SCHEME_VARIABLE))


def _told_by(profile: Profile, environment: Mapping[str, str]) -> _Place:
    """Return a profile as a place; its pair is read anew whenever it is asked for, for it may have been rotated."""

    def read() -> Credential | Lease:
        source = _get_profile(profile.name, environment).source
        if source is None:
            raise ConfigurationError(f"profile {profile.name}", "it has no secret any more", "give it one")
        return source()

    source = None if profile.source is None else read
    return _Place(f"the profile {profile.name}", source, profile.server, profile.scheme, profile.parameters)


def _get_profile(name: str, environment: Mapping[str, str]) -> Profile:
    path = profiles_path(environment)
    profile = read_profile(path, name)
    if profile is None:
        raise ConfigurationError(str(path), f"there is no profile {name!r}", did_you_mean(name, profile_names(path)))
    return profile
