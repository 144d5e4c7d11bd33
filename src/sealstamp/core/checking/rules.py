"""Times, nonces and covers go with what travels."""

from __future__ import annotations

from sealstamp.core.document import Document
from sealstamp.core.scheme import (
    EXPIRES,
    LIFETIME,
    NONCE,
    SIGNATURE,
    TIMESTAMP,
    Scheme,
)
from sealstamp.core.tree import (
    Cover,
    Name,
    walk,
)


def _check_covers(scheme: Scheme, document: Document) -> None:
    """What a list covers is chosen by the signer; that the list demands enough is checked where it is read."""
    for definition, expression in scheme.definitions.items():
        for node in walk(expression):
            if isinstance(node, Cover) and not (isinstance(node.names, Name) and node.names.name in scheme.chosen):
                hint = "name the list alone, and say in [chosen.NAME] what must be in it"
                document.fail(("sign", definition), "'cover' takes a list that the signer chooses", hint)


def check_rules(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError for rules without a field, and fields without a rule."""
    _check_covers(scheme, document)
    for name in scheme.chosen:
        if name not in scheme.definitions or name not in scheme.carried or name == SIGNATURE:
            document.fail(
                ("chosen", name),
                f"{name!r} cannot be chosen: it is not both defined and carried",
                f"define {name!r} in [sign], and let it travel",
            )
    times = [name for name in (TIMESTAMP, EXPIRES) if name in scheme.carried]
    if LIFETIME in scheme.carried and TIMESTAMP not in times:
        document.fail(("fields", LIFETIME), "a lifetime without a time says nothing", "let a 'timestamp' travel too")
    if TIMESTAMP in scheme.may_lack and scheme.time is not None and scheme.time.most_ms is not None:
        document.fail(("fields", TIMESTAMP), "a request that says its end must have its time", "let it be required")
    field = (times or [TIMESTAMP])[0]
    _check_pair(document, bool(times), scheme.time is not None, field, "time", 'past = "5 min"')
    _check_pair(document, NONCE in scheme.carried, scheme.nonce is not None, NONCE, "nonce", 'make = "hex 16"')
    if scheme.nonce and scheme.nonce.grows and (NONCE in scheme.may_lack or not scheme.names_key):
        problem = "a nonce that grows must always travel, and an access key id with it"
        document.fail(("nonce",), problem, "it is compared with the last one of its access key")
    if scheme.nonce and not scheme.nonce.grows and not scheme.time:
        document.fail(("nonce",), "a nonce without a time would have to be kept for ever", "let a timestamp travel too")


def _check_pair(document: Document, travels: bool, ruled: bool, field: str, section: str, example: str) -> None:
    """A field that travels needs its section, and a section its field."""
    if travels and not ruled:
        document.fail(
            ("fields", field), f"the window is missing: {field!r} travels without [{section}]", f"[{section}] {example}"
        )
    if ruled and not travels:
        document.fail((section,), f"[{section}] is there, but no {field!r} travels", f'[fields] {field} = "header X-…"')
