"""A ``.http`` file for JetBrains' client and VS Code's: it calls ``sealstamp proxy``, which signs."""

from __future__ import annotations

from sealstamp.core.scheme import Scheme


def write(scheme: Scheme) -> str:
    """Return the file."""
    return f"""\
# First run: sealstamp proxy --profile NAME --scheme {scheme.name}
@host = http://127.0.0.1:8787

### It is signed on its way
GET {{{{host}}}}/orders

### With a body
POST {{{{host}}}}/orders
Content-Type: application/json

{{"amount": 1}}
"""
