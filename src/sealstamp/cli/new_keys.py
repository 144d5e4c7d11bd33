"""The commands of ``sealstamp keys`` from which a key comes: issue, import, rotate."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sealstamp.cli import inputs
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.properties import add_key_properties, key_fields, told_by_option
from sealstamp.cli.telling_keys import show_key, show_pair, show_rotated
from sealstamp.core.credential import Secret
from sealstamp.core.suggest import did_you_mean
from sealstamp.credentials.finding import ID_VARIABLE
from sealstamp.errors import ConfigurationError
from sealstamp.keys.rules import check_access_key_id, check_name

if TYPE_CHECKING:
    from sealstamp.cli.books.port import Books


def add(acts: Acts) -> None:
    """Say what they take."""
    issued = acts.add("issue", "make a new pair; its secret is shown this once", _issue)
    _add_scheme(issued)
    _add_owner(issued)
    imported = acts.add("import", "keep an existing pair, so that its holder need not change anything", _import)
    _add_pair(imported, "the id that its holder sends; any name where the scheme names none")
    _add_owner(imported)
    about = "make a new pair that may do what the old one may, and let the old one end"
    _add_rotation(acts.add("rotate", about, _rotate))


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
    parser.add_argument("old_id", metavar="ID", help="the old key's id")
    grace = "how long the old pair may still be used: 0, 15m, 1h, 24h, 7d, …; 24h if not given"
    parser.add_argument("--grace", default="24h", metavar="DURATION", help=grace)
    ends = "when the new one ends; when the old one would have, if not given"
    parser.add_argument("--expires", dest="expires_at_ms", metavar="TIME", help=ends)
    _add_scheme(parser)
    _add_pair(parser, "the new key's id, where its holder has made the new pair and gives its secret or public key")


def _issue(arguments: Namespace) -> int:
    from sealstamp.resources import NewAccessKey

    with told_by_option():
        check_name("consumer", arguments.consumer)
        wanted = NewAccessKey(consumer=arguments.consumer, **_scheme(arguments), **key_fields(arguments))
        with opened_books(arguments) as books, books.together():
            books.ensure_consumer(arguments.consumer)
            pair = books.issue_access_key(wanted)
    return show_pair(arguments, pair)


def _scheme(arguments: Namespace) -> dict[str, Any]:
    return {"scheme": arguments.scheme} if arguments.scheme else {}


def _import(arguments: Namespace) -> int:
    from sealstamp.resources import ImportedAccessKey

    with told_by_option():
        check_name("consumer", arguments.consumer)
        given = {**_pair(arguments), **key_fields(arguments), "consumer": arguments.consumer}
        with opened_books(arguments) as books, books.together():
            given["extras"] = _extras(arguments, books, arguments.apis)
            books.ensure_consumer(arguments.consumer)
            key = books.import_access_key(ImportedAccessKey(**given))
    return show_key(arguments, key, "imported")


def _pair(arguments: Namespace) -> dict[str, Any]:
    """Return the id and the secret, or the public key, of a pair that there is. Raises ConfigurationError."""
    from sealstamp.keys.keeping import public_key_of

    access_key_id = check_access_key_id("--access-key-id", arguments.access_key_id)
    if arguments.public_key is None:
        _refuse_anothers_secret(arguments)
        return {"access_key_id": access_key_id, "secret": inputs.secret_of(arguments)}
    public_key = public_key_of("--public-key", Secret(inputs.read_file("--public-key", arguments.public_key)))
    return {"access_key_id": access_key_id, "public_key": public_key.reveal().decode()}


def _refuse_anothers_secret(arguments: Namespace) -> None:
    """Raise ConfigurationError where the only secret is that of the caller's own pair, in the environment."""
    named = os.environ.get(ID_VARIABLE)
    if arguments.secret is None and arguments.secret_file is None and named and named != arguments.access_key_id:
        problem = f"no secret was given: {inputs.SECRET_VARIABLE} is that of {ID_VARIABLE}"
        raise ConfigurationError("--secret", problem, "give it in a file, with --secret-file")


def _extras(arguments: Namespace, books: Books, apis: Collection[str]) -> dict[str, Secret]:
    """Return the further secrets that are given, for any scheme of the APIs that the key is for."""
    given = inputs.extra_files(arguments)
    known = _extras_of(books, apis)
    if unknown := given.keys() - known:
        name = min(unknown)
        hint = did_you_mean(name, known) if known else "leave it out"
        raise ConfigurationError("--extra-file", f"no scheme of these APIs has {name}", hint)
    return {**{name: value for name in known if (value := inputs.extra_of_environment(name))}, **given}


def _extras_of(books: Books, apis: Collection[str]) -> set[str]:
    """Return the names of the further secrets that schemes of the APIs have."""
    from sealstamp.keys.schemes import Shelf, StoredScheme

    choices = [choice for api in books.list_apis() if api.name in apis for choice in api.schemes]
    told = {choice.name: books.get_scheme(choice.name) for choice in choices}
    uploaded = (one for one in told.values() if one.source == "uploaded")
    shelf = Shelf(StoredScheme(one.name, one.version or 0, one.text, 0, "") for one in uploaded)
    return {name for choice in choices for name in shelf.get(choice.name, choice.parameters).extras}


def _rotate(arguments: Namespace) -> int:
    from sealstamp.keys.attributes import check_grace
    from sealstamp.resources import OwnRotation, Rotation

    check_grace("--grace", arguments.grace)
    old_id = arguments.old_id
    with told_by_option():
        changes = {"grace": arguments.grace, **key_fields(arguments)}
        own = _pair(arguments) if arguments.access_key_id else {}
        with opened_books(arguments) as books, books.together():
            if not own:
                pair = books.rotate_access_key(old_id, Rotation(**_scheme(arguments), **changes))
                return show_pair(arguments, pair)
            own["extras"] = _extras(arguments, books, books.get_access_key(old_id).apis)
            rotated = books.rotate_access_key_to(old_id, OwnRotation(**own, **changes))
    return show_rotated(arguments, rotated)
