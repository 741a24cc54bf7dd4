"""What the audit log needs beyond what every service needs."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, PositiveFloat, PositiveInt

from audit_log.domain.chunk import MAX_CHUNK
from kit.identity.log_key import DEFAULT_ORIGIN
from kit.settings import Address, ServiceSettings

MOST_DAYS = 36_525


class AuditLogSettings(ServiceSettings):
    """`data_dir`/log holds the tiles and the checkpoint, and must outlive the process like the database.

    `witness_policy` is a file after c2sp.org/tlog-policy, read at the start; with it, what is published is what its
    witnesses cosigned. They are sent one checkpoint in `witness_seconds` at most, and a witness that does not answer is
    asked again after longer and longer, at most `witness_backoff_seconds`.

    `search_chunk` entries at a time are sealed into the search index: with more, a search looks at more one by one that
    are not sealed yet; with fewer, at more chunks. It may be changed at any time.

    `retention_access_days`, `retention_other_days`: how long the content of entries is kept (domain/retention.py says
    which are of which kind), 366 at least: three years of access records; of everything else ten, like a permit at the
    longest (EHDS, article 68) and the documentation of a model (AI Act, article 18). Who acted is known as long as
    access records are kept. The log looks every `retention_seconds` for what has ended.

    `fault` is for tests: the process kills itself at that point (see application/faults.py).
    """

    tiles_listen: Address = "127.0.0.1:0"
    log_origin: str = DEFAULT_ORIGIN
    ingest_batch: PositiveInt = 10_000
    checkpoint_seconds: float = Field(default=0.05, ge=0, le=0.5)
    gap_seconds: PositiveFloat = 60.0
    witness_policy: Path | None = None
    witness_seconds: PositiveFloat = 1.0
    witness_backoff_seconds: PositiveFloat = 30.0
    search_chunk: int = Field(default=32_768, ge=1, le=MAX_CHUNK)
    retention_access_days: int = Field(default=1_096, le=MOST_DAYS)
    retention_other_days: int = Field(default=3_653, le=MOST_DAYS)
    retention_seconds: PositiveFloat = 60.0
    fault: str | None = None
