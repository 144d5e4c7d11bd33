"""The secret goes into the signature, and nowhere else."""

from __future__ import annotations

from sealstamp.core.branches import branches_of
from sealstamp.core.document import Document
from sealstamp.core.exposure import Exposure, exposure_of, exposures_of
from sealstamp.core.scheme import (
    SIGNATURE,
    Extra,
    Scheme,
)
from sealstamp.core.tree import (
    Name,
)


def check_secret(scheme: Scheme, document: Document) -> None:
    """Raise SchemeError where a secret does not count, or would be seen."""
    for extra in scheme.keys.extras:
        _check_extra(scheme, document, extra)
    exposures = exposures_of(scheme.definitions)
    for name in scheme.computed:
        if exposures[name] is Exposure.PLAIN:
            document.fail(("sign", name), f"the secret itself would travel in {name!r}", "digest it: {…|sha256|hex}")
    for branch in branches_of(scheme.definitions[SIGNATURE]):
        if exposure_of(branch.expression, exposures) is Exposure.NONE:
            document.fail(
                ("sign", SIGNATURE),
                "anyone could make this signature",
                "let it depend on {secret} in every case, as in hmac:sha256,secret",
            )


def _check_extra(scheme: Scheme, document: Document, extra: Extra) -> None:
    """A further secret is used, and travels as it is only where the scheme says so, alone."""
    exposures, at = exposures_of(scheme.definitions, (extra.name,)), ("keys", "extras", extra.name)
    if all(exposures[name] is Exposure.NONE for name in scheme.definitions):
        document.fail(at, f"{extra.name!r} is not used", f"use it in [sign]: {{{extra.name}}}")
    for name in scheme.computed:
        alone = scheme.definitions[name] == Name(extra.name)
        if exposures[name] is Exposure.PLAIN and not (extra.shown and alone):
            hint = f"digest it: {{{extra.name}|hmac:sha256,secret|hex}}; or let it travel alone, and say shown = true"
            document.fail(("sign", name), f"{extra.name!r} itself would travel in {name!r}", hint)
