"""What generated texts look like."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core.asymmetric import load_key, misfit
from sealstamp.core.forms import ALPHABETS, LONGEST, Form
from sealstamp.errors import ConfigurationError

GOOD = {"hex 32": r"[0-9a-f]{32}", "alnum 1": r"[0-9a-z]", "base62 40": r"[0-9A-Za-z]{40}", "digits 8": r"[0-9]{8}"}


def first(items: Sequence[str]) -> str:
    return items[0]


@pytest.mark.parametrize(("text", "pattern"), GOOD.items())
@given(data=st.data())
def test_made(text: str, pattern: str, data: st.DataObject) -> None:
    """What is made has the form's alphabet and length, whatever is drawn."""
    made = Form.parse(text).make(lambda items: data.draw(st.sampled_from(items)))
    assert re.fullmatch(pattern, made)


@given(st.data())
def test_uuid(data: st.DataObject) -> None:
    """A UUID is one of version 4, whatever is drawn (RFC 9562, section 5.4)."""
    made = Form.parse("uuid").make(lambda items: data.draw(st.sampled_from(items)))
    assert str(uuid.UUID(made)) == made
    assert uuid.UUID(made).version == 4
    assert uuid.UUID(made).variant == uuid.RFC_4122


def test_every_letter_can_be_drawn() -> None:
    """Each alphabet has no letter twice, so that all are as likely as they look."""
    for alphabet in ALPHABETS.values():
        assert len(set(alphabet)) == len(alphabet)
        assert alphabet.isascii()
    assert Form.parse("hex 4").make(first) == "0000"
    assert Form.parse(f"digits {LONGEST}").make(first) == "0" * LONGEST


@pytest.mark.parametrize(("text", "algorithm"), [("ed25519", "ed25519"), ("p-256", "ecdsa-p256-sha256")])
def test_a_private_key_is_made_from_what_is_drawn(text: str, algorithm: str) -> None:
    """The same draws make the same key, others another one."""
    keys = {Form.parse(text).make(lambda items, at=at: items[at]) for at in (0, 2, 2, 15)}
    assert len(keys) == 3
    for key in keys:
        assert misfit(algorithm, load_key(key.encode())) is None


def test_the_largest_draw_makes_a_key() -> None:
    assert load_key(Form.parse("p-384").make(lambda items: items[-1]).encode()).key_size == 384


def test_a_key_of_rsa_is_made_by_its_owner() -> None:
    with pytest.raises(ConfigurationError, match="made by its owner"):
        Form.parse("rsa").make(first)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hex",
        "hex 0",
        "hex 01",
        "hex -1",
        "hex  8",
        "hex 8 ",
        "HEX 8",
        "hex 513",
        "hex \u0668",
        "word 8",
        "8 hex",
        "uuid 4",
        "hex 8\n",
    ],
)
def test_no_form(text: str) -> None:
    """Anything else raises ValueError and lists what there is."""
    with pytest.raises(ValueError, match=f"N up to {LONGEST}"):
        Form.parse(text)
