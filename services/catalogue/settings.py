"""The catalogue's settings."""

from pydantic import Field

from kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """Beside those of every service. The search index is in ONCORDIA_DATA_DIR, which no other process may share."""

    description_poll_seconds: float = Field(
        default=5.0, gt=0, description="how often overdue descriptions are looked for"
    )
