"""Ids of what has no name of its own: they sort by age, so lists come in order and cursors stay true."""

from __future__ import annotations

from typing import Final

from sealstamp.core.forms import Form
from sealstamp.keys.acts.act import Act

_TAIL: Final = Form.parse("alnum 12")


def new_id(kind: str, act: Act) -> str:
    """Return an id such as ``inv-0196f3b2c4d8-k3v9x0q2m7ab``: kind, time of the act, and chance."""
    return f"{kind}-{act.now_ms:012x}-{_TAIL.make(act.choose)}"
