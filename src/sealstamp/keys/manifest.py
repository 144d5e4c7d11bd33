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

    [[consumers]]
    name = "acme"

    [[access_keys]]
    id = "975988f45090561684b7d8f4e45b85c2"
    secret_env = "ACME_SECRET"                # or secret_file = "acme.secret", or secret = "…"; for a key pair
                                              # public_key_file = "acme.pem", or public_key = "…"
    extras = { passphrase = { env = "PHRASE" } }   # or { file = "…" }, or the text; where a scheme has such
    consumer = "acme"
    apis = ["shop"]
    status = "active"                         # active, disabled
    expires = 2027-01-31T12:00:00Z            # default never

Reading is strict, and asks nothing of a store: ``sealstamp.keys.planning`` compares what was read with one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sealstamp.core.credential import Credential, Secret
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.verifier import ReplayBy
from sealstamp.errors import ConfigurationError, SchemeError
from sealstamp.keys.domain import Api, Consumer, Enforcement, KeyStatus, SchemeChoice
from sealstamp.keys.entries import Entry, refuse_duplicates
from sealstamp.keys.keeping import as_kept, public_key_of
from sealstamp.keys.routing import refuse_shared_routes
from sealstamp.keys.rules import (
    check_access_key_id,
    check_expiry_ms,
    check_host,
    check_name,
    check_path_prefix,
    check_secret,
    check_upstream,
)

CheckScheme = Callable[[str, Mapping[str, str]], None]
"""Raises SchemeError or ConfigurationError for a scheme name that is not known, or parameters it does not take."""

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
)
_SECRET_KEYS: Final = ("secret", "secret_file", "secret_env", "public_key", "public_key_file")
_ACCESS_KEY_KEYS: Final = ("id", *_SECRET_KEYS, "extras", "consumer", "apis", "status", "expires")


class DeclaredStatus(StrEnum):
    """What a file may say of a key; revoked is final, and so not a thing to declare."""

    ACTIVE = KeyStatus.ACTIVE.value
    DISABLED = KeyStatus.DISABLED.value


@dataclass(frozen=True, slots=True)
class DeclaredKey:
    """An access key as the file has it, its secret not yet sealed."""

    place: str
    credential: Credential
    consumer: str
    apis: tuple[str, ...]
    status: KeyStatus
    expires_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file declares; ``place`` is the file's name."""

    place: str
    apis: tuple[Api, ...]
    consumers: tuple[Consumer, ...]
    access_keys: tuple[DeclaredKey, ...]


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What the file refers to."""

    directory: Path
    environment: Mapping[str, str]
    check_scheme: CheckScheme


def load_manifest(path: Path, *, check_scheme: CheckScheme, environment: Mapping[str, str]) -> Manifest:
    """Read the file ``path``. Raises ConfigurationError, as ``parse_manifest`` does."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise ConfigurationError(str(path), f"the file cannot be read: {error.strerror}", "check the path") from None
    except UnicodeDecodeError:
        raise ConfigurationError(str(path), "the file is not UTF-8", "save it as UTF-8") from None
    return parse_manifest(
        text, place=str(path), directory=path.parent, check_scheme=check_scheme, environment=environment
    )


def parse_manifest(
    text: str, *, place: str, directory: Path, check_scheme: CheckScheme, environment: Mapping[str, str]
) -> Manifest:
    """Read a manifest; a ``secret_file`` is sought from ``directory``, a ``secret_env`` in ``environment``.

    Raises ConfigurationError, which names ``place`` and the entry, and never shows a secret.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(place, f"it is not TOML: {error}", "see https://toml.io") from None
    around = _Surroundings(directory, environment, check_scheme)
    file = Entry(place, table, _TABLES)
    manifest = Manifest(
        place,
        apis=tuple(_api(entry, around) for entry in _entries(file, "apis", "name", _API_KEYS)),
        consumers=tuple(_consumer(entry) for entry in _entries(file, "consumers", "name", ("name",))),
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


def _consumer(entry: Entry) -> Consumer:
    return Consumer(check_name(entry.at("name"), entry.text("name")))


def _key(entry: Entry, around: _Surroundings) -> DeclaredKey:
    access_key_id = check_access_key_id(entry.at("id"), entry.text("id"))
    return DeclaredKey(
        place=entry.place,
        credential=as_kept(entry.place, Credential(access_key_id, _secret(entry, around), _extras(entry, around))),
        consumer=entry.text("consumer"),
        apis=tuple(sorted(entry.names("apis"))),
        status=KeyStatus(entry.choice("status", DeclaredStatus.ACTIVE)),
        expires_at_ms=check_expiry_ms(entry.at("expires"), entry.time_ms_or_none("expires")),
    )


def _secret(entry: Entry, around: _Surroundings) -> Secret:
    """Read the secret from the one place that the entry names.

    No message shows what the entry has there: whoever mistakes ``secret_env`` for ``secret`` has written the secret.
    """
    given = [key for key in _SECRET_KEYS if key in entry]
    if len(given) != 1:
        problem = f"{' and '.join(given)} are given together" if given else "it has no secret"
        raise ConfigurationError(entry.place, problem, f"give one of {', '.join(_SECRET_KEYS)}")
    (source,) = given
    word, place = entry.text(source), entry.at(source)
    if source.startswith("public_key"):
        text = _secret_of_file(place, around.directory / word) if source.endswith("_file") else Secret(word)
        return public_key_of(place, text)
    if source == "secret_file":
        return check_secret(place, _secret_of_file(place, around.directory / word))
    if source == "secret_env":
        return check_secret(place, _secret_of_environment(place, word, around.environment))
    return check_secret(place, Secret(word))


def _extras(entry: Entry, around: _Surroundings) -> Mapping[str, Secret]:
    """Read the further secrets: each a text, or a table with the file or the variable that it is in."""
    return {
        name: _extra(f"{entry.at('extras')}.{name}", value, around) for name, value in entry.table("extras").items()
    }


def _extra(place: str, value: object, around: _Surroundings) -> Secret:
    match value:
        case str():
            return check_secret(place, Secret(value))
        case {"file": str(path), **rest} if not rest:
            return check_secret(place, _secret_of_file(place, around.directory / path))
        case {"env": str(name), **rest} if not rest:
            return check_secret(place, _secret_of_environment(place, name, around.environment))
    raise ConfigurationError(place, "it is no secret", 'write a text, { file = "…" } or { env = "…" }')


def _secret_of_file(place: str, path: Path) -> Secret:
    """Read a file's bytes, less the one line end that editors put there."""
    try:
        return Secret(path.read_bytes().removesuffix(b"\n").removesuffix(b"\r"))
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or "it is not a path"
        problem = f"the secret's file cannot be read: {reason}"
        raise ConfigurationError(place, problem, "a relative path starts at the directory of this file") from None


def _secret_of_environment(place: str, name: str, environment: Mapping[str, str]) -> Secret:
    if name not in environment:
        raise ConfigurationError(place, "the environment has no variable of this name", "set it, or correct the name")
    return Secret(environment[name].encode(errors="surrogateescape"))


def _check_whole(manifest: Manifest) -> None:
    """Refuse what is declared twice, and names that nothing has."""
    consumers = [consumer.name for consumer in manifest.consumers]
    apis = [api.name for api in manifest.apis]
    refuse_duplicates(f"{manifest.place}: [[apis]]", apis)
    refuse_duplicates(f"{manifest.place}: [[consumers]]", consumers)
    refuse_duplicates(
        f"{manifest.place}: [[access_keys]]", [key.credential.access_key_id for key in manifest.access_keys]
    )
    refuse_shared_routes(manifest.place, manifest.apis)
    known_consumers, known_apis = set(consumers), set(apis)
    for key in manifest.access_keys:
        _refuse_unknown(f"{key.place}: consumer", "consumer", (key.consumer,), known_consumers)
        _refuse_unknown(f"{key.place}: apis", "API", key.apis, known_apis)


def _refuse_unknown(place: str, kind: str, names: Iterable[str], known: Set[str]) -> None:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) if known else f"list it as a table of its own; there is no {kind} yet"
            raise ConfigurationError(place, f"the file lists no {kind} {name!r}", hint)
