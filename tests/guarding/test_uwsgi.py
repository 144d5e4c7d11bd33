"""A guarded application in uWSGI, which nginx asks in its own protocol; and uWSGI asked over HTTP, which is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guarding.keys import SCENARIOS, Scenario, signed
from tests.guarding.serving import ROOT, Server, check_scenario
from tests.server.doors.programs import nginx_of, running
from tests.server.service import PATIENCE, free_port

UWSGI = [str(Path(sys.executable).with_name("uwsgi")), "--need-app", "--module"]
FALCON, DJANGO = "tests.guarding.apps.falcons:app", "tests.guarding.apps.djangos:app"
NGINX = """
server {{
    listen 127.0.0.1:{port};
    merge_slashes off;
    location / {{
        include /etc/nginx/uwsgi_params;
        uwsgi_param HTTP_HOST $http_host;
        uwsgi_pass 127.0.0.1:{inner};
    }}
}}
"""
OTHERWISE = {"field twice": "invalid_credentials", "underscore beside dash": ""}
"""uWSGI joins fields that come twice, and nginx drops those with an underscore in their names."""
REFUSED_BY_NGINX = ("bytes that are no UTF-8",)
"""A zero byte, encoded, in the path."""
TRIED = [one for one in SCENARIOS if "cdnetworks" not in one.name and one.name not in REFUSED_BY_NGINX]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("uwsgi")
    port, inner = free_port(), free_port()
    for part in ("uwsgi", "nginx/conf.d"):
        (folder / part).mkdir(parents=True)
    (folder / "nginx/conf.d/app.conf").write_text(NGINX.format(port=port, inner=inner))
    words = [*UWSGI, FALCON, "--socket", f"127.0.0.1:{inner}", "--threads", "2", "--die-on-term"]
    with (
        running(words, folder / "uwsgi", inner, PYTHONPATH=str(ROOT)),
        nginx_of(folder / "nginx", port),
        (folder / "uwsgi/said").open("rb") as log,
    ):
        yield Server(port, log)


@pytest.mark.parametrize("scenario", TRIED, ids=str)
def test_a_scenario_ends_as_it_should(server: Server, scenario: Scenario) -> None:
    """The application has exactly what was signed, and who signed it; or the caller the reason."""
    check_scenario(server, scenario, OTHERWISE.get(scenario.name, scenario.reason))


def test_a_host_with_its_port(server: Server) -> None:
    """It is part of what is signed, and arrives."""
    assert server.ask(signed(host="api.test:8443")).status == 200


@pytest.mark.parametrize(
    "words", [[FALCON, "--http-socket"], [FALCON, "--protocol", "http", "--socket"], [DJANGO, "--http-socket"]]
)
def test_over_http_it_is_refused_at_its_start(words: list[str]) -> None:
    """Then a header ``X_Real_IP`` would arrive as ``X-Real-IP``, from anybody."""
    done = subprocess.run(
        [*UWSGI, *words, f"127.0.0.1:{free_port()}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode != 0
    assert "uWSGI's HTTP folds underscores" in done.stdout + done.stderr
    assert "uwsgi_pass" in done.stdout + done.stderr
