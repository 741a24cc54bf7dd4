"""Verifiers that are written in Go, built into the cache."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
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
    with _making() as made:
        _go("build", "-trimpath", "-o", str(made), ".", cwd=folder, bin_folder=made)
        return _keep(made, folder.name)


def install(package: str, version: str) -> Path:
    """A program of others at this version, downloaded once."""
    name = f"{package.rpartition('/')[2]}-{version}"
    if (_programs() / name).exists():
        return _programs() / name
    with _making() as made:
        _go("install", f"{package}@{version}", cwd=made, bin_folder=made)
        return _keep(made, name)


def _programs() -> Path:
    return cache_directory() / "go"


@contextlib.contextmanager
def _making() -> Iterator[Path]:
    """A folder for one program until it is whole: others may start the one that is there."""
    _programs().mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_programs()) as name:
        yield Path(name)


def _keep(made: Path, name: str) -> Path:
    (program,) = made.iterdir()
    return program.replace(_programs() / name)


def _go(*arguments: str, cwd: Path, bin_folder: Path) -> None:
    ran = subprocess.run(
        ["go", *arguments], cwd=cwd, env={**os.environ, "GOBIN": str(bin_folder)}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
