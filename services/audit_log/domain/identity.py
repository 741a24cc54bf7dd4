"""Who is behind a subject: what the vault keeps, and nobody else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or program as its newest token named it. `actors` gives the year of each of its handles.

    Nothing but the type is shown by repr, so that no log line names anybody.
    """

    issuer: str = field(repr=False)
    token_subject: str = field(repr=False)
    display_name: str = field(repr=False)
    organisation: str = field(repr=False)
    actors: Mapping[str, int] = field(repr=False)
