"""The page about clients: its programs call the service."""

from __future__ import annotations

import re
from pathlib import Path

from tests.signing.conftest import Place

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"


def test_every_program_of_the_page_calls(place: Place) -> None:
    """Each ``orders()`` that the page defines is accepted, with the place of the API and the pair put in."""
    text = PAGE.read_text(encoding="utf-8")
    pair = place.apis["bbx"]
    text = re.sub(r'Credential\.of\(".*?", ".*?"\)', f'Credential.of("{pair.access_key_id}", "{pair.secret}")', text)
    text = text.replace("https://api.example.com/orders", place.url("bbx", "/orders"))
    text = text.replace("https://api.example.com", f"http://127.0.0.1:{place.port}")
    namespace: dict[str, object] = {"__name__": "snippet"}
    called = 0
    for snippet in re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S):
        exec(compile(snippet, PAGE.name, "exec"), namespace)
        orders = namespace.pop("orders", None)
        if callable(orders):
            assert orders() == 200, snippet
            called += 1
    assert called == text.count("def orders(")
