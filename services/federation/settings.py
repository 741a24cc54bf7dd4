"""The settings of federation, environment variables with the prefix ONCORDIA_."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from kit.settings import Address, ServiceSettings


class FederationSettings(ServiceSettings):
    """`host_names`: what the certificates of both listeners name (a JSON list). `..._address`: what nodes are told
    to connect to; by default the listener itself. `hub_...`: rules that tighten every provider's own; 0 is none."""

    border_listen: Address
    enrolment_listen: Address
    border_address: Address | None = None
    enrolment_address: Address | None = None
    host_names: list[str] = Field(default=["localhost", "127.0.0.1"], min_length=1)
    certificate_days: Annotated[float, Field(gt=0, le=90)] = 30.0
    invitation_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 72.0
    heartbeat_seconds: Annotated[int, Field(ge=1, le=60)] = 10
    lease_seconds: Annotated[int, Field(ge=10, le=300)] = 15
    hub_minimum_count: Annotated[int, Field(ge=0)] = 0
    hub_rounding: Annotated[int, Field(ge=0)] = 0
    hub_max_epsilon: Annotated[float, Field(ge=0)] = 0.0

    @property
    def certificate_life(self) -> timedelta:
        return timedelta(days=self.certificate_days)

    @property
    def invitation_life(self) -> timedelta:
        return timedelta(hours=self.invitation_hours)

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)
