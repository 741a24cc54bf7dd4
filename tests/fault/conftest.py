"""One stack for all of these tests: each leaves it whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fault.whole_stack import WholeStack, whole_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeStack]:
    with whole_stack(tmp_path_factory.mktemp("stack")) as up:
        yield up
