"""What the page about the management API has in shell runs against the service."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.server.managing import Manager

PAGE = Path(__file__).parents[3] / "docs" / "management-api.md"
CALLS = """
call POST /v1/consumers '{"name": "shell"}'
call POST /v1/access-keys '{"consumer": "shell", "apis": ["shop"], "rate_limit": "100/minute"}' "Idempotency-Key: 7d1c"
call GET /v1/whoami
"""


def test_shell_function(operator: Manager) -> None:
    """The function of the page signs with a stock curl: with a body, with further headers, and with neither."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    (function,) = [block.partition("call POST")[0] for block in blocks if "call()" in block]
    script = function.replace("http://127.0.0.1:8080", operator.service.origin) + CALLS
    pair = {"ACCESS_KEY_ID": operator.pair.access_key_id, "SECRET": operator.pair.secret}
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, env={"PATH": os.environ["PATH"], **pair}, check=True
    )
    assert '"name":"shell"' in done.stdout
    assert '"secret":"' in done.stdout
    assert '"name":"the-operator"' in done.stdout
