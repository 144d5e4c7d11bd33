"""``sealstamp keys``: the life of access keys, on the local store."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from sealstamp.cli import inputs, output
from sealstamp.cli.local import add_config, now_ms, opened, read_moment, write_moment
from sealstamp.core.credential import Credential
from sealstamp.core.scheme import Scheme
from sealstamp.errors import ConfigurationError, NotFoundError
from sealstamp.keys import lifecycle
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.keys.ports import KeyStore
from sealstamp.schemes import get_scheme


def add(parser: ArgumentParser) -> None:
    """Say what ``keys`` takes."""
    acts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    issue = acts.add_parser("issue", help="make a new pair; its secret is shown this once")
    issue.add_argument("--scheme", metavar="NAME", help="whose key form to use; else that of the first API's scheme")
    _add_owner(issue, _issue)
    imported = acts.add_parser("import", help="keep an existing pair, so that its holder need not change anything")
    inputs.add_credential(imported)
    _add_owner(imported, _import)
    listed = acts.add_parser("list", help="list access keys, without their secrets")
    listed.add_argument("--api", metavar="NAME")
    listed.add_argument("--consumer", metavar="NAME")
    _finish(listed, _list)
    for name, about, act in (
        ("disable", "refuse a key until it is enabled again", lifecycle.disable),
        ("enable", "accept a disabled key again", lifecycle.enable),
        ("revoke", "refuse a key for ever", lifecycle.revoke),
    ):
        moved = acts.add_parser(name, help=about)
        moved.add_argument("access_key_id", metavar="ID")
        moved.set_defaults(act=act)
        _finish(moved, _move)


def _add_owner(parser: ArgumentParser, run: Callable[[Namespace], int]) -> None:
    parser.add_argument("--consumer", required=True, metavar="NAME", help="who holds it; made if it is new")
    parser.add_argument(
        "--api", required=True, action="append", metavar="NAME", help="where it may be used; may come again"
    )
    parser.add_argument("--expires", metavar="TIME", help="when it ends, as 2027-01-31T12:00:00Z")
    _finish(parser, run)


def _finish(parser: ArgumentParser, run: Callable[[Namespace], int]) -> None:
    add_config(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def _issue(arguments: Namespace) -> int:
    with opened(arguments) as (store, sealer), store.transaction():
        forms = _scheme_of(store, arguments).keys
        _make_consumer(store, arguments.consumer)
        key, credential = lifecycle.issue(
            store,
            sealer,
            consumer=arguments.consumer,
            apis=tuple(arguments.api),
            id_form=forms.access_key_id,
            secret_form=forms.secret,
            choose=secrets.choice,
            now_ms=now_ms(),
            expires_at_ms=_expiry(arguments),
        )
    secret = credential.secret.reveal().decode()
    if arguments.json:
        output.show_json({"access_key_id": key.id, "secret": secret, **_facts(key)})
    else:
        output.say(f"access key id  {key.id}")
        output.say(f"secret         {secret}")
        output.note("the secret is shown this once: keep it now")
    return output.DONE


def _import(arguments: Namespace) -> int:
    if not arguments.access_key_id:
        raise ConfigurationError("--access-key-id", "an imported key needs a name", "give the id its holder sends")
    credential = Credential(arguments.access_key_id, inputs.secret_of(arguments))
    with opened(arguments) as (store, sealer), store.transaction():
        _make_consumer(store, arguments.consumer)
        key = lifecycle.import_pair(
            store,
            sealer,
            credential,
            consumer=arguments.consumer,
            apis=tuple(arguments.api),
            now_ms=now_ms(),
            expires_at_ms=_expiry(arguments),
        )
    return _tell(arguments, key, "imported")


def _list(arguments: Namespace) -> int:
    with opened(arguments) as (store, _):
        keys = list(store.list_access_keys(api=arguments.api, consumer=arguments.consumer))
    if arguments.json:
        output.show_json([{"access_key_id": key.id, **_facts(key)} for key in keys])
    else:
        rows = (
            (key.id, key.consumer, ",".join(key.apis), key.status, write_moment(key.expires_at_ms) or "")
            for key in keys
        )
        output.show_table(("ACCESS KEY ID", "CONSUMER", "APIS", "STATUS", "EXPIRES"), rows)
    return output.DONE


def _move(arguments: Namespace) -> int:
    with opened(arguments) as (store, _):
        key = arguments.act(store, arguments.access_key_id)
    return _tell(arguments, key, f"is {key.status}")


def _tell(arguments: Namespace, key: AccessKey, what: str) -> int:
    if arguments.json:
        output.show_json({"access_key_id": key.id, **_facts(key)})
    else:
        output.say(f"{key.id} {what}")
    return output.DONE


def _facts(key: AccessKey) -> dict[str, object]:
    return {
        "consumer": key.consumer,
        "apis": list(key.apis),
        "status": key.status,
        "created": write_moment(key.created_at_ms),
        "expires": write_moment(key.expires_at_ms),
    }


def _scheme_of(store: KeyStore, arguments: Namespace) -> Scheme:
    if arguments.scheme:
        return get_scheme(arguments.scheme)
    api = next((api for api in store.list_apis() if api.name == arguments.api[0]), None)
    if api is None:
        raise NotFoundError(f"there is no API {arguments.api[0]!r}\nhint: sealstamp apis list")
    return get_scheme(api.schemes[0].name, api.schemes[0].parameters)


def _make_consumer(store: KeyStore, name: str) -> None:
    if all(consumer.name != name for consumer in store.list_consumers()):
        store.put_consumer(Consumer(name))


def _expiry(arguments: Namespace) -> int | None:
    return None if arguments.expires is None else read_moment("--expires", arguments.expires)
