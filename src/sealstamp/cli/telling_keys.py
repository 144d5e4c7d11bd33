"""How access keys are told of: in a list, alone, and with the secret that is shown once."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sealstamp.cli import output
from sealstamp.cli.moments import write_moment
from sealstamp.core.asymmetric import is_key_text
from sealstamp.core.credential import Credential

if TYPE_CHECKING:
    from sealstamp.keys.domain import AccessKey
    from sealstamp.keys.usage import LastUse

_COLUMNS = ("ACCESS KEY ID", "CONSUMER", "APIS", "STATUS", "EXPIRES")


def show_keys(arguments: Namespace, keys: Sequence[AccessKey]) -> int:
    """Show a list of keys."""
    documents = [*map(_document, keys)]
    return output.show(arguments, documents, lambda: output.show_table(_COLUMNS, map(_row, keys)))


def show_key(arguments: Namespace, key: AccessKey, what: str) -> int:
    """Show what became of a key."""
    return output.show(arguments, _document(key), lambda: output.say(f"{key.id} {what}"))


def show_pair(
    arguments: Namespace, key: AccessKey, credential: Credential, *, old: AccessKey | None = None, is_told: bool = True
) -> int:
    """Show a new key with its secrets in plain text, this once; unless its holder has them, who is not told them."""
    document = {**_document(key), **(_secrets(credential) if is_told else {})}
    if old is not None:
        document["old"] = _document(old)

    def tell() -> None:
        if is_told:
            _tell_pair(credential)
        else:
            output.say(f"access key id  {key.id}")
        if old is not None:
            output.note(f"{old.id} ends {write_moment(old.expires_at_ms)}")

    return output.show(arguments, document, tell)


def show_whole(arguments: Namespace, key: AccessKey, others: Sequence[AccessKey], uses: Mapping[str, LastUse]) -> int:
    """Show all there is to tell of a key, with its last use, and those of the keys that it was rotated from or to."""
    document = {**_document(key), "last_use": _use(uses.get(key.id)), "rotation": [_other(one, uses) for one in others]}
    return output.show(arguments, document, lambda: _tell_whole(document))


def _document(key: AccessKey) -> dict[str, Any]:
    from sealstamp.keys.documents import access_key_document

    return access_key_document(key)


def _other(key: AccessKey, uses: Mapping[str, LastUse]) -> dict[str, Any]:
    return {
        "access_key_id": key.id,
        "status": key.status,
        "expires": write_moment(key.expires_at_ms),
        "last_use": _use(uses.get(key.id)),
    }


def _use(use: LastUse | None) -> dict[str, Any] | None:
    return None if use is None else {"at": write_moment(use.at_ms), "api": use.api, "address": use.address}


def _secrets(credential: Credential) -> dict[str, Any]:
    extras = {name: extra.reveal().decode() for name, extra in credential.extras.items()}
    return {"secret": credential.secret.reveal().decode(), **({"extras": extras} if extras else {})}


def _tell_whole(document: Mapping[str, Any]) -> None:
    for name, value in document.items():
        if name not in ("last_use", "rotation"):
            output.say(f"{name.replace('_', ' '):<13}  {_told(value)}".rstrip())
    output.say(f"last use       {_told_use(document['last_use'])}")
    for other in document["rotation"]:
        relation = "replaces" if other["access_key_id"] == document["replaces"] else "replaced by"
        output.note(
            f"{relation} {other['access_key_id']}: {other['status']}, ends {other['expires'] or 'never'}, "
            f"last use {_told_use(other['last_use'])}"
        )


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={text}" for name, text in value.items())
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value)


def _told_use(use: Mapping[str, Any] | None) -> str:
    if use is None:
        return "never"
    return f"{use['at']} at {use['api']}" + (f" from {use['address']}" if use["address"] else "")


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
