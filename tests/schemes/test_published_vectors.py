"""What the catalogue signs is what vendors published, and what it signs it accepts."""

import re

import pytest

from sealstamp.core.loader import load_scheme
from sealstamp.core.verifier import Verifier
from sealstamp.schemes import get_scheme
from tests.schemes.vectors import ALTERED, Vector, altered, published


@pytest.mark.parametrize("vector", published(), ids=lambda vector: vector.name)
def test_published_signature_is_reproduced_and_accepted(vector: Vector) -> None:
    """The value is the published one to the letter; the verifier accepts the request that carries it."""
    signed, value = vector.sign()
    assert value == vector.facts["expected"]["value"]
    verifier = Verifier(vector.configured, body_later=True)
    key = verifier.bind(vector.credential, consumer="published")
    presented = verifier.present(signed, vector.time_ms or 0)
    assert verifier.check(signed, presented, key, vector.time_ms or 0) is None or verifier.scheme.nonce


@pytest.mark.parametrize("vector", altered(), ids=lambda vector: vector.name)
def test_published_signature_of_what_is_refused(vector: Vector) -> None:
    """The scheme's file, altered in what it is right to refuse, gives the published value."""
    source = get_scheme(vector.scheme).source
    for pattern, replacement in ALTERED[vector.name][1].items():
        assert re.search(pattern, source)
        source = re.sub(pattern, replacement, source)
    given = {name: value for name, value in vector.configured.parameters.items() if name not in ("past", "future")}
    if "signature_method" in given:
        given["signature_method"] = vector.facts["params"]["declared_method"]
    scheme = load_scheme(source, name="altered", path="altered.toml", parameters=given)
    assert vector.sign(scheme)[1] == vector.facts["expected"]["value"]
