"""Settings of the property tests."""

from __future__ import annotations

from hypothesis import settings

# No clock decides over a test: a busy machine is no fault of the code.
settings.register_profile("without-clock", deadline=None)
settings.load_profile("without-clock")
