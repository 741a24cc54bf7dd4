"""One stored answer per (epoch, canonical question, settings version)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from node.domain.budget import Organisation, Period
from node.domain.epoch import EpochId
from node.domain.epsilon import MicroEpsilon
from node.domain.protection import DrawnCounts
from node.domain.rules import AnswerRules


@dataclass(frozen=True, slots=True)
class Question:
    """`digest` is of the canonical text, so every spelling of a question is the same question."""

    epoch: EpochId
    digest: str


@dataclass(frozen=True, slots=True)
class Charge:
    """Privacy loss of one answer, and whose."""

    question: Question
    organisation: Organisation
    period: Period
    amount: MicroEpsilon
    at: datetime


def reusable(stored: Sequence[DrawnCounts], rules: AnswerRules) -> DrawnCounts | None:
    """The stored answer that may be shown under `rules`, of those to one question in the order of drawing.

    The same settings get their own; stricter settings get the first that was drawn under looser ones, for
    what is done to a drawn value reveals nothing more; looser settings get none.
    """
    same = (drawn for drawn in stored if drawn.rules.version == rules.version)
    looser = (drawn for drawn in stored if rules.at_least_as_strict_as(drawn.rules))
    return next(same, None) or next(looser, None)
