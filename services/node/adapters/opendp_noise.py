"""Discrete Laplace noise from OpenDP, whose sampler is proven and uses the operating system's randomness."""

from __future__ import annotations

from functools import cache
from typing import Protocol


class _Measurement(Protocol):
    def __call__(self, count: int) -> int: ...


class OpenDpNoise:
    """Noise on 64-bit counts."""

    def add(self, count: int, scale: float) -> int:
        """The count with fresh discrete Laplace noise of that scale."""
        return _laplace(scale)(count)


@cache
def _laplace(scale: float) -> _Measurement:
    # Here, because only `run` draws noise, and OpenDP takes longer to import than most commands take.
    import opendp.prelude as dp

    dp.enable_features("contrib")
    measurement: _Measurement = dp.m.make_laplace(dp.atom_domain(T="i64"), dp.absolute_distance(T="i64"), scale=scale)
    return measurement
