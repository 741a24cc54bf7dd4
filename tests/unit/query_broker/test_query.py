from datetime import timedelta

import pytest

from kit.errors import InvalidInput
from query_broker.domain.query import checked_deadline, checked_purpose
from tests.unit.query_broker.builders import NOW


def test_without_a_deadline_answers_are_waited_for_a_minute() -> None:
    assert checked_deadline(None, NOW) == NOW + timedelta(seconds=60)


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(seconds=-1), timedelta(hours=24, seconds=1)])
def test_a_deadline_out_of_range_is_refused_by_name(offset: timedelta) -> None:
    with pytest.raises(InvalidInput, match=r"cohort_query\.deadline"):
        checked_deadline(NOW + offset, NOW)


@pytest.mark.parametrize("purpose", ["x" * 201, "line\nbreak", "bell\a"])
def test_a_purpose_that_a_log_could_not_show_is_refused_by_name(purpose: str) -> None:
    with pytest.raises(InvalidInput, match=r"cohort_query\.purpose"):
        checked_purpose(purpose)
