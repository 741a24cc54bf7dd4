"""People who withdrew or opted out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalSubject:
    """A subject by its identifiers at the provider. Never leaves the node.

    `collection` None means the subject in every collection.
    """

    subject: str
    collection: str | None = None
