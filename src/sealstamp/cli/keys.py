"""``sealstamp keys``: the life of access keys, on the local store."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from sealstamp.cli import inputs, output
from sealstamp.cli.local import acting, add_config, opened, settings_of
from sealstamp.cli.moments import read_moment, write_moment
from sealstamp.core.asymmetric import is_key_text
from sealstamp.core.credential import Credential, Secret
from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import ConfigurationError
from sealstamp.keys.rules import check_access_key_id, check_name
from sealstamp.schemes import get_scheme

if TYPE_CHECKING:
    from sealstamp.keys.acts.act import Act
    from sealstamp.keys.domain import AccessKey
    from sealstamp.keys.ports import KeyStore

_MOVES = {
    "disable": "refuse a key until it is enabled again",
    "enable": "accept a disabled key again",
    "revoke": "refuse a key for ever",
}
"""What ``keys.acts.access_keys`` does with a key that is there."""


def add(parser: ArgumentParser) -> None:
    """Say what ``keys`` takes."""
    acts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def act(name: str, about: str, run: Callable[[Namespace], int]) -> ArgumentParser:
        added: ArgumentParser = acts.add_parser(name, help=about, description=about)
        added.set_defaults(run=run, act=name)
        return added

    issued = act("issue", "make a new pair; its secret is shown this once", _issue)
    issued.add_argument("--scheme", metavar="NAME", help="whose key form to use; else that of the first API's scheme")
    _add_owner(issued)
    imported = act("import", "keep an existing pair, so that its holder need not change anything", _import)
    secret = inputs.add_credential(
        imported, id_help="the id that its holder sends; any name where the scheme names none"
    )
    secret.add_argument(
        "--public-key",
        metavar="FILE|-",
        help="instead of a secret: a file with the public key of a pair, in PEM, or hexadecimal for Ed25519",
    )
    _add_owner(imported)
    listed = act("list", "list access keys, without their secrets", _list)
    listed.add_argument("--api", metavar="NAME", help="only keys for this API")
    listed.add_argument("--consumer", metavar="NAME", help="only keys of this consumer")
    moved = [act(name, about, _move) for name, about in _MOVES.items()]
    for one in moved:
        one.add_argument("access_key_id", metavar="ID", help="the access key id")
    for one in (issued, imported, listed, *moved):
        add_config(one)
        output.add_json(one)


def _add_owner(parser: ArgumentParser) -> None:
    parser.add_argument("--consumer", required=True, metavar="NAME", help="who holds it; made if it is new")
    parser.add_argument(
        "--api", required=True, action="append", metavar="NAME", help="where it may be used; may come again"
    )
    parser.add_argument("--expires", metavar="TIME", help="when it ends, as 2027-01-31T12:00:00Z; never if not given")


def _issue(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys, consumers

    check_name("--consumer", arguments.consumer)
    expires_at_ms = _expiry(arguments)
    forms = get_scheme(arguments.scheme).keys if arguments.scheme else None
    with acting(settings_of(arguments)) as act, act.store.transaction():
        consumers.ensure(act, arguments.consumer)
        key, credential = access_keys.issue(
            act, consumer=arguments.consumer, forms=forms, apis=arguments.api, expires_at_ms=expires_at_ms
        )
    document = {"access_key_id": key.id, **_secrets(credential), **_facts(key)}
    return output.show(arguments, document, lambda: _tell_pair(credential))


def _secrets(credential: Credential) -> dict[str, object]:
    """Return the secrets in plain text, for the one time that they are shown."""
    extras = {name: extra.reveal().decode() for name, extra in credential.extras.items()}
    return {"secret": credential.secret.reveal().decode(), **({"extras": extras} if extras else {})}


def _import(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys, consumers

    access_key_id = check_access_key_id("--access-key-id", arguments.access_key_id)
    check_name("--consumer", arguments.consumer)
    secret = _secret(arguments)
    expires_at_ms = _expiry(arguments)
    with acting(settings_of(arguments)) as act, act.store.transaction():
        credential = Credential(access_key_id, secret, _extras(arguments, act.store))
        consumers.ensure(act, arguments.consumer)
        key = access_keys.import_pair(
            act, credential, consumer=arguments.consumer, apis=arguments.api, expires_at_ms=expires_at_ms
        )
    return _tell(arguments, key, "imported")


def _secret(arguments: Namespace) -> Secret:
    from sealstamp.keys.keeping import public_key_of

    if arguments.public_key is None:
        return inputs.secret_of(arguments)
    return public_key_of("--public-key", Secret(inputs.read_file("--public-key", arguments.public_key)))


def _extras(arguments: Namespace, store: KeyStore) -> dict[str, Secret]:
    """Return the further secrets that are given, for any scheme of the APIs that the key is for."""
    given = inputs.extra_files(arguments)
    choices = [choice for api in store.list_apis() if api.name in arguments.api for choice in api.schemes]
    known = {name for choice in choices for name in get_scheme(choice.name, choice.parameters).extras}
    if unknown := given.keys() - known:
        name = min(unknown)
        raise ConfigurationError("--extra-file", f"no scheme of these APIs has {name}", did_you_mean(name, known))
    return {**{name: value for name in known if (value := inputs.extra_of_environment(name))}, **given}


def _list(arguments: Namespace) -> int:
    with opened(settings_of(arguments)) as (store, _):
        keys = list(store.list_access_keys(api=arguments.api, consumer=arguments.consumer))
    columns = ("ACCESS KEY ID", "CONSUMER", "APIS", "STATUS", "EXPIRES")
    facts = [{"access_key_id": key.id, **_facts(key)} for key in keys]
    return output.show(arguments, facts, lambda: output.show_table(columns, map(_row, keys)))


def _move(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys

    move: Callable[[Act, str], AccessKey] = getattr(access_keys, arguments.act)
    with acting(settings_of(arguments)) as act:
        key = move(act, arguments.access_key_id)
    return _tell(arguments, key, f"is {key.status}")


def _tell(arguments: Namespace, key: AccessKey, what: str) -> int:
    return output.show(arguments, {"access_key_id": key.id, **_facts(key)}, lambda: output.say(f"{key.id} {what}"))


def _tell_pair(credential: Credential) -> None:
    secret = credential.secret.reveal().decode()
    is_pair = is_key_text(secret.encode())
    output.say(f"access key id  {credential.access_key_id}")
    if not is_pair:
        output.say(f"secret         {secret}")
    for name, extra in credential.extras.items():
        output.say(f"{name:<13}  {extra.reveal().decode()}")
    if is_pair:
        output.say(secret.rstrip("\n"))
        output.note("the private key is shown this once, and not kept here: keep it now")
    else:
        output.note("the secret is shown this once: keep it now")


def _row(key: AccessKey) -> tuple[str, ...]:
    return key.id, key.consumer, ",".join(key.apis), key.status, write_moment(key.expires_at_ms) or ""


def _facts(key: AccessKey) -> dict[str, object]:
    return {
        "consumer": key.consumer,
        "apis": list(key.apis),
        "status": key.status,
        "material": key.material,
        "created": write_moment(key.created_at_ms),
        "expires": write_moment(key.expires_at_ms),
    }


def _expiry(arguments: Namespace) -> int | None:
    return None if arguments.expires is None else read_moment("--expires", arguments.expires)
