"""Hints for a word that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` where something comes close, else what there is."""
    from difflib import get_close_matches  # only those who err pay for it

    choices = {choice.lower(): choice for choice in sorted(known)}
    close = get_close_matches(word.lower(), choices, n=1)
    return f"did you mean {choices[close[0]]!r}?" if close else f"known are: {', '.join(choices.values())}"
