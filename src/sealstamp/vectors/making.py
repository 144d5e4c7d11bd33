"""All cases of a scheme: as it stands, and with every choice that its parameters offer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sealstamp.core.loader import set_parameters
from sealstamp.core.scheme import Scheme
from sealstamp.errors import Reason, VectorError
from sealstamp.vectors.accepts import accepts, signed_case
from sealstamp.vectors.case import Case
from sealstamp.vectors.rejects import rejects
from sealstamp.vectors.situation import Situation


def make_cases(scheme: Scheme) -> tuple[Case, ...]:
    """Return the cases of a scheme, by name; the same scheme gives the same cases.

    Raises VectorError for a case that does not end as it must, ConfigurationError for a scheme whose keys cannot be
    made, SigningError for one that cannot sign even a plain request.
    """
    situation = Situation(scheme)
    cases = _named([*accepts(situation), *_choices(scheme), *rejects(situation)])
    return tuple(cases[name] for name in sorted(cases))


def _choices(scheme: Scheme) -> Iterator[Case]:
    """Each value that a parameter may have instead of its default."""
    for parameter in scheme.declared:
        accepted = scheme.accepted.get(parameter.name, parameter.one_of)
        for value in parameter.one_of:
            if value == parameter.default:
                continue
            chosen = {parameter.name: value}
            situation = Situation(set_parameters(scheme, chosen), chosen)
            if parameter.name in scheme.carried and value not in accepted:
                yield _not_accepted(Situation(scheme), situation, parameter.name, value)
                continue
            name, title = f"parameter-{parameter.name}-{value}", f"with the parameter {parameter.name} = {value}"
            yield from signed_case(situation, name, title, situation.post())
            yield from _instead(situation, value)


def _not_accepted(usual: Situation, chosen: Situation, name: str, value: str) -> Case:
    """What a client rightly signs with a choice that the API does not accept."""
    title = f"signed with {name} = {value}, which the API does not accept"
    request = chosen.sign(chosen.post()).request
    return usual.case(f"not-accepted-{name}-{value}", title, request, Reason.MALFORMED_CREDENTIALS, like="post")


def _instead(situation: Situation, value: str) -> Iterator[Case]:
    """What may come in place of a body's digest, where this choice of a parameter allows it."""
    for name, field in situation.scheme.digest_fields.items():
        for constant in field.instead if field.instead_allowed else ():
            title = f"{constant} comes in place of {name}, where the API allows it"
            values = {name: constant}
            yield from signed_case(situation, f"instead-{constant}-{value}", title, situation.post(), values=values)


def _named(cases: Iterable[Case]) -> dict[str, Case]:
    named: dict[str, Case] = {}
    for case in cases:
        name = _folder_name(case.name)
        if name in named:
            raise VectorError(f"{case.scheme.name}: two cases are called {name}")
        named[name] = case.replace(name=name, like=_folder_name(case.like))
    return named


def _folder_name(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")
