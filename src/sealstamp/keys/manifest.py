"""The declarative file of ``sealstamp apply``: which APIs, consumers and access keys there are to be.

::

    [[apis]]
    name = "shop"
    host = "api.example.com"                  # default "*"
    path_prefix = "/orders"                   # default "/"
    upstream = "http://127.0.0.1:9000"
    schemes = ["bbx", { name = "cdnetworks-api-shield", signature_name = "X_Sam_Auth" }]
    enforcement = "enforce"                   # enforce, observe, off
    replay = "nonce"                          # nonce, signature, off; by default nonce where the scheme has one
    response_profile = "bbx"                  # by default the first scheme's own

    scopes = ["read"]                         # which a key must have, every one; default none

    [[consumers]]
    name = "acme"
    email = "ops@acme.example"                # this and all below need not be said: what is not said stays as it is
    parent = "umbrella"                       # also in the file
    plan = "basic"
    labels = { tier = "gold" }
    max_sub_keys = 10
    quota_month = 1000000

    [[access_keys]]
    id = "975988f45090561684b7d8f4e45b85c2"
    secret_env = "ACME_SECRET"                # or secret_file = "acme.secret", or secret = "…"; for a key pair
                                              # public_key_file = "acme.pem", or public_key = "…"
    extras = { passphrase = { env = "PHRASE" } }   # or { file = "…" }, or the text; where a scheme has such
    consumer = "acme"
    apis = ["shop"]
    status = "active"                         # active, disabled
    expires = 2027-01-31T12:00:00Z            # default never
    name = "till"                             # this and all below need not be said: what is not said stays as it is
    scopes = ["read"]
    networks = ["203.0.113.0/24"]
    rate_limit = "100/minute"
    quota_day = 1000
    quota_month = 20000
    plan = "basic"
    labels = { place = "Berlin" }

Reading is strict, and asks nothing of a store: ``sealstamp.keys.planning`` compares what was read with one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sealstamp.core.credential import Credential
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.verifier import ReplayBy
from sealstamp.errors import ConfigurationError, SchemeError
from sealstamp.keys.attributes import (
    Check,
    check_amount,
    check_labels,
    check_networks,
    check_rate_limit,
    check_scopes,
    check_text,
)
from sealstamp.keys.declared_secrets import SECRET_KEYS, LocalSecrets, Secrets, declared_extras, declared_secret
from sealstamp.keys.domain import Api, Enforcement, KeyStatus, SchemeChoice
from sealstamp.keys.entries import Entry, refuse_duplicates
from sealstamp.keys.keeping import as_kept
from sealstamp.keys.mail import check_email
from sealstamp.keys.routing import refuse_shared_routes
from sealstamp.keys.rules import (
    check_access_key_id,
    check_expiry_ms,
    check_host,
    check_name,
    check_path_prefix,
    check_upstream,
)

CheckScheme = Callable[[str, Mapping[str, str]], None]
"""Raises SchemeError or ConfigurationError for a scheme name that is not known, or parameters it does not take."""

Read = Callable[[Entry, str], Any]
"""Reads the key of this name."""

_TABLES: Final = ("apis", "consumers", "access_keys")
_API_KEYS: Final = (
    "name",
    "host",
    "path_prefix",
    "upstream",
    "schemes",
    "enforcement",
    "replay",
    "response_profile",
    "scopes",
)
_CONSUMER_PROPERTIES: Final[Mapping[str, tuple[Read, Check]]] = {
    "email": (Entry.text, check_email),
    "labels": (Entry.texts, check_labels),
    "parent": (Entry.text, check_name),
    "plan": (Entry.text, check_name),
    "max_sub_keys": (Entry.integer, check_amount),
    "quota_month": (Entry.integer, check_amount),
}
_KEY_PROPERTIES: Final[Mapping[str, tuple[Read, Check]]] = {
    "name": (Entry.text, check_text),
    "scopes": (Entry.names, check_scopes),
    "networks": (Entry.names, check_networks),
    "rate_limit": (Entry.text, check_rate_limit),
    "quota_day": (Entry.integer, check_amount),
    "quota_month": (Entry.integer, check_amount),
    "plan": (Entry.text, check_name),
    "labels": (Entry.texts, check_labels),
}
_CONSUMER_KEYS: Final = ("name", *_CONSUMER_PROPERTIES)
_ACCESS_KEY_KEYS: Final = ("id", *SECRET_KEYS, "extras", "consumer", "apis", "status", "expires", *_KEY_PROPERTIES)


class DeclaredStatus(StrEnum):
    """What a file may say of a key; revoked is final, and so not a thing to declare."""

    ACTIVE = KeyStatus.ACTIVE.value
    DISABLED = KeyStatus.DISABLED.value


@dataclass(frozen=True, slots=True)
class DeclaredKey:
    """An access key as the file has it, its secret not yet sealed; what it does not say stays as it is."""

    place: str
    credential: Credential
    consumer: str
    apis: tuple[str, ...]
    status: KeyStatus
    expires_at_ms: int | None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclaredConsumer:
    """A consumer as the file has it; what it does not say of its properties stays as it is."""

    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file declares; ``place`` is the file's name."""

    place: str
    apis: tuple[Api, ...]
    consumers: tuple[DeclaredConsumer, ...]
    access_keys: tuple[DeclaredKey, ...]


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What the file refers to."""

    secrets: Secrets
    check_scheme: CheckScheme


def load_manifest(path: Path, *, check_scheme: CheckScheme, environment: Mapping[str, str]) -> Manifest:
    """Read the file ``path``. Raises ConfigurationError, as ``parse_manifest`` does."""
    return parse_manifest(
        manifest_text(path), place=str(path), directory=path.parent, check_scheme=check_scheme, environment=environment
    )


def manifest_text(path: Path) -> str:
    """Return what is in the file ``path``. Raises ConfigurationError."""
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise ConfigurationError(str(path), f"the file cannot be read: {error.strerror}", "check the path") from None
    except UnicodeDecodeError:
        raise ConfigurationError(str(path), "the file is not UTF-8", "save it as UTF-8") from None


def parse_manifest(
    text: str, *, place: str, directory: Path, check_scheme: CheckScheme, environment: Mapping[str, str]
) -> Manifest:
    """Read a manifest; a ``secret_file`` is sought from ``directory``, a ``secret_env`` in ``environment``.

    Raises ConfigurationError, as ``read_manifest`` does.
    """
    return read_manifest(text, place=place, secrets=LocalSecrets(directory, environment), check_scheme=check_scheme)


def read_manifest(text: str, *, place: str, secrets: Secrets, check_scheme: CheckScheme) -> Manifest:
    """Read a manifest, whose further ``secrets`` may be anywhere.

    Raises ConfigurationError, which names ``place`` and the entry, and never shows a secret.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(place, f"it is not TOML: {error}", "see https://toml.io") from None
    except (ValueError, RecursionError):  # tomllib lets these through for numbers and nesting beyond measure
        raise ConfigurationError(place, "a number or a nesting in it is too large", "see https://toml.io") from None
    around = _Surroundings(secrets, check_scheme)
    file = Entry(place, table, _TABLES)
    manifest = Manifest(
        place,
        apis=tuple(_api(entry, around) for entry in _entries(file, "apis", "name", _API_KEYS)),
        consumers=tuple(_consumer(entry) for entry in _entries(file, "consumers", "name", _CONSUMER_KEYS)),
        access_keys=tuple(_key(entry, around) for entry in _entries(file, "access_keys", "id", _ACCESS_KEY_KEYS)),
    )
    _check_whole(manifest)
    return manifest


def _entries(file: Entry, table: str, naming: str, known: Iterable[str]) -> Iterable[Entry]:
    """Give each ``[[table]]``, its place told by number and, where it can be shown, by name."""
    for number, value in enumerate(file.array_or_empty(table), start=1):
        name = value.get(naming) if isinstance(value, dict) else None
        shown = f" ({name})" if isinstance(name, str) and name.isprintable() and len(name) <= 64 else ""
        yield Entry(f"{file.place}: [[{table}]] {number}{shown}", value, known)


def _api(entry: Entry, around: _Surroundings) -> Api:
    upstream = entry.text_or_none("upstream")
    return Api(
        name=check_name(entry.at("name"), entry.text("name")),
        host=check_host(entry.at("host"), entry.text_or("host", "*")),
        path_prefix=check_path_prefix(entry.at("path_prefix"), entry.text_or("path_prefix", "/")),
        schemes=_schemes(entry, around.check_scheme),
        enforcement=entry.choice("enforcement", Enforcement.ENFORCE),
        replay=entry.choice_or_none("replay", ReplayBy),
        response_profile=entry.text_or_none("response_profile"),
        upstream=None if upstream is None else check_upstream(entry.at("upstream"), upstream),
        scopes=check_scopes(entry.at("scopes"), entry.names("scopes") if "scopes" in entry else ()),
    )


def _schemes(entry: Entry, check_scheme: CheckScheme) -> tuple[SchemeChoice, ...]:
    place = entry.at("schemes")
    chosen: list[SchemeChoice] = []
    for value in entry.array("schemes"):
        choice = _scheme(place, value, check_scheme)
        if choice in chosen:
            raise ConfigurationError(place, f"{choice.name!r} comes twice", "keep one, or give them other parameters")
        chosen.append(choice)
    if not chosen:
        raise ConfigurationError(place, "there is no scheme", 'name at least one: schemes = ["…"]')
    return tuple(chosen)


def _scheme(place: str, value: object, check_scheme: CheckScheme) -> SchemeChoice:
    """Read ``"name"`` or ``{ name = "name", parameter = "value" }``."""
    table: dict[str, Any] = value if isinstance(value, dict) else {"name": value}
    entry = Entry(place, table, table)
    choice = SchemeChoice(entry.text("name"), {key: entry.text(key) for key in table if key != "name"})
    try:
        check_scheme(choice.name, choice.parameters)
    except (SchemeError, ConfigurationError) as error:
        raise ConfigurationError(place, error.problem, error.hint) from None
    return choice


def _consumer(entry: Entry) -> DeclaredConsumer:
    return DeclaredConsumer(check_name(entry.at("name"), entry.text("name")), _properties(entry, _CONSUMER_PROPERTIES))


def _properties(entry: Entry, known: Mapping[str, tuple[Read, Check]]) -> dict[str, Any]:
    """Read and check the properties that the entry says."""
    return {name: check(entry.at(name), read(entry, name)) for name, (read, check) in known.items() if name in entry}


def _key(entry: Entry, around: _Surroundings) -> DeclaredKey:
    access_key_id = check_access_key_id(entry.at("id"), entry.text("id"))
    credential = Credential(
        access_key_id, declared_secret(entry, around.secrets), declared_extras(entry, around.secrets)
    )
    return DeclaredKey(
        place=entry.place,
        credential=as_kept(entry.place, credential),
        consumer=entry.text("consumer"),
        apis=tuple(sorted(entry.names("apis"))),
        status=KeyStatus(entry.choice("status", DeclaredStatus.ACTIVE)),
        expires_at_ms=check_expiry_ms(entry.at("expires"), entry.time_ms_or_none("expires")),
        properties=_properties(entry, _KEY_PROPERTIES),
    )


def _check_whole(manifest: Manifest) -> None:
    """Refuse what is declared twice, and names that nothing has."""
    consumers = [one.name for one in manifest.consumers]
    apis = [api.name for api in manifest.apis]
    refuse_duplicates(f"{manifest.place}: [[apis]]", apis)
    refuse_duplicates(f"{manifest.place}: [[consumers]]", consumers)
    refuse_duplicates(
        f"{manifest.place}: [[access_keys]]", [key.credential.access_key_id for key in manifest.access_keys]
    )
    refuse_shared_routes(manifest.place, manifest.apis)
    known_consumers, known_apis = set(consumers), set(apis)
    for number, consumer in enumerate(manifest.consumers, start=1):
        above = consumer.properties.get("parent")
        place = f"{manifest.place}: [[consumers]] {number} ({consumer.name}): parent"
        _refuse_unknown(place, "consumer", () if above is None else (above,), known_consumers)
    for key in manifest.access_keys:
        _refuse_unknown(f"{key.place}: consumer", "consumer", (key.consumer,), known_consumers)
        _refuse_unknown(f"{key.place}: apis", "API", key.apis, known_apis)


def _refuse_unknown(place: str, kind: str, names: Iterable[str], known: Set[str]) -> None:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) if known else f"list it as a table of its own; there is no {kind} yet"
            raise ConfigurationError(place, f"the file lists no {kind} {name!r}", hint)
