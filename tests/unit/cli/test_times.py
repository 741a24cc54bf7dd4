"""Times that people write."""

from datetime import UTC, datetime

import pytest

from cli.errors import UserError
from cli.times import time_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04", datetime(2026, 5, 4, tzinfo=UTC)),
        ("2026-05-04T03:02", datetime(2026, 5, 4, 3, 2, tzinfo=UTC)),
        ("2026-05-04 03:02:01Z", datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)),
        ("2026-05-04T01:00+02:00", datetime(2026, 5, 3, 23, tzinfo=UTC)),
    ],
)
def test_a_date_or_time_is_in_utc_unless_it_says_otherwise(text: str, expected: datetime) -> None:
    moment = time_of("--since", text)
    assert moment is not None
    assert moment.ToDatetime(UTC) == expected


def test_no_time_is_none() -> None:
    assert time_of("--since", "") is None


def test_what_is_no_time_is_refused_by_its_option() -> None:
    with pytest.raises(UserError, match="--until"):
        time_of("--until", "yesterday")
