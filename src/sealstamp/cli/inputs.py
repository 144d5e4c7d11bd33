"""What several commands ask for: a scheme, a credential, a request to sign."""

from __future__ import annotations

import os
import re
import sys
import time
from argparse import ArgumentParser, Namespace
from argparse import _MutuallyExclusiveGroup as SecretOptions
from collections.abc import Sequence

from sealstamp.cli.moments import now_ms
from sealstamp.core.credential import Credential, Secret
from sealstamp.core.places import Where
from sealstamp.core.placing import Addition
from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.runtime import is_visible
from sealstamp.core.scheme import EXPIRES, LIFETIME, TIMESTAMP, Scheme
from sealstamp.errors import ConfigurationError
from sealstamp.keys.rules import check_access_key_id, check_secret
from sealstamp.schemes import get_scheme

SECRET_VARIABLE = "SEALSTAMP_SECRET"
EXTRA_VARIABLE = "SEALSTAMP_EXTRA_"
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110, section 5.6.2
_METHOD = re.compile(_TOKEN)
_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[0-9A-Za-z.:_~%\[\]-]+)(?P<target>([/?][!-~]*)?)", re.IGNORECASE)
_HEADER = re.compile(rf"(?P<name>{_TOKEN}):[ \t]*(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")


def add_scheme(parser: ArgumentParser) -> None:
    """Ask for a scheme and its parameters."""
    parser.add_argument("--scheme", required=True, metavar="NAME|FILE", help="a scheme's name, or a scheme file")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="K=V",
        help="set a parameter of the scheme, or for a test a further secret; may come again",
    )


def add_credential(parser: ArgumentParser, id_help: str = "not needed where the scheme names no key") -> SecretOptions:
    """Ask for an access key pair; the secret also comes from a file or a variable, to keep it out of histories.

    Returns the group of options of which only one may say the secret.
    """
    parser.add_argument("--access-key-id", default="", metavar="ID", help=id_help)
    secret = parser.add_mutually_exclusive_group()
    secret.add_argument("--secret", metavar="S", help=f"the secret; better give a file or ${SECRET_VARIABLE}")
    secret.add_argument(
        "--secret-file",
        metavar="FILE|-",
        help="a file with the secret, or - for standard input; its last line end is cut",
    )
    parser.add_argument(
        "--extra-file",
        action="append",
        default=[],
        metavar="NAME=FILE|-",
        help=f"a file with a further secret, such as a passphrase; else ${EXTRA_VARIABLE}NAME; may come again",
    )
    return secret


def add_request(parser: ArgumentParser) -> None:
    """Ask for a request, and for the time and nonce to sign it with."""
    parser.add_argument("--method", default="GET", metavar="M", help="GET if not given")
    parser.add_argument(
        "--url", required=True, metavar="U", help="used as given, but for a fragment, which is not sent"
    )
    parser.add_argument("--header", action="append", default=[], metavar="'K: V'", help="a header; may come again")
    parser.add_argument("--body", metavar="TEXT|@FILE", help="the body, or @ and the file it is in (@- standard input)")
    parser.add_argument(
        "--nonce", metavar="N", help="made at random, or of the time where nonces count up, if not given"
    )
    add_time(parser)


def add_time(parser: ArgumentParser) -> None:
    """Ask for the time, written as the scheme writes it."""
    parser.add_argument("--at", metavar="TIME", help="the time that travels, as the scheme writes it; now if not given")


def scheme_of(arguments: Namespace) -> Scheme:
    """Return the scheme asked for. Raises NotFoundError, SchemeError, ConfigurationError."""
    return get_scheme(arguments.scheme, _parameters_of(arguments))


def scheme_and_values_of(arguments: Namespace) -> tuple[Scheme, dict[str, str]]:
    """Return the scheme asked for, and which of the given parameters are for its signer to say. Raises likewise."""
    given = _parameters_of(arguments)
    if not given:
        return get_scheme(arguments.scheme), {}
    plain = get_scheme(arguments.scheme)
    said = given.keys() & set(plain.given) - plain.parameters.keys()
    parameters = {name: value for name, value in given.items() if name not in said}
    return get_scheme(arguments.scheme, parameters), {name: given[name] for name in said}


def _parameters_of(arguments: Namespace) -> dict[str, str]:
    """Return the parameters given, without what is a further secret of the key."""
    given = _pairs("--param", arguments.param)
    extras = get_scheme(arguments.scheme).extras if given else ()
    return {name: value for name, value in given.items() if name not in extras}


def _pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if not all(equals for _, equals, _ in pairs):
        raise ConfigurationError(option, "it has no value", f"write {option} name=value")
    return {name: value for name, _, value in pairs}


def credential_of(arguments: Namespace, scheme: Scheme) -> Credential:
    """Return the credential. Raises ConfigurationError where a part of it is missing or cannot be."""
    access_key_id: str = arguments.access_key_id
    if access_key_id:
        check_access_key_id("--access-key-id", access_key_id)
    elif scheme.names_key:
        raise ConfigurationError("--access-key-id", f"scheme {scheme.name} names the key", "give the access key id")
    return Credential(access_key_id, secret_of(arguments), extras_of(arguments, scheme))


def extras_of(arguments: Namespace, scheme: Scheme) -> dict[str, Secret]:
    """Return the further secrets of the key from wherever they were given.

    Raises ConfigurationError for one that is missing, and for a file that cannot be read.
    """
    given = {name: Secret(value) for name, value in _pairs("--param", arguments.param).items()} | extra_files(arguments)
    for name in scheme.extras:
        if name not in given and (value := extra_of_environment(name)):
            given[name] = value
        if name not in given and name in scheme.needed_extras:
            hint = f"--extra-file {name}=FILE, or ${EXTRA_VARIABLE}{name.upper()}"
            raise ConfigurationError("--extra-file", f"scheme {scheme.name} needs {name}, a secret of the key", hint)
    return {name: check_secret(name, given[name]) for name in scheme.extras if name in given}


def extra_files(arguments: Namespace) -> dict[str, Secret]:
    """Return the further secrets that are in files. Raises ConfigurationError."""
    files = _pairs("--extra-file", arguments.extra_file)
    return {name: _content(f"--extra-file {name}", path) for name, path in files.items()}


def extra_of_environment(name: str) -> Secret | None:
    """Return the further secret that is in its environment variable, if it is there."""
    text = os.environ.get(f"{EXTRA_VARIABLE}{name.upper()}")
    return None if text is None else Secret(os.fsencode(text))


def _content(option: str, path: str) -> Secret:
    return check_secret(option, Secret(read_file(option, path).removesuffix(b"\n").removesuffix(b"\r")))


def secret_of(arguments: Namespace) -> Secret:
    """Return the secret from wherever it was given. Raises ConfigurationError, also for an empty one."""
    if arguments.secret is not None:
        return check_secret("--secret", Secret(arguments.secret))
    if arguments.secret_file is not None:
        return _content("--secret-file", arguments.secret_file)
    if SECRET_VARIABLE in os.environ:
        return check_secret(SECRET_VARIABLE, Secret(os.fsencode(os.environ[SECRET_VARIABLE])))
    raise ConfigurationError("--secret", "no secret was given", f"--secret, --secret-file or ${SECRET_VARIABLE}")


def read_file(option: str, path: str) -> bytes:
    """Return a file's content, or what comes from standard input for ``-``. Raises ConfigurationError."""
    try:
        if path == "-":
            return sys.stdin.buffer.read()
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ConfigurationError(f"{option} {path}", f"cannot be read: {error.strerror}", "check the path") from None


class Wanted(Record):
    """A request as asked for: header names keep their spelling, for sending and printing."""

    method: str
    scheme: str
    authority: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes | None
    _hidden = frozenset({"body"})

    @property
    def request(self) -> Request:
        """The request to sign."""
        lines = [(name.lower().encode(), value.encode()) for name, value in self.headers]
        if not any(name == b"host" for name, _ in lines):
            lines.insert(0, (b"host", self.authority.encode()))
        return Request(
            self.method.encode(),
            self.target.encode(),
            lines,
            scheme=self.scheme.encode(),
            authority=self.authority.encode(),
            body=self.body if self.body is not None else b"",
        )

    def signed(self, request: Request, additions: Sequence[Addition]) -> Wanted:
        """Return what to send: ``request`` with its additions made, header names as the scheme writes them."""
        added = [_header_line(place.name, value) for place, value in additions if place.where is Where.HEADER]
        names = {name.lower() for name, _ in added}
        kept = [(name, value) for name, value in self.headers if name.lower() not in names]
        body = self.body if request.body == (self.body or b"") else request.body
        return Wanted(self.method, self.scheme, self.authority, request.target.decode(), [*kept, *added], body)

    @property
    def url(self) -> str:
        """Scheme, authority and target."""
        return f"{self.scheme}://{self.authority}{self.target}"


def request_of(wanted: Wanted, scheme: Scheme) -> Request:
    """Return the request to sign; one that brings a digest of its body, and no body, is signed as it says."""
    request = wanted.request
    places = [place for field in scheme.digest_fields.values() for place in field.places]
    if wanted.body is not None or not any(place.is_in(request) for place in places):
        return request
    return Request(
        request.method, request.target, request.headers, scheme=request.scheme, authority=request.authority, body=None
    )


def _header_line(name: str, value: bytes) -> tuple[str, str]:
    """Return a header to send. Raises ConfigurationError for a value that would be read as something else."""
    if not is_visible(value):
        problem = "what would travel there is not visible ASCII"
        raise ConfigurationError(f"header {name}", problem, "give another nonce or parameter")
    return name, value.decode()


def wanted_of(arguments: Namespace) -> Wanted:
    """Return the request asked for. Raises ConfigurationError for what cannot be sent."""
    if _METHOD.fullmatch(arguments.method) is None:
        raise ConfigurationError("--method", f"{arguments.method!r} is no method", "write GET, POST, …")
    url = _URL.fullmatch(arguments.url.partition("#")[0])
    if url is None:
        # It is not repeated: there may be a password, or a signature, in it.
        raise ConfigurationError(
            "--url", "not a http(s) URL in ASCII without a user name", "write http://host/path, percent-encode the rest"
        )
    target = url["target"] if url["target"].startswith("/") else "/" + url["target"]
    headers = [_header(number, text) for number, text in enumerate(arguments.header, start=1)]
    return Wanted(arguments.method, url["scheme"].lower(), url["authority"], target, headers, _body(arguments))


def _header(number: int, text: str) -> tuple[str, str]:
    match = _HEADER.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"--header number {number}", "not a header line", "write --header 'Name: value'")
    return match["name"], match["value"]


def _body(arguments: Namespace) -> bytes | None:
    if arguments.body is None:
        return None
    text: str = arguments.body
    return read_file("--body", text[1:]) if text.startswith("@") else text.encode()


def time_of(arguments: Namespace, scheme: Scheme) -> int:
    """Return the time asked for, or now, in Unix milliseconds. Raises ConfigurationError."""
    if arguments.at is None or scheme.time is None:
        return now_ms()
    return _read_time(arguments.at, scheme)


def signing_time_of(arguments: Namespace, scheme: Scheme) -> tuple[int, dict[str, str]]:
    """Return when to sign, in Unix milliseconds, and values for the signer. Raises ConfigurationError.

    ``--at`` is the time that travels: the expiry, for a scheme with no other. With both, it may be ``time;expiry``.
    """
    if arguments.at is None or scheme.time is None or EXPIRES not in scheme.carried:
        return time_of(arguments, scheme), {}
    lifetime_ms = int(scheme.parameters.get(LIFETIME) or 0) * scheme.time.unit_ms
    if TIMESTAMP not in scheme.carried:
        return _read_time(arguments.at, scheme) - lifetime_ms, {}
    made, mark, expiry = arguments.at.partition(";")
    made_ms = _read_time(made, scheme)
    if mark:
        lifetime_ms = _read_time(expiry, scheme) - made_ms
    return made_ms, {LIFETIME: str(lifetime_ms // scheme.time.unit_ms)} if lifetime_ms else {}


def _read_time(text: str, scheme: Scheme) -> int:
    assert scheme.time is not None  # noqa: S101  # callers have asked
    form = scheme.time.format
    try:
        return form.read(text.encode())
    except ValueError as error:
        hint = f"scheme {scheme.name} writes {form.name}: {form.summary}"
        raise ConfigurationError("--at", str(error), hint) from None


def nonce_of(arguments: Namespace, scheme: Scheme) -> str | None:
    """Return the nonce asked for, or a new one if the scheme has nonces."""
    if scheme.nonce is None or arguments.nonce:
        return arguments.nonce or None
    if scheme.nonce.grows:
        return scheme.nonce.counted(time.time_ns())
    from secrets import choice  # slow to import, and signing with a given nonce needs none

    return scheme.nonce.make.make(choice)
