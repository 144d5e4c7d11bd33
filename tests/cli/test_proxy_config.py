"""``sealstamp proxy-config``: a configuration that fits the API and the settings. Elsewhere proxies run with it."""

from __future__ import annotations

import re

import pytest

from sealstamp.server.proxies.templates import fill, proxy_names
from tests.cli.conftest import Provider


@pytest.mark.parametrize("proxy", proxy_names())
def test_every_proxy(proxy: str, provider: Provider) -> None:
    """The files name the API, where to ask, where to listen and where to pass on; nothing is left to fill in."""
    provider.config.write_text(provider.config.read_text() + 'grpc_listen = "127.0.0.1:82"\n')
    ran = provider("proxy-config", proxy, "--api", "shop", "--listen", "127.0.0.1:8123", "--json")
    assert ran.code == 0
    text = "".join(file["text"] for file in ran.json["files"])
    assert "<<" not in text
    assert '"shop"' in text
    assert "8123" in text
    assert provider("proxy-config", proxy, "--api", "shop").out.count("\n") > 20


def test_files_are_written(provider: Provider) -> None:
    """Into a folder that need not be there, with their paths on standard output."""
    folder = provider.folder / "made" / "here"
    ran = provider("proxy-config", "nginx", "--api", "shop", "--out", str(folder))
    assert ran.out == f"{folder}/nginx.conf\n"
    assert "location /shop {" in (folder / "nginx.conf").read_text()


def test_where_to_ask(provider: Provider) -> None:
    """At the gateway's address, unless decisions have their own; there, each worker has a socket."""

    def servers() -> list[str]:
        return re.findall(r"server (\S+);", provider("proxy-config", "nginx", "--api", "shop").out)

    assert servers() == ["127.0.0.1:9", "127.0.0.1:9"]
    text = provider.config.read_text()
    provider.config.write_text(text + 'decision_listen = "0.0.0.0:81"\n')
    assert servers() == ["127.0.0.1:81", "127.0.0.1:9"]
    provider.config.write_text(text + 'decision_listen = "unix:/run/d.sock"\nworkers = 2\n')
    assert servers() == ["unix:/run/d.sock.0", "unix:/run/d.sock.1", "127.0.0.1:9"]


def test_headers_with_underscores(provider: Provider) -> None:
    """They pass where a scheme needs one."""
    assert "underscores_in_headers off;" in provider("proxy-config", "nginx", "--api", "shop").out
    provider.manifest.write_text(provider.manifest.read_text().replace('"bbx"', '"cdnetworks-api-shield"'))
    assert provider("apply", "-f", str(provider.manifest)).code == 0
    assert "underscores_in_headers on;" in provider("proxy-config", "nginx", "--api", "shop").out


def test_statuses_of_the_api(provider: Provider) -> None:
    """A refusal can have each status that the API's response profile has."""
    provider.manifest.write_text(
        provider.manifest.read_text() + 'response_profile = "stardust"\nupstream = "http://u:1"\n'
    )
    assert provider("apply", "-f", str(provider.manifest)).code == 0
    text = provider("proxy-config", "nginx", "--api", "lab").out
    assert re.findall(r"refused_status = (\d+)", text) == ["400", "401", "402", "403", "429", "500", "503"]


@pytest.mark.parametrize(
    ("scheme", "note"), [("lazada-form", "signs the body"), ("aws-sigv4-header", "signs a digest of the body")]
)
def test_bodies_that_a_proxy_does_not_send(provider: Provider, scheme: str, note: str) -> None:
    """It is told beside the files."""
    provider.manifest.write_text(provider.manifest.read_text().replace('"bbx"', f'"{scheme}"'))
    assert provider("apply", "-f", str(provider.manifest)).code == 0
    ran = provider("proxy-config", "nginx", "--api", "shop")
    assert f"{scheme} {note}" in ran.err
    assert ran.out.startswith("# ")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("nginz", "--api", "shop"), "did you mean 'nginx'?"),
        (("nginx", "--api", "shpo"), "shpo"),
        (("envoy-grpc", "--api", "shop"), "setting grpc_listen: it is not given"),
        (("nginx", "--api", "lab"), "API lab: it has no upstream"),
        (("nginx", "--api", "shop", "--upstream", "https://127.0.0.1:9443"), "give --upstream-name"),
        (("nginx", "--api", "shop", "--upstream", "https://[::1]"), "give --upstream-name"),
        (("nginx", "--api", "shop", "--upstream", "https://a.example", "--upstream-name", "a;"), "a; is no name"),
        (("nginx", "--api", "shop", "--upstream", "https://a.example", "--upstream-ca", "/a b"), "--upstream-ca: the"),
        (("nginx", "--api", "shop", "--upstream", "https://a.example", "--upstream-ca", "ca.pem"), "an absolute path"),
        (("nginx", "--api", "shop", "--upstream-name", "a.example"), "its upstream speaks no TLS"),
        (("nginx", "--api", "shop", "--upstream", "http://a.example/;}"), "not an http or https origin"),
        (("nginx", "--api", "shop", "--listen", "80"), "--listen: not an address and a port"),
        (("nginx", "--api", "shop", "--listen", "a; }:80"), "--listen: not an address and a port"),
    ],
)
def test_what_cannot_be_written(provider: Provider, words: tuple[str, ...], problem: str) -> None:
    """The complaint says what to do; nothing is printed."""
    ran = provider("proxy-config", *words)
    assert (ran.code, ran.out) == (2, "")
    assert problem in ran.err


def test_paths_that_proxies_would_read_otherwise(provider: Provider) -> None:
    """A prefix with a character that is a word of their languages is not written."""
    provider.manifest.write_text(provider.manifest.read_text().replace('"/shop"', '"/shop;x"'))
    assert provider("apply", "-f", str(provider.manifest)).code == 0
    ran = provider("proxy-config", "nginx", "--api", "shop")
    assert (ran.code, ran.out) == (2, "")


def test_templates() -> None:
    """Lines are repeated, indented, for each entry, or left out; an unknown name is an error."""
    template = "a <<one>>\n  <<for many>>b <<two>> <<one>>\n<<for none>>c\n"
    assert fill(template, {"one": "1"}, {"many": [{"two": "2"}, {"two": "3"}], "none": []}) == "a 1\n  b 2 1\n  b 3 1\n"
    with pytest.raises(KeyError):
        fill("<<other>>", {}, {})
