"""The page behind an invitation's link. To open it takes nothing: only the button there claims the key.

The token stands after the ``#`` of the link, which a browser keeps for itself; the page's script sends it by POST.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Final

from sealstamp.server.answers import Answer, new_request_id
from sealstamp.server.asgi import Receive, Scope, Send
from sealstamp.server.management.endpoint import send_finished
from sealstamp.server.management.problems import Code, ProblemError

_SCRIPT: Final = files(__package__).joinpath("claim_page.js").read_text("utf-8")
_PAGE: Final = files(__package__).joinpath("claim_page.html").read_text("utf-8").replace("@script@", _SCRIPT).encode()
_HASH: Final = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; script-src 'sha256-{_HASH}'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class ClaimPage:
    """Answers GET and HEAD with the page."""

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        request_id = new_request_id()
        if scope["method"] not in ("GET", "HEAD"):
            allow = [(b"allow", b"GET, HEAD, POST")]
            problem = ProblemError(Code.METHOD_NOT_ALLOWED, "this path takes other methods", allow)
            await send_finished(send, scope, problem.answer(request_id), request_id)
            return
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-security-policy", _POLICY.encode()),
            (b"referrer-policy", b"no-referrer"),
        ]
        await send_finished(send, scope, Answer(200, headers, _PAGE), request_id)
