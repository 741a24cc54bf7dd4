"""Fixtures for all tests."""

from hypothesis import HealthCheck, settings

pytest_plugins = ("tests.real", "tests.world")

# These machines are shared: no test is judged by the clock.
settings.register_profile("oncordia", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("oncordia")
