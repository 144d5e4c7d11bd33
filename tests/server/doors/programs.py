"""Real proxies, each run with the very configuration that ``sealstamp proxy-config`` prints for it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from io import StringIO
from pathlib import Path

from sealstamp.cli import main
from tests.server.service import PATIENCE, Connection, Service, free_port, until

NGINX = """
daemon off;
{user}
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
    include {folder}/conf.d/*.conf;
}}
"""
CADDY = """
{{
	admin off
	servers {{
		protocols h1 h2 h2c
	}}
}}
import {folder}/sites/*
"""


def program(name: str) -> str:
    """Where a program is. Fails where it is not installed: nothing is skipped silently."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is missing: run tests/tools/install"
    return found


@contextmanager
def nginx(service: Service, api: str, folder: Path, *more: str, tls_port: int = 0) -> Iterator[int]:
    """As Debian's package does it: a file of the folder that the main file includes; TLS is no comment any more."""
    port = printed(service, "nginx", api, folder / "conf.d", *more)
    make_certificate(folder)
    with_tls(folder / "conf.d" / "nginx.conf", tls_port or free_port())
    with nginx_of(folder, port):
        yield port


@contextmanager
def nginx_of(folder: Path, port: int) -> Iterator[None]:
    """Run nginx with what is in the folder's ``conf.d``."""
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user))
    words = [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with running(words, folder, port):
        yield


def with_tls(file: Path, port: int) -> None:
    """Take the marks off the lines about TLS, and have them name a port and a certificate that are there."""
    text = re.sub(r"# (?=listen 443|ssl_)", "", file.read_text())
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    file.write_text(text.replace("/etc/ssl", str(file.parents[1])))


def make_certificate(folder: Path) -> None:
    words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=shop.example"]
    files = ["-keyout", str(folder / "example.key"), "-out", str(folder / "example.pem")]
    subprocess.run([program("openssl"), "req", "-x509", *words, *files], check=True, capture_output=True)


@contextmanager
def caddy(service: Service, api: str, folder: Path, *more: str) -> Iterator[int]:
    """In a file that has what is global; HTTP/2 is spoken without TLS too."""
    port = printed(service, "caddy", api, folder / "sites", *more)
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder))
    words = [program("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    with running(words, folder, port, HOME=str(folder), XDG_DATA_HOME=str(folder), XDG_CONFIG_HOME=str(folder)):
        yield port


@contextmanager
def haproxy(service: Service, api: str, folder: Path, *more: str) -> Iterator[int]:
    port = printed(service, "haproxy", api, folder, *more)
    with running([program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")], folder, port):
        yield port


@contextmanager
def envoy(service: Service, api: str, folder: Path, *more: str, proxy: str = "envoy") -> Iterator[int]:
    """On one thread, and with a number of its own where processes of Envoy share memory."""
    port = printed(service, proxy, api, folder, *more)
    words = [str(Path(sys.executable).with_name("envoy")), "-c", str(folder / "envoy.yaml"), "--concurrency", "1"]
    with running([*words, "--use-dynamic-base-id", "-l", "warning"], folder, port):
        yield port


PROGRAMS: dict[str, Callable[..., AbstractContextManager[int]]] = {
    "nginx": nginx,
    "caddy": caddy,
    "haproxy": haproxy,
    "envoy": envoy,
    "envoy-grpc": partial(envoy, proxy="envoy-grpc"),
}


def printed(service: Service, proxy: str, api: str, folder: Path, *more: str) -> int:
    """Write a proxy's configuration, with ``more`` options; return the port that it listens on."""
    port = free_port()
    words = (
        "--api",
        api,
        "--listen",
        f"127.0.0.1:{port}",
        "--out",
        str(folder),
        "--config",
        str(service.config),
        *more,
    )
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as said:
        assert main(["proxy-config", proxy, *words]) == 0, said.getvalue()
    return port


@contextmanager
def running(words: list[str], folder: Path, port: int, **variables: str) -> Iterator[None]:
    """Run a program until the block ends; it is there when it takes connections."""
    said = folder / "said"
    with said.open("wb") as log:
        process = subprocess.Popen(
            words, stdout=log, stderr=log, start_new_session=True, env={**os.environ, **variables}
        )

    def is_there() -> bool:
        assert process.poll() is None, said.read_text(errors="replace")
        try:
            with Connection(port):
                return True
        except OSError:
            return False

    try:
        until(is_there, f"{words[0]} to listen")
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
