"""``sealstamp curl``: the curl that is installed, its requests signed.

curl is not imitated: it runs with all that it was given, and ``--connect-to`` leads its connections to the API to a
port of this process, which signs what comes and sends it on. So whatever curl makes of its arguments is what is signed,
forms, uploads, redirects and retries too, and what goes to other hosts never comes by here.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from sealstamp.cli import output
from sealstamp.cli.curl_words import URL, Options, Told
from sealstamp.cli.signing import add_signer, need_proxy, signer_of
from sealstamp.errors import ConfigurationError

if TYPE_CHECKING:
    from sealstamp.signing import Origin, OriginSigner

_ELSEWHERE: Final = frozenset(
    {
        *("abstract-unix-socket", "cert", "connect-to", "interface", "key", "preproxy", "proxy", "resolve"),
        *("socks4", "socks4a", "socks5", "socks5-hostname", "unix-socket"),
    }
)
"""What says how to reach the API, which curl does not connect to itself."""
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


def add(parser: ArgumentParser) -> None:
    """Say what ``curl`` takes: options of its own first, then everything that curl takes."""
    add_signer(parser)
    output.add_json(parser, "print what curl printed, and its exit code, as JSON")
    parser.usage = "sealstamp curl [--profile NAME] [--server URL] [--scheme NAME] [--learn-time] [--json] [--] CURL…"
    own = {word: action.nargs != 0 for action in parser._actions for word in action.option_strings}  # noqa: SLF001
    read = parser.parse_known_args

    def parse(words: Any = None, namespace: Any = None) -> Any:
        count = _count_own(words, own)
        parsed, left_over = read(words[:count], namespace)
        rest = words[count:]
        parsed.curl = rest[1:] if rest[:1] == ["--"] else rest
        return parsed, left_over

    parser.parse_known_args = parse  # type: ignore[method-assign,assignment]  # argparse would take curl's options for its own
    parser.set_defaults(run=run, curl=[])


def _count_own(words: Sequence[str], own: dict[str, bool]) -> int:
    """Return how many words are for this program: all up to the first that is none of its options."""
    at = 0
    while at < len(words) and (name := words[at].partition("=")[0]) in own:
        at += 2 if own[name] and "=" not in words[at] else 1
    return at


def run(arguments: Namespace) -> int:
    """Run curl; returns its exit code. Raises ConfigurationError for what cannot be signed."""
    need_proxy()
    program = shutil.which("curl")
    if program is None:
        raise ConfigurationError("curl", "it is not here", "install curl")
    told = list(Options.of(program).read(arguments.curl))
    _refuse(told)
    signer = signer_of(arguments, _first_url(told))
    if not any(_is_of(signer.origin, one.value) for one in told if one.name == URL):
        raise ConfigurationError(
            "curl", f"no URL is of {signer.origin}, which is signed for", "give --server, or another"
        )
    signer.prepare()
    with TemporaryDirectory(prefix="sealstamp-") as folder:
        code, printed = asyncio.run(_run(program, told, signer, Path(folder), captures=arguments.json))
    if arguments.json:
        out, complaints = (text.decode("utf-8", "backslashreplace") for text in printed)
        output.show_json({"exit_code": code, "stdout": out, "stderr": complaints})
    return code


def _refuse(told: Sequence[Told]) -> None:
    for one in told:
        if one.name in _ELSEWHERE:
            problem = "the API is called by the signer, which does not know it"
            raise ConfigurationError(f"curl --{one.name}", problem, "leave it out, or use sealstamp sign --curl")


def _first_url(told: Sequence[Told]) -> str:
    for one in told:
        if one.name == URL:
            return _with_scheme(one.value)
    raise ConfigurationError("curl", "there is no URL among its arguments", "sealstamp curl [OPTIONS] https://…")


def _with_scheme(url: str) -> str:
    return url if "://" in url else f"http://{url}"


def _is_of(origin: Origin, url: str) -> bool:
    from sealstamp.signing import Origin

    try:
        return Origin.of(_with_scheme(url)) == origin
    except ConfigurationError:
        return False


async def _run(
    program: str, told: Sequence[Told], signer: OriginSigner, folder: Path, *, captures: bool
) -> tuple[int, tuple[bytes, bytes]]:
    """Run curl beside the port that signs; returns its exit code, and what it printed if that is captured."""
    from sealstamp.signing.proxy.certificate import make_certificate
    from sealstamp.signing.proxy.running import SigningProxy

    origin, certificate, ours = signer.origin, None, list[str]()
    if origin.scheme == "https":
        certificate, public = make_certificate(origin.host, folder)
        ours += ["--cacert", str(_bundle(told, public, folder))]
    async with SigningProxy(signer, trust=_trust(told), certificate=certificate).listening() as port:
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        ours += ["--connect-to", f"{host}:{origin.port}:127.0.0.1:{port}"]
        pipe = asyncio.subprocess.PIPE if captures else None
        process = await asyncio.create_subprocess_exec(
            program, *_words(told, ours), stdout=pipe, stderr=pipe, env=_environment(origin.host)
        )
        try:
            out, complaints = await process.communicate()
        except asyncio.CancelledError:  # an interruption, which curl has got as well
            await process.wait()
            raise
        return process.returncode or 0, (out or b"", complaints or b"")


def _words(told: Sequence[Told], ours: Sequence[str]) -> Iterator[str]:
    """Yield curl's words, with ours in each of the transfers that ``--next`` separates."""
    yield from ours
    for one in told:
        if one.name != "cacert":
            yield from one.words
        if one.name == "next":
            yield from ours


def _trust(told: Sequence[Told]) -> ssl.SSLContext:
    """Return whose certificates the API may have: what curl was told to believe."""
    files = [one.value for one in told if one.name == "cacert"]
    try:
        context = ssl.create_default_context(cafile=files[-1] if files else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError("curl --cacert", f"it cannot be read: {error.strerror}", "check the path") from None
    if any(one.name == "insecure" for one in told):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _bundle(told: Sequence[Told], public: Path, folder: Path) -> Path:
    """Return a file with the port's certificate, and all that curl would believe for other hosts."""
    named = [one.value for one in told if one.name == "cacert"]
    usual = (ssl.get_default_verify_paths().cafile, *_BUNDLES)
    found = named[-1:] or [file for file in usual if file and Path(file).is_file()][:1]
    bundle = folder / "bundle.pem"
    bundle.write_bytes(b"\n".join(Path(file).read_bytes() for file in (str(public), *found)))
    return bundle


def _environment(host: str) -> dict[str, str]:
    """Return the environment for curl, whose way to the API is none through a proxy."""
    skipped = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    together = ",".join(filter(None, (skipped, host)))
    return {**os.environ, "no_proxy": together, "NO_PROXY": together}
