"""Rules about time and trust: epochs, periods, the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from node.domain.budget import Exhausted, Period, Spent, exhausted
from node.domain.epoch import Epoch, EpochId, Opens, Waits, may_open
from node.domain.epsilon import MicroEpsilon, micro
from node.domain.ledger import LedgerId, LedgerMark, distrust
from node.domain.policy import ProviderPolicy
from node.domain.rules import AnswerRules

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EPOCH = Epoch(EpochId("e"), NOW, {})
MARK = LedgerMark(LedgerId("a"), 5)


def test_the_first_epoch_opens_whatever_changed() -> None:
    assert may_open(None, 0, 10, NOW) == Opens()


def test_a_new_epoch_opens_at_most_once_a_day() -> None:
    assert isinstance(may_open(EPOCH, 1000, 10, NOW + timedelta(hours=23, minutes=59)), Waits)
    assert may_open(EPOCH, 1000, 10, NOW + timedelta(days=1)) == Opens()


def test_a_new_epoch_opens_only_when_enough_subjects_changed() -> None:
    waits = may_open(EPOCH, 9, 10, NOW + timedelta(days=2))
    assert isinstance(waits, Waits)
    assert "epoch_threshold" in waits.sentence
    assert may_open(EPOCH, 10, 10, NOW + timedelta(days=2)) == Opens()


@given(st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_period_is_the_calendar_quarter_and_renews_when_the_next_begins(moment: datetime) -> None:
    period = Period.at(moment)
    assert moment < period.renews_at <= moment + timedelta(days=92)
    assert Period.at(period.renews_at) != period
    assert Period.at(period.renews_at - timedelta(microseconds=1)) == period


def test_the_organisation_and_then_the_site_run_out() -> None:
    policy = ProviderPolicy(AnswerRules(Decimal("0.1")), site_budget=Decimal("1.2"))
    charge = policy.rules.answer_charge
    assert exhausted(policy, charge, Spent(MicroEpsilon(0), MicroEpsilon(0))) is None
    assert exhausted(policy, charge, Spent(charge, charge)) is Exhausted.ORGANISATION
    assert exhausted(policy, charge, Spent(micro(Decimal("1.2")), MicroEpsilon(0))) is Exhausted.SITE


def test_a_ledger_that_is_as_it_was_or_further_on_is_trusted() -> None:
    assert distrust(MARK, MARK, has_epoch=True) is None
    assert distrust(LedgerMark(LedgerId("a"), 6), MARK, has_epoch=True) is None


def test_a_new_node_needs_no_ledger() -> None:
    assert distrust(None, None, has_epoch=False) is None


def test_a_lost_a_foreign_and_an_older_ledger_are_not_trusted() -> None:
    assert distrust(None, MARK, has_epoch=True)
    assert distrust(None, None, has_epoch=True)
    assert distrust(LedgerMark(LedgerId("b"), 9), MARK, has_epoch=True)
    assert distrust(LedgerMark(LedgerId("a"), 4), MARK, has_epoch=True)
    assert distrust(MARK, None, has_epoch=True)
