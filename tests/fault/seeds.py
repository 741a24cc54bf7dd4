"""Which random moments are tried: the same at every run where a failure stops others, drawn anew elsewhere."""

from __future__ import annotations

import os
import random


def seeds() -> list[int]:
    """`ONCORDIA_SEEDS` says how many (by default one), `ONCORDIA_SEED` which is the first."""
    fixed = 1 if os.environ.get("CI") else random.randrange(1_000_000)
    first = int(os.environ.get("ONCORDIA_SEED", fixed))
    return list(range(first, first + int(os.environ.get("ONCORDIA_SEEDS", "1"))))
