"""Verifiers that are written in Go, built into the cache."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stack.cache import cache_directory

_WHY_SKIPPED = "Go is not installed: the verifiers of others that are written in it can't be built"


def require() -> None:
    """Skips the test where Go is missing, and fails it where that must not be."""
    if shutil.which("go") is not None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(_WHY_SKIPPED)
    pytest.skip(_WHY_SKIPPED)


def build(folder: Path) -> Path:
    """The program whose source is in the folder."""
    program = cache_directory() / "go" / folder.name
    _go("build", "-trimpath", "-o", str(program), ".", folder=folder)
    return program


def install(package: str, version: str) -> Path:
    """A program of others at this version, downloaded once."""
    folder = cache_directory() / "go" / version
    program = folder / package.rpartition("/")[2]
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _go("install", f"{package}@{version}", folder=folder)
    return program


def _go(*arguments: str, folder: Path) -> None:
    ran = subprocess.run(
        ["go", *arguments], cwd=folder, env={**os.environ, "GOBIN": str(folder)}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
