"""Fixtures for all tests."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.real", "tests.world")

# No clock decides over a test: a busy machine is no fault of the code. Where a failure stops others (CI), examples are
# the same at every run; elsewhere they are drawn anew, so that they go on finding things.
settings.register_profile(
    "oncordia",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("oncordia")
