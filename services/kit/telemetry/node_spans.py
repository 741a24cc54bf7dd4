"""Which spans may leave a node, in what form. The node filters by it, and the hub checks it again: neither trusts.

A duration that depends on data is rounded up to a bucket of the series 1, 2, 5, 10, ... milliseconds, so that the
time that a question took tells next to nothing about who matches it.
"""

from __future__ import annotations

import re

ATTRIBUTES: dict[str, frozenset[str]] = {
    "node task count": frozenset({"oncordia.task.kind", "oncordia.answer.stored"}),
    "node task describe": frozenset({"oncordia.task.kind"}),
    "node task cancel": frozenset({"oncordia.task.kind"}),
    "node plan": frozenset(),
    "node evaluate": frozenset(),
    "node protect": frozenset(),
}
"""The allowed names, and the attributes that each may have."""

# The whole task contains the evaluation, so its end tells as much.
_BY_DATA = frozenset({"node task count", "node evaluate", "node protect"})
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MS = 1_000_000


def allowed_attributes(name: str, attributes: dict[str, str]) -> dict[str, str]:
    """Those attributes that a span of that name may have; their values are codes, never text."""
    allowed = ATTRIBUTES.get(name, frozenset())
    return {key: value for key, value in attributes.items() if key in allowed and is_code(value)}


def is_code(text: str) -> bool:
    """Whether it looks like a code: at most 64 letters, digits, dots, hyphens and underscores."""
    return _CODE.fullmatch(text) is not None


def rounded_end(name: str, start: int, end: int) -> int:
    """The end to show of a span, in nanoseconds; later than the true one where the duration depends on data."""
    return start + bucket(end - start) if name in _BY_DATA else max(start, end)


def bucket(duration: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... milliseconds that is not below, in nanoseconds."""
    decade = _MS
    while True:
        for factor in (1, 2, 5):
            if duration <= factor * decade:
                return factor * decade
        decade *= 10
