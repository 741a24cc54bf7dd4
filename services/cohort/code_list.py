"""A list of codes with its hierarchy and the spellings that real data have for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cohort.errors import CohortError, UnknownCodeError, did_you_mean, shown


def normalised(spelling: str) -> str:
    """The form in which spellings are compared: no outer blanks, lower case (as SQL's `lower(trim(x))`)."""
    return spelling.strip(" ").lower()


@dataclass(frozen=True, slots=True)
class Code:
    """One code. `concept`: the same in a public terminology, as `SYSTEM code`. It lies in its `parents`."""

    code: str
    labels: Mapping[str, str]
    concept: str | None = None
    parents: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The English label."""
        return self.labels["en"]


@dataclass(frozen=True)
class CodeList:
    """Codes by their name, in the order of the list; a directed graph without cycles by their parents.

    Raises CohortError when a parent is unknown, parents form a cycle, or one spelling belongs to two codes.
    """

    codes: Mapping[str, Code]
    spellings: Mapping[str, str] = field(init=False, repr=False)
    """From each normalised spelling (the code and its synonyms) to the code: what a node maps values with."""
    _below: Mapping[str, frozenset[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "spellings", _spellings(self.codes))
        object.__setattr__(self, "_below", _descendants(self.codes))

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes.values())

    def __contains__(self, code: str) -> bool:
        return code in self.codes

    def find(self, spelling: str) -> Code | None:
        """The code that a spelling of real data stands for, or None when it is not mapped."""
        code = self.spellings.get(normalised(spelling))
        return None if code is None else self.codes[code]

    def get(self, spelling: str) -> Code:
        """The code of a spelling. Raises UnknownCodeError, with near spellings."""
        code = self.find(spelling)
        if code is None:
            hint = did_you_mean(spelling, self.codes)
            raise UnknownCodeError(f"{shown(spelling)} is not a code of the list.{hint}")
        return code

    def descendants(self, code: str) -> frozenset[str]:
        """The code and all codes below it: what `under()` matches. Raises UnknownCodeError."""
        return self._below[self.get(code).code]


def _spellings(codes: Mapping[str, Code]) -> dict[str, str]:
    found: dict[str, str] = {}
    for code in codes.values():
        for spelling in (code.code, *code.synonyms):
            other = found.setdefault(normalised(spelling), code.code)
            if other != code.code:
                raise CohortError(f"the spelling {spelling!r} stands for both {other} and {code.code}")
    return found


def _descendants(codes: Mapping[str, Code]) -> dict[str, frozenset[str]]:
    below: dict[str, set[str]] = {name: {name} for name in codes}
    for name in codes:
        for ancestor in _ancestors(name, codes):
            below[ancestor].add(name)
    return {name: frozenset(members) for name, members in below.items()}


def _ancestors(name: str, codes: Mapping[str, Code]) -> set[str]:
    seen: set[str] = set()
    waiting = list(codes[name].parents)
    while waiting:
        parent = waiting.pop()
        if parent not in codes:
            raise CohortError(f"{name} lies under {parent!r}, which is not a code of the list")
        if parent == name:
            raise CohortError(f"{name} lies under itself")
        if parent not in seen:
            seen.add(parent)
            waiting.extend(codes[parent].parents)
    return seen
