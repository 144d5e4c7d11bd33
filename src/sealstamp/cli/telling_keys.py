"""How access keys are told of: in a list, alone, and with the secret that is shown once."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sealstamp.cli import output
from sealstamp.core.asymmetric import is_key_text
from sealstamp.core.credential import Secret

if TYPE_CHECKING:
    from sealstamp.resources import AccessKey, AccessKeyPair, RotatedAccessKey

_COLUMNS = ("ACCESS KEY ID", "CONSUMER", "APIS", "STATUS", "EXPIRES")
_OF_SUB_KEYS = {"issuer", "issuer_key", "suspended_by_issuer"}


def show_keys(arguments: Namespace, keys: Sequence[AccessKey]) -> int:
    """Show a list of keys."""
    documents = [*map(_document, keys)]
    return output.show(arguments, documents, lambda: output.show_table(_COLUMNS, map(_row, documents)))


def show_key(arguments: Namespace, key: AccessKey, what: str) -> int:
    """Show what became of a key."""
    return output.show(arguments, _document(key), lambda: output.say(f"{key.access_key_id} {what}"))


def show_pair(arguments: Namespace, pair: AccessKeyPair) -> int:
    """Show a new key with its secrets in plain text, this once, and the one that it replaces."""
    old = {} if pair.replaced is None else {"old": _document(pair.replaced)}
    document = {**_document(pair.access_key), **_secrets(pair), **old}

    def tell() -> None:
        _tell_pair(pair.access_key_id, pair.secret, pair.extras)
        if old:
            _tell_end(old["old"])

    return output.show(arguments, document, tell)


def show_rotated(arguments: Namespace, rotated: RotatedAccessKey) -> int:
    """Show a new key whose holder has its secret, and the one that it replaces."""
    old = _document(rotated.replaced)

    def tell() -> None:
        output.say(f"access key id  {rotated.access_key.access_key_id}")
        _tell_end(old)

    return output.show(arguments, {**_document(rotated.access_key), "old": old}, tell)


def show_whole(arguments: Namespace, key: AccessKey, others: Sequence[AccessKey]) -> int:
    """Show all there is to tell of a key, and of those that it was rotated from or to."""
    told = [
        {name: _document(one)[name] for name in ("access_key_id", "status", "expires", "last_use")} for one in others
    ]
    document = {**_document(key), "rotation": told}
    return output.show(arguments, document, lambda: _tell_whole(document))


def _document(key: AccessKey) -> dict[str, Any]:
    from sealstamp.cli.documents import document

    return document(key)


def _secrets(pair: AccessKeyPair) -> dict[str, Any]:
    extras = {name: extra.reveal().decode() for name, extra in pair.extras.items()}
    return {"secret": pair.secret.reveal().decode(), **({"extras": extras} if extras else {})}


def _tell_whole(document: Mapping[str, Any]) -> None:
    hidden = {"last_use", "rotation"} | (_OF_SUB_KEYS if document["issuer"] is None else set())
    for name, value in document.items():
        if name not in hidden:
            output.say(f"{name.replace('_', ' '):<13}  {_told(value)}".rstrip())
    output.say(f"last use       {_told_use(document['last_use'])}")
    for other in document["rotation"]:
        relation = "replaces" if other["access_key_id"] == document["replaces"] else "replaced by"
        ends = _to_the_second(other["expires"]) or "never"
        last_use = _told_use(other["last_use"])
        output.note(f"{relation} {other['access_key_id']}: {other['status']}, ends {ends}, last use {last_use}")


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={text}" for name, text in value.items())
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _told_use(use: Mapping[str, Any] | None) -> str:
    if use is None:
        return "never"
    return f"{_to_the_second(use['at'])} at {use['api']}" + (f" from {use['address']}" if use["address"] else "")


def _tell_end(old: Mapping[str, Any]) -> None:
    output.note(f"{old['access_key_id']} ends {_to_the_second(old['expires'])}")


def _tell_pair(access_key_id: str, plain: Secret, extras: Mapping[str, Secret]) -> None:
    secret = plain.reveal().decode()
    is_pair = is_key_text(secret.encode())
    output.say(f"access key id  {access_key_id}")
    if not is_pair:
        output.say(f"secret         {secret}")
    for name, extra in extras.items():
        output.say(f"{name:<13}  {extra.reveal().decode()}")
    if is_pair:
        output.say(secret.rstrip("\n"))
        output.note("the private key is shown this once, and not kept here: keep it now")
    else:
        output.note("the secret is shown this once: keep it now")


def _row(document: Mapping[str, Any]) -> tuple[str, ...]:
    expires = _to_the_second(document["expires"])
    apis = ",".join(document["apis"])
    return document["access_key_id"], document["consumer"], apis, document["status"], expires


def _to_the_second(time: str | None) -> str:
    """Return a time as people need it; nothing for none."""
    return "" if time is None else f"{time.partition('.')[0].removesuffix('Z')}Z"
