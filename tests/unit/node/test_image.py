"""A provider's image holds the folders that the node's program needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Without the folders that the image does not have.
PROGRAM = "import sys; sys.modules.update(dict.fromkeys(sys.argv[1:])); import node.__main__"


def test_the_nodes_program_starts_with_the_folders_that_its_image_has() -> None:
    (line,) = re.findall(r"find services .*? -exec rm", (ROOT / "helm" / "Dockerfile").read_text())
    kept = set(re.findall(r"! -name (\w+)", line))
    folders = {path.name for path in (ROOT / "services").iterdir() if path.is_dir()}
    assert kept <= folders
    started = subprocess.run(
        [sys.executable, "-c", PROGRAM, *sorted(folders - kept)], capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
