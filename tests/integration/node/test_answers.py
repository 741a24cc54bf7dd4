"""Disclosure control of a node, end to end on real files."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cohort.expression import And, Comparison, Operator
from node.domain.answer import Answered, CountTask, TaskId
from node.domain.budget import Organisation, Period
from node.domain.refusal import Refusal, RefusalReason
from node.domain.report import Handling
from node.domain.rules import HubPolicy
from node.domain.withdrawal import LocalSubject
from tests.integration.node.ingesting import ingest, open_provider
from tests.integration.node.provider import POLICY, Provider, hundred_people


def values(answer: Answered) -> list[int | None]:
    return [count.value for count in answer.counts]


def charged(provider: Provider, organisation: str = "organisation-a") -> int:
    spending = provider.node.ledger.spending(Period.at(provider.clock.now()))
    return spending.get(Organisation(organisation), 0)


def refusal(answer: object) -> Refusal:
    assert isinstance(answer, Refusal), answer
    return answer


def test_two_hundred_repeats_get_one_value_and_pay_once(provider: Provider) -> None:
    spellings = ["sex = F AND modality = CT", "modality = CT AND sex = F", "NOT NOT sex = female AND modality = ct"]
    organisations = ["organisation-a", "organisation-b"]
    answers = [provider.answered(spellings[i % 3], organisations[i % 2]) for i in range(200)]
    assert len({tuple(values(answer)) for answer in answers}) == 1
    assert [answer.stored for answer in answers] == [False] + [True] * 199
    assert charged(provider) == 1_500_000
    assert charged(provider, "organisation-b") == 0


def test_the_same_question_from_many_threads_at_once_is_drawn_once(provider: Provider) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda i: provider.answered("sex = F", f"organisation-{i}"), range(40)))
    assert len({tuple(values(answer)) for answer in answers}) == 1
    assert sum(provider.node.ledger.spending(Period.at(provider.clock.now())).values()) == 1_500_000


def test_an_answer_lies_near_the_truth_and_says_what_was_done(provider: Provider) -> None:
    answer = provider.answered("sex = F")
    subjects, studies, series = answer.counts
    assert [c.protection.sensitivity for c in answer.counts] == [1, 2, 5]
    assert [c.protection.noise_scale for c in answer.counts] == [2, 4, 10]
    # Twenty scales away: once in 10^8.
    assert subjects.value is not None
    assert abs(subjects.value - 50) <= 40
    assert studies.value is not None
    assert series.value is not None
    assert [r.handling for r in answer.report] == [Handling.APPLIED]


def test_a_site_below_its_threshold_answers_suppressed(tmp_path: Path) -> None:
    provider = open_provider(Provider.create(tmp_path / "n", POLICY.replace("minimum_count: 0", "minimum_count: 500")))
    assert values(provider.answered("sex = F")) == [None, None, None]


def test_an_unsupported_predicate_gives_a_report_no_count_and_no_charge(provider: Provider) -> None:
    answer = provider.answered("sex = F AND manufacturer = GE")
    assert answer.counts == ()
    assert {r.variable: r.handling for r in answer.report} == {
        "sex": Handling.APPLIED,
        "manufacturer": Handling.UNSUPPORTED,
    }
    assert charged(provider) == 0


def test_an_exhausted_organisation_is_refused_with_the_day_of_renewal_while_others_are_answered(
    provider: Provider,
) -> None:
    for age in range(4):
        provider.answered(f"age_at_study > {age}")
    refused = refusal(provider.ask("age_at_study > 50"))
    assert refused.reason is RefusalReason.ORGANISATION_BUDGET_EXHAUSTED
    assert "2027-01-01" in refused.sentence
    assert provider.answered("age_at_study > 3").stored
    assert not provider.answered("age_at_study > 50", "organisation-b").stored


def test_the_sites_budget_binds_whoever_asks_and_renews_with_the_quarter(provider: Provider) -> None:
    for i in range(16):
        provider.answered(f"age_at_study > {i}", f"organisation-{i}")
    refused = refusal(provider.ask("age_at_study > 60", "organisation-new"))
    assert refused.reason is RefusalReason.SITE_BUDGET_EXHAUSTED
    provider.clock.advance(timedelta(days=38))
    assert not provider.answered("age_at_study > 60", "organisation-new").stored


def test_a_clock_that_is_set_back_opens_no_earlier_budget(provider: Provider) -> None:
    for i in range(16):
        provider.answered(f"age_at_study > {i}", f"organisation-{i}")
    provider.clock.advance(timedelta(days=-60))
    refused = refusal(provider.ask("sex = F", "organisation-new"))
    assert refused.reason is RefusalReason.SITE_BUDGET_EXHAUSTED


def test_a_refusal_does_not_depend_on_the_data(tmp_path: Path) -> None:
    one_person, many = Provider.create(tmp_path / "one"), Provider.create(tmp_path / "many")
    ingest(one_person, hundred_people()[:1])
    ingest(many, hundred_people())
    refusals = []
    for provider in (one_person, many):
        for age in range(5):
            last = provider.ask(f"age_at_study > {age}")
        refusals.append(refusal(last))
    assert refusals[0] == refusals[1]


def test_restart_and_new_epoch_refill_nothing_and_the_new_epoch_pays_anew(provider: Provider) -> None:
    first = provider.answered("sex = F")
    provider.restart()
    assert provider.answered("sex = F").stored
    provider.clock.advance(timedelta(days=1))
    assert ingest(provider, hundred_people()[:-4]).waits is None
    second = provider.answered("sex = F")
    assert second.epoch != first.epoch
    assert not second.stored
    assert charged(provider) == 2 * 1_500_000


def test_a_stricter_setting_is_applied_to_the_stored_value(provider: Provider) -> None:
    first = provider.answered("sex = F")
    stricter = provider.answered("sex = F", hub=HubPolicy(minimum_count=1000))
    assert stricter.stored
    assert values(stricter) == [None, None, None]
    rounded = provider.answered("sex = F", hub=HubPolicy(rounding=10))
    assert rounded.counts[0].value == (max(0, first.counts[0].value or 0) + 5) // 10 * 10
    assert charged(provider) == 1_500_000


def test_a_looser_setting_is_served_no_old_value(provider: Provider) -> None:
    assert not provider.answered("sex = F", hub=HubPolicy(epsilon_per_count=Decimal("0.1"))).stored
    assert not provider.answered("sex = F").stored
    assert charged(provider) == 300_000 + 1_500_000


def test_the_hub_cannot_loosen_the_providers_rules(provider: Provider) -> None:
    hub = HubPolicy(epsilon_per_count=Decimal(9), minimum_count=-3, rounding=0, max_studies=99, max_series=99)
    answer = provider.answered("sex = F", hub=hub)
    assert [c.protection for c in answer.counts] == [c.protection for c in provider.answered("sex = F").counts]


def test_who_withdrew_is_left_out_at_once_and_stored_answers_stay(provider: Provider) -> None:
    before = provider.answered("sex = F")
    assert provider.true_counts("sex = F") == (50, 50, 100)
    assert provider.node.withdraw([LocalSubject("p0"), LocalSubject("p2", "c"), LocalSubject("p4", "x")]) == 3
    assert provider.true_counts("sex = F") == (48, 48, 96)
    assert provider.true_counts("subject(sex = F AND modality = CT)") == (48, 48, 96)
    assert values(provider.answered("sex = F")) == values(before)
    provider.restart()
    assert provider.true_counts("sex = F") == (48, 48, 96)


@pytest.mark.parametrize("loss", ["removed", "emptied", "older copy", "another node's"])
def test_a_lost_ledger_refuses_until_the_provider_decides(provider: Provider, tmp_path: Path, loss: str) -> None:
    ledger = provider.folder / "ledger.sqlite"
    provider.answered("sex = F")
    copy = tmp_path / "copy.sqlite"
    shutil.copy(ledger, copy)
    provider.answered("sex = M")
    other = open_provider(Provider.create(tmp_path / "other"))
    other.answered("sex = F")
    for side in ("-wal", "-shm"):
        ledger.with_name(ledger.name + side).unlink(missing_ok=True)
    match loss:
        case "removed":
            ledger.unlink()
        case "emptied":
            ledger.unlink()
            ledger.touch()
        case "older copy":
            ledger.unlink()
            shutil.copy(copy, ledger)
        case _:
            ledger.unlink()
            shutil.copy(other.folder / "ledger.sqlite", ledger)
    for question in ("sex = F", "modality = CT"):
        assert refusal(provider.ask(question)).reason is RefusalReason.LEDGER_UNAVAILABLE
    provider.restart()
    assert refusal(provider.ask("sex = F")).reason is RefusalReason.LEDGER_UNAVAILABLE
    provider.node.ledger.accept()
    assert isinstance(provider.ask("modality = CT"), Answered)


def test_a_question_that_makes_no_sense_is_refused_with_what_is_wrong(provider: Provider) -> None:
    refused = refusal(provider.ask(And((Comparison("sex", Operator.EQ, "F"), Comparison("gender", Operator.EQ, "F")))))
    assert refused.reason is RefusalReason.INVALID_QUERY
    assert "gender" in refused.sentence


def test_a_hub_policy_out_of_range_is_refused(provider: Provider) -> None:
    refused = refusal(provider.ask("sex = F", hub=HubPolicy(epsilon_per_count=Decimal(-1))))
    assert refused.reason is RefusalReason.INVALID_POLICY


def test_a_node_without_data_refuses(tmp_path: Path) -> None:
    provider = Provider.create(tmp_path / "node")
    assert refusal(provider.ask("sex = F")).reason is RefusalReason.NO_DATA_INDEXED


def test_a_task_past_its_deadline_is_refused_and_charged_nothing(provider: Provider) -> None:
    sex = Comparison("sex", Operator.EQ, "F")
    task = CountTask(TaskId("t"), "cohortQueries/q", sex, Organisation("organisation-a"), provider.clock.now())
    assert refusal(provider.node.answer_count(task)).reason is RefusalReason.DEADLINE_PASSED
    assert charged(provider) == 0


def test_a_new_epoch_needs_a_day_and_enough_changed_subjects(provider: Provider) -> None:
    assert "at most once a day" in str(ingest(provider, hundred_people()[:-20]).waits)
    provider.clock.advance(timedelta(days=1))
    assert "epoch_threshold" in str(ingest(provider, hundred_people()[:-2]).waits)
    assert provider.true_counts("modality = CT")[0] == 100
    assert ingest(provider, hundred_people()[:-20]).waits is None
    assert provider.true_counts("modality = CT")[0] == 90
