"""Configurations for APIs and settings of other kinds: each program itself says that it would start with them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from sealstamp.cli import main
from tests.certificates import write_certificate
from tests.server.doors.programs import NGINX, program

APIS = {
    "a host, all of it": 'host = "shop.example"\npath_prefix = "/"',
    "any host, all of it": 'path_prefix = "/"',
    "a host, a path": 'host = "shop.example"\npath_prefix = "/v1/shop.d-1"',
}
SETTINGS = {
    "sockets": 'decision_listen = "unix:{folder}/d.sock"\ngrpc_listen = "unix:{folder}/g.sock"\nworkers = 3\n',
    "ports": 'decision_listen = "[::1]:8081"\ngrpc_listen = "127.0.0.1:8082"\n',
}
MANIFEST = """
[[apis]]
name = "Shop.v2@eu"
schemes = ["cdnetworks-api-shield", "aws-sigv4-header"]
upstream = "http://upstream.example:9000"
{api}
"""


def nginx(folder: Path) -> list[str]:
    (folder / "conf.d").mkdir()
    (folder / "nginx.conf").rename(folder / "conf.d" / "shop.conf")
    text = (folder / "conf.d" / "shop.conf").read_text().replace("upstream.example", "127.0.0.1")  # it asks DNS
    (folder / "conf.d" / "shop.conf").write_text(text)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=""))
    return [program("nginx"), "-t", "-p", str(folder), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]


def haproxy(folder: Path) -> list[str]:
    file = folder / "haproxy.cfg"
    file.write_text(file.read_text().replace("upstream.example", "127.0.0.1"))
    return [program("haproxy"), "-c", "-f", str(file)]


def caddy(folder: Path) -> list[str]:
    return [program("caddy"), "validate", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]


def envoy(folder: Path) -> list[str]:
    return [str(Path(sys.executable).with_name("envoy")), "--mode", "validate", "-c", f"{folder}/envoy.yaml"]


CHECKS: dict[str, Callable[[Path], list[str]]] = {
    "nginx": nginx,
    "haproxy": haproxy,
    "caddy": caddy,
    "envoy": envoy,
    "envoy-grpc": envoy,
}
CASES = [("a host, all of it", "sockets"), ("any host, all of it", "ports"), ("a host, a path", "sockets")]


@pytest.mark.parametrize(("api", "settings"), CASES)
@pytest.mark.parametrize("proxy", CHECKS)
def test_the_program_takes_it(proxy: str, api: str, settings: str, tmp_path: Path) -> None:
    """Hosts, prefixes, several workers, ports, and a name with every character that names have."""
    check(proxy, api, settings, tmp_path)


@pytest.mark.parametrize(("proxy", "own"), [*((proxy, True) for proxy in CHECKS), ("nginx", False), ("caddy", False)])
def test_the_program_takes_an_upstream_with_tls(proxy: str, own: bool, tmp_path: Path) -> None:
    """Whoever is believed about its certificate: authorities of one's own, or the system's."""
    write_certificate(tmp_path / "ca.pem", "upstream.example")
    words = ["--upstream", "https://upstream.example", "--upstream-name", "shop.internal"]
    check(proxy, *CASES[0], tmp_path, *words, *(["--upstream-ca", f"{tmp_path}/ca.pem"] if own else []))


def check(proxy: str, api: str, settings: str, tmp_path: Path, *more: str) -> None:
    config = tmp_path / "settings.toml"
    own = f'store = "sqlite:///{tmp_path}/keys.db"\nsealing_key_file = "{tmp_path}/sealing.key"\n'
    config.write_text(own + SETTINGS[settings].format(folder=tmp_path))
    (tmp_path / "apis.toml").write_text(MANIFEST.format(api=APIS[api]))
    folder = tmp_path / "made"
    words = [proxy, "--api", "Shop.v2@eu", "--out", str(folder), "--listen", "127.0.0.1:8123", *more]
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as said:
        assert main(["apply", "-f", str(tmp_path / "apis.toml"), "--config", str(config)]) == 0, said.getvalue()
        assert main(["proxy-config", *words, "--config", str(config)]) == 0, said.getvalue()
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    ran = subprocess.run(CHECKS[proxy](folder), capture_output=True, text=True, check=False, env={**os.environ, **home})
    assert ran.returncode == 0, ran.stdout + ran.stderr
