"""Answer a cohort query: plan, report, budget, evaluation, disclosure control, in that order."""

from __future__ import annotations

from dataclasses import dataclass

from opentelemetry import trace

from cohort.canonical import canonical, digest_of
from cohort.check import InvalidExpressionError
from cohort.expression import Expression
from cohort.model_file import data_model
from cohort.text import to_text
from cohort.variables import DataModel
from kit.clock import Clock
from node.application.ports import Index, Indexes, Ledger, LedgerBook, Noise
from node.domain.answer import Answer, Answered, CountTask
from node.domain.budget import Organisation, Period, exhausted
from node.domain.counts import Counts, CountUnit
from node.domain.errors import LedgerError, PolicyError
from node.domain.plan import Plan, plan
from node.domain.policy import ProviderPolicy
from node.domain.protection import DrawnCounts, noise_scale, protect
from node.domain.refusal import Refusal, RefusalReason, budget_refusal
from node.domain.rules import AnswerRules
from node.domain.stored_answer import Charge, Question, reusable

_tracer = trace.get_tracer("node.count")

_NO_LEDGER = Refusal(
    RefusalReason.LEDGER_UNAVAILABLE,
    "the provider's ledger of privacy loss can't be used; the provider has to look at it",
)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that has no stored answer yet, ready to be counted."""

    question: Question
    expression: Expression
    organisation: Organisation
    rules: AnswerRules
    index: Index
    planned: Plan


class AnswerCount:
    """Answers count tasks under the provider's policy. Calls may come from several threads."""

    def __init__(
        self,
        policy: ProviderPolicy,
        indexes: Indexes,
        ledger: Ledger,
        noise: Noise,
        clock: Clock,
        model: DataModel | None = None,
    ) -> None:
        self._policy = policy
        self._indexes = indexes
        self._ledger = ledger
        self._noise = noise
        self._clock = clock
        self._model = model or data_model()

    def __call__(self, task: CountTask) -> Answer:
        """The answer to a task. The charge and the stored answer are on disk before it returns.

        Raises SnapshotError when the snapshot in use can't be read; nothing is charged then.
        """
        found = self.without_counting(task)
        return self.counted(found) if isinstance(found, Unanswered) else found

    def is_ready(self) -> bool:
        """Whether `without_counting` takes a moment only: about a millisecond."""
        return self._indexes.at_hand()

    def without_counting(self, task: CountTask) -> Answer | Unanswered:
        """A refusal, a report without a count, or a stored answer; else what `counted` has to be asked.

        Raises SnapshotError as above.
        """
        if self._clock.now() >= task.deadline:
            return Refusal(RefusalReason.DEADLINE_PASSED, "the task's deadline has passed; ask again")
        try:
            expression = canonical(task.expression, self._model)
            rules = self._policy.rules.tightened(task.hub_policy)
        except InvalidExpressionError as error:
            return Refusal(RefusalReason.INVALID_QUERY, str(error))
        except PolicyError as error:
            return Refusal(RefusalReason.INVALID_POLICY, f"the hub's policy: {error}")
        index = self._indexes.current()
        if index is None:
            return Refusal(RefusalReason.NO_DATA_INDEXED, "the provider has not indexed any data yet")
        with _tracer.start_as_current_span("node plan"):
            planned = plan(expression, index.epoch.coverage)
        if not planned.countable:
            return Answered(index.epoch.id, planned.reports, counts=(), stored=False)
        question = Question(index.epoch.id, digest_of(to_text(expression), self._model))
        asked = Unanswered(question, expression, task.asking_organisation, rules, index, planned)
        try:
            drawn = reusable(self._ledger.stored(question), rules)
        except LedgerError:
            return _NO_LEDGER
        return asked if drawn is None else _protected(asked, drawn, stored=True)

    def counted(self, asked: Unanswered) -> Answer:
        """The answer, charged, drawn and stored. One question at a time."""
        try:
            with self._ledger.book() as book:
                # Another task may have paid for the same question since.
                drawn = reusable(book.stored(asked.question), asked.rules)
                stored = drawn is not None
                if drawn is None:
                    outcome = self._pay(asked, book)
                    if isinstance(outcome, Refusal):
                        return outcome
                    drawn = outcome
        except LedgerError:
            return _NO_LEDGER
        return _protected(asked, drawn, stored)

    def _pay(self, asked: Unanswered, book: LedgerBook) -> DrawnCounts | Refusal:
        # A clock that was set back must not open an earlier period's budget again.
        now = max(self._clock.now(), book.latest() or self._clock.now())
        period = Period.at(now)
        amount = asked.rules.answer_charge
        # Before the data are looked at, so that neither the refusal nor its time depends on them.
        whose = exhausted(self._policy, amount, book.spent(period, asked.organisation))
        if whose is not None:
            return budget_refusal(whose, period)
        with _tracer.start_as_current_span("node evaluate"):
            true = asked.index.count(asked.expression, asked.rules.contribution_limit)
        drawn = DrawnCounts(self._noisy(true, asked.rules), asked.rules)
        book.charge(Charge(asked.question, asked.organisation, period, amount, now), drawn)
        return drawn

    def _noisy(self, true: Counts, rules: AnswerRules) -> Counts:
        def noisy(unit: CountUnit) -> int:
            return self._noise.add(true.of(unit), noise_scale(rules, unit))

        return Counts(noisy(CountUnit.SUBJECTS), noisy(CountUnit.STUDIES), noisy(CountUnit.SERIES))


def _protected(asked: Unanswered, drawn: DrawnCounts, stored: bool) -> Answered:
    with _tracer.start_as_current_span("node protect"):
        return Answered(asked.question.epoch, asked.planned.reports, protect(drawn, asked.rules), stored)
