"""Where downloads are kept between runs."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """`$XDG_CACHE_HOME/oncordia`, or `~/.cache/oncordia`; made when it is missing."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(root) / "oncordia"
    path.mkdir(parents=True, exist_ok=True)
    return path
