"""The producers' numbers."""

from hypothesis import given
from hypothesis import strategies as st

from tlog.numbers import Numbers, Run

NUMBERS = st.sets(st.integers(1, 200))


def test_a_number_that_did_not_come_is_a_gap() -> None:
    assert Numbers().with_also([1, 2, 5, 6, 9]).gaps() == (Run(3, 4), Run(7, 8))


def test_numbers_begin_with_one() -> None:
    assert Numbers().with_also([3]).gaps() == (Run(1, 2),)


@given(NUMBERS, NUMBERS)
def test_gaps_are_what_is_missing_below_the_highest_in_whatever_order_numbers_come(a: set[int], b: set[int]) -> None:
    numbers = Numbers().with_also(sorted(a, reverse=True)).with_also(b).with_also(a)
    seen = a | b
    missing = {n for gap in numbers.gaps() for n in range(gap.start, gap.end + 1)}
    assert missing == set(range(1, max(seen, default=0))) - seen
    assert numbers == Numbers().with_also(seen)
