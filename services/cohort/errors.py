"""What is wrong with a question about a cohort. Every message may be shown to the person who asked."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class CohortError(ValueError):
    """Base of all errors of this package."""


class UnknownVariableError(CohortError):
    """The data model has no variable of that name."""


class UnknownCodeError(CohortError):
    """The code list of a variable has no such code."""


def near(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three known words spelled like `word`, nearest first, in any case of letters."""
    by_folded = {k.lower(): k for k in known}
    # A long word can't be a slip of a short one, and difflib is quadratic in its length.
    return tuple(by_folded[m] for m in get_close_matches(word.lower()[:64], by_folded, n=3, cutoff=0.6))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to end a sentence with, or nothing when no known word is near."""
    matches = near(word, known)
    return f" Did you mean {' or '.join(matches)}?" if matches else ""


def shown(text: str, length: int = 60) -> str:
    """A caller's text as it may stand in a message: quoted, escaped and cut to `length` characters."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")
