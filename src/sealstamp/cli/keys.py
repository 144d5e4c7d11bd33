"""``sealstamp keys``: the life of access keys, on the local store."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from sealstamp.cli import inputs, output
from sealstamp.cli.local import acting, add_config, settings_of
from sealstamp.cli.moments import read_moment, write_moment
from sealstamp.cli.properties import add_key_changes, add_key_properties, key_properties, told_by_option
from sealstamp.cli.telling_keys import show_key, show_keys, show_pair, show_whole
from sealstamp.core.credential import Credential, Secret
from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import ConfigurationError
from sealstamp.keys.rules import check_access_key_id, check_name

if TYPE_CHECKING:
    from sealstamp.core.scheme import KeyForms
    from sealstamp.keys.acts.act import Act
    from sealstamp.keys.domain import AccessKey

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
    _add_scheme(issued)
    _add_owner(issued)
    imported = act("import", "keep an existing pair, so that its holder need not change anything", _import)
    _add_pair(imported, "the id that its holder sends; any name where the scheme names none")
    _add_owner(imported)
    listed = act("list", "list access keys, without their secrets", _list)
    listed.add_argument("--api", metavar="NAME", help="only keys for this API")
    listed.add_argument("--consumer", metavar="NAME", help="only keys of this consumer")
    shown = act("show", "show all there is to tell of a key, when it was last used, and which replaced it", _show)
    updated = act("update", "change properties of a key; what is not named stays", _update)
    rotated = act("rotate", "make a new pair that may do what the old one may, and let the old one end", _rotate)
    _add_rotation(rotated)
    expired = act("expire", "set when a key ends", _expire)
    moved = [act(name, about, _move) for name, about in _MOVES.items()]
    deleted = act("delete", "forget a revoked key", _delete)
    for one in (shown, updated, expired, *moved, deleted):
        one.add_argument("access_key_id", metavar="ID", help="the access key id")
    rotated.add_argument("old_id", metavar="ID", help="the old key's id")
    expired.add_argument("when", metavar="WHEN", help="now, never, a time as 2027-01-31T12:00:00Z, or from now on: 24h")
    add_key_changes(updated)
    for one in (issued, imported, listed, shown, updated, rotated, expired, *moved, deleted):
        add_config(one)
        output.add_json(one)


def _add_owner(parser: ArgumentParser) -> None:
    parser.add_argument("--consumer", required=True, metavar="NAME", help="who holds it; made if it is new")
    where = "where it may be used; may come again"
    parser.add_argument("--api", dest="apis", required=True, action="append", metavar="NAME", help=where)
    add_key_properties(parser)


def _add_scheme(parser: ArgumentParser) -> None:
    parser.add_argument("--scheme", metavar="NAME", help="whose key form to use; else that of the first API's scheme")


def _add_pair(parser: ArgumentParser, id_help: str) -> None:
    secret = inputs.add_credential(parser, id_help=id_help)
    secret.add_argument(
        "--public-key",
        metavar="FILE|-",
        help="instead of a secret: a file with the public key of a pair, in PEM, or hexadecimal for Ed25519",
    )


def _add_rotation(parser: ArgumentParser) -> None:
    grace = "how long the old pair may still be used: 0, 15m, 1h, 24h, 7d, …; 24h if not given"
    parser.add_argument("--grace", default="24h", metavar="DURATION", help=grace)
    ends = "when the new one ends; when the old one would have, if not given"
    parser.add_argument("--expires", dest="expires_at_ms", metavar="TIME", help=ends)
    _add_scheme(parser)
    _add_pair(parser, "the new key's id, where its holder has made the new pair and gives its secret or public key")


def _issue(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys, consumers

    check_name("--consumer", arguments.consumer)
    properties = key_properties(arguments)
    with told_by_option(), acting(settings_of(arguments)) as act, act.store.transaction():
        consumers.ensure(act, arguments.consumer)
        forms = _forms(act, arguments)
        key, credential = access_keys.issue(act, consumer=arguments.consumer, forms=forms, **properties)
    return show_pair(arguments, key, credential)


def _forms(act: Act, arguments: Namespace) -> KeyForms | None:
    from sealstamp.keys.schemes import Shelf

    return Shelf(act.store.list_schemes()).get(arguments.scheme).keys if arguments.scheme else None


def _import(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys, consumers

    access_key_id = check_access_key_id("--access-key-id", arguments.access_key_id)
    check_name("--consumer", arguments.consumer)
    secret = _secret(arguments)
    properties = key_properties(arguments)
    with told_by_option(), acting(settings_of(arguments)) as act, act.store.transaction():
        credential = Credential(access_key_id, secret, _extras(arguments, act, arguments.apis))
        consumers.ensure(act, arguments.consumer)
        key = access_keys.import_pair(act, credential, consumer=arguments.consumer, **properties)
    return show_key(arguments, key, "imported")


def _secret(arguments: Namespace) -> Secret:
    from sealstamp.keys.keeping import public_key_of

    if arguments.public_key is None:
        return inputs.secret_of(arguments)
    return public_key_of("--public-key", Secret(inputs.read_file("--public-key", arguments.public_key)))


def _extras(arguments: Namespace, act: Act, apis: Collection[str]) -> dict[str, Secret]:
    """Return the further secrets that are given, for any scheme of the APIs that the key is for."""
    from sealstamp.keys.schemes import Shelf

    given = inputs.extra_files(arguments)
    shelf = Shelf(act.store.list_schemes())
    choices = [choice for api in act.store.list_apis() if api.name in apis for choice in api.schemes]
    known = {name for choice in choices for name in shelf.get(choice.name, choice.parameters).extras}
    if unknown := given.keys() - known:
        name = min(unknown)
        raise ConfigurationError("--extra-file", f"no scheme of these APIs has {name}", did_you_mean(name, known))
    return {**{name: value for name in known if (value := inputs.extra_of_environment(name))}, **given}


def _list(arguments: Namespace) -> int:
    with acting(settings_of(arguments)) as act:
        keys = list(act.store.list_access_keys(api=arguments.api, consumer=arguments.consumer))
    return show_keys(arguments, keys)


def _show(arguments: Namespace) -> int:
    with acting(settings_of(arguments)) as act:
        key = act.store.get_access_key(arguments.access_key_id)
        ids = [name for name in (key.replaces, key.replaced_by) if name is not None]
        others = [other for name in ids if (other := act.store.find_access_key(name)) is not None]
        uses = act.store.find_last_uses([key.id, *(other.id for other in others)])
    return show_whole(arguments, key, others, {use.access_key_id: use for use in uses})


def _update(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys

    with told_by_option(), acting(settings_of(arguments)) as act:
        key = access_keys.update(act, arguments.access_key_id, **key_properties(arguments))
    return show_key(arguments, key, f"is version {key.version}")


def _rotate(arguments: Namespace) -> int:
    from sealstamp.keys.acts.rotation import rotate
    from sealstamp.keys.attributes import check_grace

    grace_ms = check_grace("--grace", arguments.grace)
    changes = key_properties(arguments)
    with told_by_option(), acting(settings_of(arguments)) as act, act.store.transaction():
        own, forms = _own_pair(arguments, act), _forms(act, arguments)
        key, credential = rotate(act, arguments.old_id, grace_ms, forms=forms, credential=own, **changes)
        old = act.store.get_access_key(arguments.old_id)
    return show_pair(arguments, key, credential, old=old, is_told=own is None)


def _own_pair(arguments: Namespace, act: Act) -> Credential | None:
    """Return the pair that the holder has made; None where none is given."""
    if not arguments.access_key_id:
        return None
    access_key_id = check_access_key_id("--access-key-id", arguments.access_key_id)
    old = act.store.get_access_key(arguments.old_id)
    return Credential(access_key_id, _secret(arguments), _extras(arguments, act, old.apis))


def _expire(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys

    with acting(settings_of(arguments)) as act:
        key = access_keys.expire_at(act, arguments.access_key_id, _moment(arguments.when, act.now_ms))
    return show_key(arguments, key, f"ends {write_moment(key.expires_at_ms) or 'never'}")


def _moment(text: str, now_ms: int) -> int | None:
    """Read when a key ends: ``now``, ``never``, a time, or how long from now on."""
    from sealstamp.core.timing import parse_duration

    if text in ("never", "now"):
        return None if text == "never" else now_ms
    try:
        return now_ms + parse_duration(text)
    except ValueError:
        return read_moment("when it ends", text)


def _move(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys

    move: Callable[[Act, str], AccessKey] = getattr(access_keys, arguments.act)
    with acting(settings_of(arguments)) as act:
        key = move(act, arguments.access_key_id)
    return show_key(arguments, key, f"is {key.status}")


def _delete(arguments: Namespace) -> int:
    from sealstamp.keys.acts import access_keys

    key_id = arguments.access_key_id
    with acting(settings_of(arguments)) as act:
        access_keys.delete(act, key_id)
    return output.show(arguments, {"deleted": key_id}, lambda: output.say(f"{key_id} is deleted"))
