"""Handles that stand for people.

`subject` = HMAC-SHA256(subject key, issuer ‖ 0 ‖ subject claim): what resources are owned by; in tables only.
`actor` = HMAC-SHA256(the calendar year's key, subject): in events, logs and spans. Once a year's key is destroyed,
nobody can compute its handles again.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path

from kit.identity import keys


class Handles:
    """Computes handles with the keys of a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._subject_key = keys.read(directory, keys.SUBJECT)
        self._newest: tuple[int, bytes] = (0, b"")

    def subject(self, issuer: str, token_subject: str) -> str:
        """64 hexadecimal digits."""
        return hmac.new(self._subject_key, f"{issuer}\0{token_subject}".encode(), hashlib.sha256).hexdigest()

    def actor(self, subject: str, at: datetime) -> str:
        """64 hexadecimal digits. Raises FailedPrecondition if the year has no key (yet, or any more)."""
        return hmac.new(self._year_key(at), subject.encode(), hashlib.sha256).hexdigest()

    def need(self, at: datetime) -> None:
        """Raises FailedPrecondition if the year has no key: better at the start than at the first call."""
        self._year_key(at)

    def days_left(self, at: datetime) -> int:
        """Days until the first moment that has no key. 0 if it is now."""
        year = at.year
        while (self._directory / keys.actor_key_name(year)).exists():
            year += 1
        return max((datetime(year, 1, 1, tzinfo=UTC) - at).days, 0)

    def _year_key(self, at: datetime) -> bytes:
        year, key = self._newest
        if year != at.year:
            key = keys.read(self._directory, keys.actor_key_name(at.year))
            # Older ones are read again, so that one that is destroyed is not kept in memory.
            if year < at.year:
                self._newest = (at.year, key)
        return key
