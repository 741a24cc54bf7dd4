"""Who is behind a subject: what the vault keeps, and nobody else does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from audit_log.domain.erasure import ErasureId


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or program as its newest token named it. `actors` gives the year of each of its handles, `erasure` a
    request to be forgotten that waits.

    Nothing but the type is shown by repr, so that no log line names anybody.
    """

    issuer: str = field(repr=False)
    token_subject: str = field(repr=False)
    display_name: str = field(repr=False)
    organisation: str = field(repr=False)
    actors: Mapping[str, int] = field(repr=False)
    erasure: ErasureId | None = field(default=None, repr=False)

    @property
    def newest_year(self) -> int:
        """The last calendar year in which they are known to have acted."""
        return max(self.actors.values())
