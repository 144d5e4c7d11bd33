"""nginx asking Sealstamp over a Unix socket, against nginx doing the same check in place, in Lua: a ratio.

    python -m bench.proxy [--seconds N] [--rounds N]

nginx and the service share core 0, the load generator (wrk, 64 kept connections) has core 1; rounds interleaved;
medians. The API is BBX, called with GET: HMAC-SHA1, a window, an access key in the query; once with its replay guard
off, once with a nonce that differs in every request. The Lua code looks up the secret in a table, checks the window,
computes and compares, and adds the nonce to a shared dictionary: what gateways with a check of their own do. The
floor is ``bench.doorman``, asked in the same way: the same check by hand in Python, with no store and no other scheme.
What is served behind each is nginx's own ``empty_gif``. Every answer must be a 2xx. nginx and its Lua module must be
installed: ``tests/tools/install nginx-lua``. Ratios are of requests per second, to Lua's.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.decision import HOST, SERVER_CORE, requests_per_second, sealstamp, server
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.server.service import free_port

NONCES_A_SECOND = 60_000
"""Signed requests made ready for each second of a round: more than it can use; few, for BBX's window is short."""

MANIFEST = """
[[consumers]]
name = "bench"

[[apis]]
name = "open"
path_prefix = "/open"
schemes = ["bbx"]
replay = "off"

[[apis]]
name = "once"
path_prefix = "/once"
schemes = ["bbx"]
"""

SETTINGS = """
store = "sqlite:///{folder}/s.sqlite3"
sealing_key_file = "{folder}/s.key"
log_level = "warning"
decision_listen = "unix:{folder}/decide.sock"
"""

NGINX = """
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    lua_shared_dict nonces 256m;
    upstream decide {{ server unix:{folder}/decide.sock; keepalive 64; }}
    upstream doorman {{ server unix:{folder}/doorman.sock; keepalive 64; }}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header X-Original-Method $request_method;
    proxy_set_header X-Original-URI $request_uri;
    init_by_lua_block {{ secrets = {{ ["{id}"] = "{secret}" }} }}

    server {{
        listen {host}:{asking};
        location / {{ auth_request /sealstamp; empty_gif; }}
        location = /sealstamp {{ internal; proxy_pass http://decide/decide/nginx; }}
    }}
    server {{
        listen {host}:{floor};
        location / {{ auth_request /doorman; empty_gif; }}
        location = /doorman {{ internal; proxy_pass http://doorman/; }}
    }}
    server {{
        listen {host}:{in_place};
        location / {{ access_by_lua_block {{ {lua} }} empty_gif; }}
    }}
}}
"""

LUA = """
local args = ngx.req.get_uri_args()
local id, nonce, stamp, given = args.AccessKeyId, args.SignatureNonce, args.Timestamp, args.Signature
local secret = secrets[id]
if not secret or math.abs(ngx.time() - tonumber(stamp)) > 3600 then return ngx.exit(401) end
local mac = ngx.hmac_sha1(secret, "AccessKeyId=" .. id .. "&SignatureNonce=" .. nonce .. "&Timestamp=" .. stamp)
local hex = mac:gsub(".", function(c) return string.format("%02x", c:byte()) end)
if ngx.encode_base64(hex) ~= given then return ngx.exit(401) end
if ngx.var.uri:sub(1, 5) == "/once" and not ngx.shared.nonces:add(id .. nonce, true, 60) then return ngx.exit(401) end
ngx.req.set_header("X-Consumer", "bench")
"""

MANY = """
local targets, used = {{}}, 0
for line in io.lines("{targets}") do targets[#targets + 1] = line end
request = function()
  used = used % #targets + 1
  return wrk.format("GET", targets[used])
end
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        pair = prepare(folder)
        stack.enter_context(
            server(["sealstamp.server.app:create_app"], {"SEALSTAMP_CONFIG": str(folder / "sealstamp.toml")})
        )
        stack.enter_context(doorman(folder))
        ports = stack.enter_context(nginx(folder, pair))
        print(f"{platform.python_implementation()} {platform.python_version()} at {sys.prefix}")
        print(f"{'BBX':14}{'Lua /s':>10}{'floor /s':>10}{'ratio':>7}{'asking /s':>11}{'ratio':>7}")
        for api, label in (("open", "no guard"), ("once", "nonce guard")):
            rows = []
            for number in range(arguments.rounds):
                order = ports[number % 3 :] + ports[: number % 3]
                figures = {port: load(folder, pair, api, port, arguments.seconds) for port in order}
                rows.append([figures[port] for port in ports])
            lua, floor, asking = (statistics.median(column) for column in zip(*rows, strict=True))
            of_floor, of_asking = (statistics.median(row[at] / row[0] for row in rows) for at in (1, 2))
            print(f"{label:14}{lua:10.0f}{floor:10.0f}{of_floor:7.2f}{asking:11.0f}{of_asking:7.2f}", flush=True)


def prepare(folder: Path) -> Credential:
    """Make a store with two APIs and a key for both."""
    (folder / "sealstamp.toml").write_text(SETTINGS.format(folder=folder))
    (folder / "apis.toml").write_text(MANIFEST)
    config = ("--config", str(folder / "sealstamp.toml"))
    sealstamp("apply", "-f", str(folder / "apis.toml"), *config)
    (folder / "secret").write_text("a secret of the benchmark's own")
    pair = Credential.of("bench-key", "a secret of the benchmark's own")
    words = ("--consumer", "bench", "--api", "open", "--api", "once", "--secret-file", str(folder / "secret"))
    sealstamp("keys", "import", "--access-key-id", "bench-key", *words, *config)
    return pair


@contextmanager
def doorman(folder: Path) -> Iterator[None]:
    """Run the floor on the service's core."""
    with running([sys.executable, "-m", "bench.doorman", str(folder / "doorman.sock")]):
        yield


@contextmanager
def nginx(folder: Path, pair: Credential) -> Iterator[tuple[int, int, int]]:
    """Run nginx on the service's core; return its ports: with Lua, before the floor, before the service."""
    in_place, floor, asking = free_port(), free_port(), free_port()
    file = folder / "nginx.conf"
    file.write_text(
        NGINX.format(
            folder=folder,
            host=HOST,
            asking=asking,
            floor=floor,
            in_place=in_place,
            lua=LUA,
            id=pair.access_key_id,
            secret=pair.secret.reveal().decode(),
        )
    )
    with running(["nginx", "-p", "/usr/lib/nginx", "-c", str(file), "-e", str(folder / "error.log")]):
        yield in_place, floor, asking


@contextmanager
def running(words: list[str]) -> Iterator[None]:
    """Run a program on the service's core."""
    process = subprocess.Popen(["taskset", "-c", SERVER_CORE, *words])
    try:
        time.sleep(0.5)
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def load(folder: Path, pair: Credential, api: str, port: int, seconds: float) -> float:
    """Run one round with requests signed just now."""
    signer = Signer(get_scheme("bbx"), pair)
    now_ms = time.time_ns() // 1_000_000
    request = Request(b"GET", f"/{api}/orders?page=2".encode(), [(b"host", b"api.example.com")])
    targets = folder / "targets"
    count = int(NONCES_A_SECOND * seconds) if api == "once" else 1
    signed = (signer.sign(request, time_ms=now_ms, nonce=f"{now_ms:x}{n:x}").apply(request) for n in range(count))
    targets.write_text("\n".join(each.target.decode() for each in signed))
    script = folder / "many.lua"
    script.write_text(MANY.format(targets=targets))
    return requests_per_second(port, script, seconds)


if __name__ == "__main__":
    main()
