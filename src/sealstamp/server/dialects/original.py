"""nginx ``auth_request``: ``X-Original-Method`` and ``X-Original-URI``, which the configuration sets.

nginx lets pass on a 2xx, refuses on 401 and 403, and makes a 500 of anything else; a body it throws away. So there a
refusal is a 401 or a 403, and two headers say what the client is to get: ``X-Sealstamp-Status``, and the body on one
line in ``X-Sealstamp-Answer``. Whoever understands every status may ask at ``/decide``, which describes alike.
"""

from __future__ import annotations

from sealstamp.server.answers import Answer
from sealstamp.server.dialects.dialect import Described, Dialect, Values, require

METHOD, TARGET, SCHEME = b"x-original-method", b"x-original-uri", b"x-forwarded-proto"
STATUS, ANSWER = b"x-sealstamp-status", b"x-sealstamp-answer"
_UNDERSTOOD = (401, 403)


def describe(_method: bytes, _rest: bytes, values: Values) -> Described:
    """Read ``X-Original-Method`` and ``X-Original-URI``."""
    method, target = require(values, METHOD, TARGET)
    return Described(method, target, values.get(SCHEME, b"http"))


def word(answer: Answer) -> Answer:
    """Refuse with 401 or 403, and tell in headers with what the client is to be refused."""
    status = answer.status if answer.status in _UNDERSTOOD else 403
    on_one_line = b" ".join(answer.body.split(b"\n")).replace(b"\r", b"")
    told = [(STATUS, b"%d" % answer.status), (ANSWER, on_one_line)]
    return Answer(status, [*answer.headers, *told], answer.body)


_DESCRIBING = frozenset([METHOD, TARGET, SCHEME])
PLAIN = Dialect("plain", _DESCRIBING, describe)
NGINX = Dialect("nginx", _DESCRIBING, describe, word)
