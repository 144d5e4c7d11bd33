"""What an apply file makes of consumers: which change, which can go, and in which order, for some belong to others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sealstamp.errors import ConfigurationError
from sealstamp.keys.acts.consumers import MOST_LEVELS
from sealstamp.keys.domain import Consumer
from sealstamp.keys.manifest import Manifest


def changed_consumers(manifest: Manifest, old: Iterable[Consumer]) -> Iterator[tuple[Consumer | None, Consumer]]:
    """Yield each consumer that is made or changed, before and after, those above others first.

    What the file does not say, whether a consumer is suspended among it, stays. Raises ConfigurationError for one that
    would stand below itself, or too deep.
    """
    known = {one.name: one for one in old}
    after = {one.name: replace(known.get(one.name, Consumer(one.name)), **one.properties) for one in manifest.consumers}
    whole = {**known, **after}
    for name in sorted(after, key=lambda name: len(_line(manifest.place, whole, name))):
        before = known.get(name)
        if before is None:
            yield None, after[name]
        elif before != after[name]:
            yield before, replace(after[name], version=before.version + 1)


def consumers_to_delete(manifest: Manifest, old: Iterable[Consumer], holders: Iterable[str]) -> Iterator[Consumer]:
    """Yield consumers that are not in the file, those below others first.

    The ``holders`` of keys that are not in it either stay, and so does whoever they belong to.
    """
    known = {one.name: one for one in old}
    kept = {one.name for one in manifest.consumers}
    for name in holders:
        kept |= {one.name for one in _line(manifest.place, known, name)}
    going = [one for name, one in known.items() if name not in kept]
    yield from sorted(going, key=lambda one: -len(_line(manifest.place, known, one.name)))


def _line(place: str, whole: Mapping[str, Consumer], name: str) -> list[Consumer]:
    """Return a consumer and those above it."""
    line: list[Consumer] = []
    following: str | None = name
    while following is not None and following in whole:
        line.append(whole[following])
        following = whole[following].parent
        if len(line) > MOST_LEVELS:
            problem = f"consumer {name!r} would stand below itself, or below more than {MOST_LEVELS - 1} others"
            raise ConfigurationError(place, problem, "give it another parent")
    return line
