"""What a verifier of others is to the tests."""

from collections.abc import Callable
from typing import TypeAlias

from tests.integration.foreign.standing_log import StandingLog


class Refused(Exception):
    """The verifier found something wrong, in its own words."""


Verifier: TypeAlias = Callable[[str, StandingLog], None]
"""Verifies all that is served at the URL, as the log with its key, size and root. Raises Refused."""
