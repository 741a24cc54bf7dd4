"""What can be searched for."""

from __future__ import annotations

from dataclasses import dataclass

from model_registry.domain.model import Task
from model_registry.domain.stage import Stage


@dataclass(frozen=True, slots=True)
class Search:
    """Words that must all occur, and filters of which one value must match. Empty: any."""

    words: str = ""
    tasks: frozenset[Task] = frozenset()
    modalities: frozenset[str] = frozenset()
    body_parts: frozenset[str] = frozenset()
    cancer_types: frozenset[str] = frozenset()
    stages: frozenset[Stage] = frozenset()
    organisation: str = ""
