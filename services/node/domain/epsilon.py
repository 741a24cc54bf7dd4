"""Privacy loss as an exact number. Sums of floats would drift, and a ledger must not."""

from decimal import Decimal
from typing import NewType

MicroEpsilon = NewType("MicroEpsilon", int)
"""Privacy loss in millionths of ε."""

_MICRO = Decimal(1_000_000)


def micro(epsilon: Decimal) -> MicroEpsilon:
    """ε in millionths. Raises ValueError when it is not a positive multiple of 0.000001."""
    scaled = epsilon * _MICRO
    if not scaled.is_finite() or scaled <= 0 or scaled != scaled.to_integral_value():
        raise ValueError(f"{epsilon} is not a positive multiple of 0.000001")
    return MicroEpsilon(int(scaled))


def as_decimal(epsilon: MicroEpsilon) -> Decimal:
    """ε for people, without trailing zeros."""
    return (Decimal(epsilon) / _MICRO).normalize()
