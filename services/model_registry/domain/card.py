"""The model card: what the users of a version must know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured figure, with the 95 % confidence interval where it is known."""

    name: str
    value: float
    data: str
    subgroup: str = ""
    lower_95: float | None = None
    upper_95: float | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Texts are data, never markup. The contact is an organisation, never a person."""

    intended_use: str
    training_data: str
    limitations: str
    licence: str
    contact_organisation: str
    ethical_considerations: str = ""
    metrics: tuple[Metric, ...] = ()
    references: tuple[str, ...] = ()
