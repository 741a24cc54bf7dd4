"""What insights needs beyond what every service needs."""

from __future__ import annotations

from pydantic import PositiveInt

from kit.settings import Address, ServiceSettings


class InsightsSettings(ServiceSettings):
    """`otlp_listen` takes spans from inside the hub's network, without a token: never publish it."""

    otlp_listen: Address = "127.0.0.1:4317"
    spans_kept_days: PositiveInt = 30
