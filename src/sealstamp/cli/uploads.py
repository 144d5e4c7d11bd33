"""The commands of ``sealstamp schemes`` for a provider's own schemes, which are kept with the keys."""

from __future__ import annotations

from argparse import Namespace

from sealstamp.cli import output
from sealstamp.cli.acts import Acts
from sealstamp.cli.books import opened_books
from sealstamp.cli.moments import write_moment
from sealstamp.errors import ConfigurationError


def add(acts: Acts) -> None:
    """Say what they take."""
    about = "keep a scheme file as the newest version of a scheme of your own, which APIs can name"
    uploaded = acts.add("upload", about, _upload)
    acts.add("uploaded", "list schemes that were uploaded", _uploaded)
    versions = acts.add("versions", "list the versions of a scheme that was uploaded, the newest first", _versions)
    deleted = acts.add("delete", "forget a scheme that was uploaded, and that no API needs", _delete)
    for one in (uploaded, versions, deleted):
        one.add_argument("name", metavar="NAME", help="what APIs call it")
    uploaded.add_argument("file", metavar="FILE|-", help="the scheme file")


def _upload(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources import SchemeText

    with opened_books(arguments) as books:
        kept = books.upload_scheme(arguments.name, SchemeText(text=_text(arguments.file)))
    told = f"{kept.name} is version {kept.version}, grade {kept.grade}"
    return output.show(arguments, document(kept), lambda: output.say(told))


def _text(file: str) -> str:
    from sealstamp.cli import inputs  # slow to import, and listing the catalogue does without

    try:
        return inputs.read_file("FILE", file).decode()
    except UnicodeDecodeError:
        raise ConfigurationError(file, "it is not UTF-8", "save it as UTF-8") from None


def _uploaded(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources.common import Paging

    with opened_books(arguments) as books:
        found = [one for one in books.list_schemes(Paging(limit=1_000)) if one.source == "uploaded"]
    rows = ((one.name, str(one.version), one.title) for one in found)
    columns = ("NAME", "VERSION", "TITLE")
    return output.show(arguments, [*map(document, found)], lambda: output.show_table(columns, rows))


def _versions(arguments: Namespace) -> int:
    from sealstamp.cli.documents import document
    from sealstamp.resources.common import ms_of

    with opened_books(arguments) as books:
        found = list(books.list_scheme_versions(arguments.name))
    rows = ((str(one.version), write_moment(ms_of(one.created)) or "", one.created_by) for one in found)
    columns = ("VERSION", "CREATED", "BY")
    return output.show(arguments, [*map(document, found)], lambda: output.show_table(columns, rows))


def _delete(arguments: Namespace) -> int:
    name = arguments.name
    with opened_books(arguments) as books:
        books.delete_scheme(name)
    return output.show(arguments, {"deleted": name}, lambda: output.say(f"{name} is deleted"))
