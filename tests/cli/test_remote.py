"""The same commands on a store and on a running service: what they say is the same, and so is what they refuse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sealstamp.cli.local import opened
from sealstamp.cli.moments import now_ms
from sealstamp.keys.acts.act import Act
from sealstamp.keys.acts.requests import submit
from sealstamp.keys.operators import Role
from sealstamp.keys.usage import HOUR_MS, Usage
from sealstamp.server.settings import load_settings
from tests.acting import act_on
from tests.cli.command import STRONG, Ran, environment
from tests.cli.conftest import MANIFEST, Provider, Run
from tests.server.managing import MANAGED, Manager, add_operator
from tests.server.service import Service, serving


@pytest.fixture(scope="module")
def managed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Role, Manager]]:
    """A running service with the provider's APIs, and an operator of each role."""
    service = Service(tmp_path_factory.mktemp("managed"), **MANAGED)
    service.prepare(MANIFEST)
    managers = {role: add_operator(service, f"the-{role}", role) for role in Role}
    with serving(service):
        yield managers


class Remote:
    """Runs commands on the service, as an operator with a profile."""

    def __init__(self, run: Run, manager: Manager) -> None:
        self._run = run
        self.origin = manager.service.origin

    def __call__(self, *words: str, stdin: bytes = b"") -> Ran:
        return self._run(*words, "--profile", "service", stdin=stdin)


def profile_of(manager: Manager, name: str = "service") -> str:
    pair = manager.pair
    facts = {"server": manager.service.origin, "access_key_id": pair.access_key_id, "secret": pair.secret}
    return f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in facts.items())


def write_profiles(folder: Path, *profiles: str) -> None:
    path = folder / "config" / "sealstamp" / "credentials.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(profiles))
    path.chmod(0o600)


@pytest.fixture
def remote(run: Run, managed: dict[Role, Manager], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Remote:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    write_profiles(tmp_path, *(profile_of(manager, role.value) for role, manager in managed.items()))
    write_profiles(tmp_path, profile_of(managed[Role.ADMIN]), profile_of(managed[Role.VIEWER], "viewer"))
    return Remote(run, managed[Role.ADMIN])


SAME = [
    "apply -f files.toml --dry-run",
    "apply -f files.toml",
    "apply -f files.toml --json",
    "apply -f broken.toml",
    "apply -f unknown.toml",
    "apply -f nowhere.toml",
    "apply -f nothing.toml",
    "consumers create same --email ops@example.com --label tier=gold --quota-month 7 --json",
    "consumers create same",
    "consumers create",
    "consumers create 'a b'",
    "consumers create other --email nobody",
    "consumers create other --parent nobody",
    "consumers create other --parent 'a b'",
    "consumers update same --clear email --max-sub-keys 3",
    "consumers update nobody --quota-month 1",
    "consumers suspend same",
    "consumers enable same --json",
    "keys import --access-key-id same-1 --secret-file - --consumer same --api shop --name till",
    "keys import --access-key-id same-1 --secret-file - --consumer same --api shop",
    "keys import --access-key-id same-2 --secret s --consumer fresh --api lab --api shop --json",
    "keys import --access-key-id same-3 --secret s --consumer same --api nope",
    "keys import --access-key-id same-3 --secret s --consumer same --api 'a b'",
    "keys import --access-key-id same-3 --secret s --consumer same --api shop --extra-file passphrase=-",
    "keys issue --consumer same --api shop --rate-limit 100/minute --network 192.0.2.0/24 --scope read",
    "keys issue --consumer same --api shop --rate-limit many",
    "keys issue --consumer same --api shop --scheme nope",
    "keys issue --consumer same --api shop --plan nope",
    "keys issue --consumer same --api shop --scheme stardust --expires 2100-01-31T12:00:00+01:00 --json",
    "keys list --consumer same",
    "keys list --api shop --consumer fresh --json",
    "keys show same-1",
    "keys show nobody",
    "keys show ' '",
    "keys update same-1 --quota-day 5 --json",
    "keys update same-1 --quota-day -1",
    "keys rotate same-1 --grace 7d",
    "keys rotate same-1 --grace 'a while'",
    "keys rotate same-1",
    "keys show same-1 --json",
    "keys rotate same-2 --access-key-id own-1 --secret topsecret",
    "keys rotate own-1 --access-key-id own-2 --secret topsecret --grace 0 --json",
    "keys expire own-2 never",
    "keys expire own-2 2100-01-31T12:00:00Z --json",
    "keys disable own-2",
    "keys enable own-2",
    "keys delete own-2",
    "keys revoke own-2",
    "keys enable own-2",
    "keys delete own-2 --json",
    "consumers delete same",
    "plans create gold --rate-limit 100/minute --quota-month 1000 --scope write --scope read",
    "plans create gold",
    "plans create 'a b'",
    "plans create silver --rate-limit many",
    "plans create silver --sub-plan nope",
    "plans update gold --clear scope --max-sub-keys 3 --sub-plan gold --json",
    "plans update nope",
    "plans list",
    "plans list --json",
    "consumers update same --plan gold",
    "plans delete gold",
    "invitations send --consumer invited --api shop --plan gold --days 3",
    "invitations send --consumer invited --api shop --email a@example.com --holder Ann --name till --json",
    "invitations send --consumer invited --api nope",
    "invitations send --consumer invited --api shop --email nobody",
    "invitations send --consumer invited --api shop --days 91",
    "invitations send --consumer invited",
    "invitations list --consumer invited --json",
    "invitations list --status withdrawn --consumer invited",
    "invitations renew {invitations:0} --days 30",
    "invitations renew {invitations:1} --json",
    "invitations withdraw {invitations:0}",
    "invitations withdraw {invitations:0}",
    "invitations renew nope",
    "invitations withdraw nope",
    "requests list",
    "requests show {requests:0}",
    "requests approve {requests:0} --consumer asked --rate-limit 5/second --days 3",
    "requests approve {requests:0}",
    "requests approve {requests:1} --json",
    "requests decline {requests:2} --reason 'not now'",
    "requests decline {requests:2} --reason 'not now'",
    "requests list --status declined --json",
    "requests show nope",
    "requests approve nope --api 'a b'",
    "requests approve nope",
    "requests decline nope --reason no",
    "mail list",
    "mail list --status queued --json",
    "mail retry {mail:0}",
    "mail retry nope",
    "schemes upload own-one -",
    "schemes uploaded",
    "schemes uploaded --json",
    "schemes versions own-one",
    "schemes upload bbx -",
    "schemes delete own-one",
    "schemes delete own-one",
    "schemes versions own-one",
    "usage --api lab --by hour --by access_key --by consumer --by reason",
    "usage --api lab --since 2020-01-01T00:00:00Z --until 2100-01-01T00:00:00Z --json",
    "usage --consumer nobody --json",
    "usage --by nothing",
    "usage --since yesterday",
    "usage --api 'a b'",
    "consumers list --parent same --json",
    "apis list",
    "apis list --json",
    "operators create bob --role viewer",
    "operators create bob --role viewer",
    "operators create 'b b' --role viewer",
    "operators update bob --role operator",
    "operators update nobody --role viewer",
    "operators revoke bob --json",
    "operators update bob --role admin",
    "operators revoke nobody",
    "audit list --subject same",
    "audit list --act access_key.rotate --json",
    "audit list --limit 0 --json",
    "audit export --act consumer --above 3 --subject same",
    "audit verify --expect 3:abc",
    f"audit verify --expect 3:{'0' * 64}",
]


APPLIED = (
    MANIFEST
    + """
[[access_keys]]
id = "of-a-file"
secret_file = "its.secret"
consumer = "acme"
apis = ["shop"]
labels = { place = "Berlin" }
"""
)
FILES = {
    "files.toml": APPLIED,
    "its.secret": "topsecret\n",
    "broken.toml": APPLIED + 'secret = "topsecret"',
    "unknown.toml": APPLIED.replace('"bbx"', '"nonsuch"'),
    "nothing.toml": APPLIED.replace("its.secret", "nothing.secret"),
}


def test_same_is_said_of_both(provider: Provider, remote: Remote, managed: dict[Role, Manager]) -> None:
    """Output, complaints with their hints, and exit codes, but for ids, times and who did it."""
    with opened(load_settings(provider.config)) as (local_store, sealer):
        prepare(act_on(local_store, sealer))
    service = managed[Role.ADMIN].service
    with service.opened_store() as store:
        prepare(service.act(store))
    for name, text in FILES.items():
        Path(name).write_text(text)
    for line in SAME:
        local, far = (masked(run_line(books, line)) for books in (provider, remote))
        assert far == local, line
        assert "topsecret" not in "".join(far[1:])


def prepare(act: Act) -> None:
    """What strangers and doors do to a store."""
    for number in range(3):
        purpose = "to try\nit out"
        at = replace(act, now_ms=1_800_000_000_000 + number)  # so that ids are in order
        submit(at, name=f"Ann {number}", email=f"ann{number}@example.com", api="shop", purpose=purpose)
    hour_ms = now_ms() // HOUR_MS * HOUR_MS
    used = [Usage(hour_ms, "lab", "", "unknown_access_key", 3), Usage(hour_ms, "lab", "x", "accepted", 4)]
    act.store.add_usage(used, [])  # type: ignore[attr-defined]  # the port that acts have does not write it


def run_line(books: Provider | Remote, line: str) -> Ran:
    """Run a command; ``{invitations:0}`` stands for the id of the oldest invitation."""

    def id_of(match: re.Match[str]) -> str:
        return str(books(match[1], "list", "--json").json[int(match[2])]["id"])

    words = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", re.sub(r"\{(\w+):(\d)\}", id_of, line))]
    return books(*words, stdin=STRONG.encode() if "upload" in words else b"topsecret\n")


def masked(ran: Ran) -> tuple[int, str, str]:
    """What is said, without what differs each time; of columns the words, in lines that are sorted."""
    texts = []
    for text in (ran.out, ran.err):
        text = re.sub(r"\b[0-9a-f]{64}\b", "HASH", text)
        text = re.sub(r"\b(inv|mail|req)-\w+-\w+|\b(?=\w*\d)[0-9a-zA-Z]{20,64}\b", "ID", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\"at_ms\": \d+", "TIME", text)
        text = re.sub(r"local:\w+|operator:the-admin", "ACTOR", text)
        text = re.sub(r"\"request_id\": (null|\"[^\"]+\")", "REQUEST", text)
        text = re.sub(r"(^|entry |\"number\": |broken\": )\d+", r"\1N", text, flags=re.M)
        texts.append("\n".join(sorted(" ".join(line.split()) for line in text.splitlines())))  # ids are in it by chance
    return ran.code, texts[0], texts[1]


def test_list_of_operators(remote: Remote) -> None:
    """It tells who may call the service."""
    listed = remote("operators", "list", "--json").json
    assert {"the-admin", "the-viewer", "the-operator"} <= {one["name"] for one in listed}


def test_audit_is_whole(remote: Remote) -> None:
    """The service verifies it; its head can be asked for again."""
    ran = remote("audit", "verify", "--json")
    assert (ran.code, ran.json["whole"]) == (0, True)
    assert remote("audit", "verify", "--expect", ran.json["head"]).out.startswith("whole: ")


# whom it asks, and as whom


def test_server_and_pair_from_the_environment(
    run: Run, managed: dict[Role, Manager], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No file is needed; an option wins over a variable; settings that are named mean the local store."""
    manager = managed[Role.VIEWER]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SEALSTAMP_ACCESS_KEY_ID", manager.pair.access_key_id)
    monkeypatch.setenv("SEALSTAMP_SECRET", manager.pair.secret)
    assert run("apis", "list", "--server", manager.service.origin).code == 0
    monkeypatch.setenv("SEALSTAMP_SERVER", manager.service.origin)
    assert [api["name"] for api in run("apis", "list", "--json").json] == ["lab", "shop"]
    assert run("apis", "list", "--server", "http://127.0.0.1:1").code == 1
    Path("s.toml").write_text(f'store = "sqlite:///{tmp_path}/own.db"\nsealing_key_file = "{tmp_path}/own.key"\n')
    assert run("apis", "list", "--json", "--config", "s.toml").json == []


def test_own_secret_is_not_imported_by_mistake(
    run: Run, managed: dict[Role, Manager], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable with the operator's secret is not that of the pair to import."""
    manager = managed[Role.ADMIN]
    monkeypatch.setenv("SEALSTAMP_ACCESS_KEY_ID", manager.pair.access_key_id)
    monkeypatch.setenv("SEALSTAMP_SECRET", manager.pair.secret)
    words = ("--consumer", "acme", "--api", "shop", "--server", manager.service.origin)
    ran = run("keys", "import", "--access-key-id", "mistaken", *words)
    assert (ran.code, "--secret" in ran.problem) == (2, True)
    assert run("keys", "show", "mistaken", "--server", manager.service.origin).code == 2


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("--config", "s.toml", "--profile", "service"), 2, "--config: --profile is given too"),
        (("--config", "s.toml", "--server", "http://x"), 2, "--config: --server is given too"),
        (("--profile", "servce"), 2, "there is no profile 'servce'"),
        (("--server", "ftp://x"), 2, "not the URL of a service"),
        (("--server", "http://127.0.0.1:1", "--profile", "service"), 1, "http://127.0.0.1:1: the service cannot"),
        (("--profile", "stranger"), 1, "the access key or the signature is not valid"),
        (("--profile", "nowhere"), 2, "--profile: nowhere has no server"),
        (("--profile", "nameless"), 2, "the profile nameless: the pair has no access key id"),
    ],
)
def test_service_that_cannot_be_asked(
    remote: Remote, run: Run, tmp_path: Path, words: tuple[str, ...], code: int, problem: str
) -> None:
    """Each says what is wrong, and what to do; no secret is told."""
    write_profiles(
        tmp_path,
        f'[service]\nserver = "{remote.origin}"\naccess_key_id = "{"A" * 20}"\nsecret = "topsecret"\n',
        f'[stranger]\nserver = "{remote.origin}"\naccess_key_id = "{"A" * 20}"\nsecret = "topsecret"\n',
        '[nowhere]\naccess_key_id = "a"\nsecret = "topsecret"\n',
        f'[nameless]\nserver = "{remote.origin}"\nsecret = "topsecret"\n',
        '[default]\naccess_key_id = "a"\nsecret = "topsecret"\n',
    )
    ran = run("consumers", "list", *words)
    assert (ran.code, ran.out) == (code, "")
    assert problem in ran.problem
    assert "topsecret" not in ran.err


def test_host_that_is_not_the_services_own(remote: Remote) -> None:
    """Under another name, or where it is turned off, there is no management API."""
    ran = remote("apis", "list", "--server", remote.origin.replace("127.0.0.1", "localhost"))
    assert (ran.code, ran.out) == (1, "")
    assert "management_hosts" in ran.err
    assert ran.problem.startswith("http://localhost:")


def test_role_that_is_too_low(remote: Remote, run: Run) -> None:
    """It is the service that refuses."""
    ran = run("operators", "list", "--profile", "viewer")
    assert (ran.code, ran.out) == (1, "")
    assert "this needs the role admin" in ran.problem


@pytest.mark.parametrize(
    "words",
    ["backup copy.db", "sealing rotate", "doctor store", "mail send", "serve"],
    ids=str.split,
)
def test_commands_for_the_local_store_alone(run: Run, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """They say so; a variable that names a service is not passed over in silence, but by a service itself."""
    for option in ("--server", "--profile"):
        ran = run(*words.split(), option, "http://127.0.0.1:1")
        assert (ran.code, ran.out) == (2, "")
        assert ran.problem.startswith(f"{option}: this works on a local store alone")
    monkeypatch.setenv("SEALSTAMP_SERVER", "http://127.0.0.1:1")
    if words != "serve":
        ran = run(*words.split())
        assert (ran.code, ran.out) == (2, "")
        assert ran.problem.startswith("SEALSTAMP_SERVER: this works on a local store alone")
    assert not Path("sealstamp.sqlite3").exists()


WITHOUT = """
import sys
class Refuses:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Refuses())
from sealstamp.cli import main
sys.exit(main(sys.argv[1:]))
"""


def start_without(names: set[str], *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command where these distributions are not installed."""
    code = WITHOUT.replace("{names}", repr(names))
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment(**variables), check=False)


def test_client_alone_is_enough(managed: dict[Role, Manager]) -> None:
    """Nothing of a server is imported; where the client is missing, it is named."""
    manager = managed[Role.VIEWER]
    pair = {"SEALSTAMP_ACCESS_KEY_ID": manager.pair.access_key_id, "SEALSTAMP_SECRET": manager.pair.secret}
    words = ("consumers", "list", "--json", "--server", manager.service.origin)
    of_servers = {"sqlalchemy", "alembic", "starlette", "granian", "pydantic", "structlog", "prometheus_client"}
    done = start_without(of_servers, *words, **pair)
    assert (done.returncode, done.stderr) == (0, "")
    assert "acme" in done.stdout
    bare = start_without({"httpx2"}, *words, **pair)
    assert (bare.returncode, bare.stdout) == (2, "")
    assert "httpx2 is not installed\nhint: pip install 'sealstamp[client]'" in bare.stderr
