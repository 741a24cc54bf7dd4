"""The registry's settings: those of every service."""

from kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Nothing of its own."""
