"""The steps between which the process may die. Tests kill it at each of them; nothing may be lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class FaultPoint(StrEnum):
    """In the order in which an entry passes them."""

    BATCH_LOCKED = "batch_locked"
    BATCH_INSERTED = "batch_inserted"
    BATCH_COMMITTED = "batch_committed"
    TILE_HALF_WRITTEN = "tile_half_written"
    TILES_HALF_WRITTEN = "tiles_half_written"
    TILES_WRITTEN = "tiles_written"
    CHECKPOINT_SIGNED = "checkpoint_signed"
    CHECKPOINT_COMMITTED = "checkpoint_committed"
    CHECKPOINT_HALF_WRITTEN = "checkpoint_half_written"
    CHECKPOINT_WRITTEN = "checkpoint_written"
    COSIGNED_COMMITTED = "cosigned_committed"
    COSIGNED_WRITTEN = "cosigned_written"
    CHUNK_READ = "chunk_read"
    CHUNK_INSERTED = "chunk_inserted"
    CHUNK_SEALED = "chunk_sealed"


Fault = Callable[[FaultPoint], None]
"""Called at each point. Does nothing in production."""
