"""One stack for all tests that use a hub and leave it as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.people import running_stack


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The profile of a hub with eight nodes."""
    with running_stack(tmp_path_factory.mktemp("up")) as running:
        yield running
