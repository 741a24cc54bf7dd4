"""What stops a witness, in words for the person who runs it."""

from __future__ import annotations


class DirectoryUnusable(Exception):
    """The witness's directory can't be used as it is. The message says why, and what to do."""
