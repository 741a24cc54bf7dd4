"""What the use cases need of the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tlog.note import Note
from witness.domain.refusals import Refused

Decide = Callable[[Note | None], Note]
"""Given the checkpoint that was cosigned last, the one to keep instead; raises where there is none."""

Accuse = Callable[[Note, Refused], None]
"""Is given what a log has signed and could not prove to continue its tree: it may show that it tells two stories."""


class Store(Protocol):
    """The newest cosigned checkpoint of each log: its note with the log's and the witness's own signature."""

    def replace(self, origin: str, decide: Decide) -> Note:
        """Replaces the log's checkpoint by what `decide` makes of it, and returns that, once it is on the disk.

        One at a time: nobody else reads or replaces meanwhile. What `decide` raises is raised, and nothing changes.
        """
        ...

    def newest(self, origin_hash: str) -> Note | None:
        """The checkpoint of the log the SHA-256 of whose origin is this, in lower case hexadecimal digits."""
        ...
