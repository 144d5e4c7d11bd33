"""What messages say: plain-text templates, of which a provider can replace any.

A template's first line is ``Subject: …``, then comes an empty line, then the text. ``$name`` stands for a value; which
values there are depends on the kind of message, and no other name is taken. All are read and checked at the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from sealstamp.core.suggest import did_you_mean
from sealstamp.errors import ConfigurationError
from sealstamp.keys.mail import MAIL_VALUES, MailKind

_MADE: Final[Mapping[MailKind, frozenset[str]]] = {MailKind.INVITATION: frozenset({"link", "claim_url"})}
"""Values that follow from the settings."""
_ONE_OF: Final[Mapping[MailKind, frozenset[str]]] = {MailKind.INVITATION: frozenset({"link", "token"})}
"""Without any of these a message would be of no use."""
_SUBJECT: Final = "Subject:"
_LARGEST: Final = 65_536


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """How one kind of message is worded."""

    subject: Template
    body: Template

    def fill(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Return subject and text; line ends and other white space in the subject become single spaces."""
        return " ".join(self.subject.substitute(values).split()), self.body.substitute(values)


def names_of(kind: MailKind) -> frozenset[str]:
    """Return the names that a template of this kind may use."""
    return MAIL_VALUES[kind] | _MADE.get(kind, frozenset())


def load_templates(folder: Path | None = None) -> Mapping[MailKind, MailTemplate]:
    """Return a template for every kind: the one in ``folder``, or else the built-in one.

    Raises ConfigurationError for a folder that cannot be read, for a file whose name is no kind, and for a template
    that could not be filled in.
    """
    own = {} if folder is None else _texts_in(folder)
    built_in = files(__package__) / "templates"
    return {
        kind: _parse(kind, *own.get(kind.value, (f"{kind}.txt", (built_in / f"{kind}.txt").read_text("utf-8"))))
        for kind in MailKind
    }


def _texts_in(folder: Path) -> dict[str, tuple[str, str]]:
    """Return place and text of every template in ``folder``, by kind."""
    try:
        found = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix == ".txt"}
        _refuse_unknown(folder, found)
        return {name: (str(path), _read(path)) for name, path in found.items()}
    except OSError as error:
        problem = f"mail templates cannot be read: {error.strerror}"
        raise ConfigurationError(str(error.filename or folder), problem, "give a folder of text files") from None


def _read(path: Path) -> str:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationError(str(path), "it is not UTF-8", "save it as UTF-8") from None
    if len(content) > _LARGEST or "\0" in text:
        raise ConfigurationError(str(path), "it is not a text of at most 64 KiB", "shorten it")
    return text


def _refuse_unknown(folder: Path, names: Iterable[str]) -> None:
    kinds = [kind.value for kind in MailKind]
    for name in names:
        if name not in kinds:
            raise ConfigurationError(f"{folder}/{name}.txt", "no message is called so", did_you_mean(name, kinds))


def _parse(kind: MailKind, place: str, text: str) -> MailTemplate:
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    subject = head.removeprefix(_SUBJECT).strip()
    if not head.startswith(_SUBJECT) or not subject or "\n" in head or not body.strip():
        hint = "write Subject: … in the first line, then an empty line, then the text"
        raise ConfigurationError(place, "it has no subject, or no text", hint)
    made = MailTemplate(Template(subject), Template(body))
    used = _names_in(place, made.subject) | _names_in(place, made.body)
    for name in sorted(used - names_of(kind)):
        raise ConfigurationError(place, f"there is no value ${name} here", did_you_mean(name, names_of(kind)))
    needed = _ONE_OF.get(kind)
    if needed and not needed & used:
        names = " or ".join(f"${name}" for name in sorted(needed))
        raise ConfigurationError(place, f"it does not say {names}", "nobody could do anything with the message")
    return made


def _names_in(place: str, template: Template) -> set[str]:
    if not template.is_valid():
        raise ConfigurationError(place, "a dollar sign stands alone", "write $$ for a dollar sign, or $name")
    return set(template.get_identifiers())
