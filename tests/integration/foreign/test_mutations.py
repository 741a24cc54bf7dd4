"""One byte changed anywhere is noticed by our own verifier; `make campaign` tries a thousand of them."""

import random

import pytest

from tests.fault.seeds import seeds
from tests.integration.foreign.kinds import KINDS
from tests.integration.foreign.mutations import Outcome, Target, tried
from tests.integration.foreign.reader import Reader, reader_of
from tests.integration.foreign.standing_log import StandingLog
from tlog.errors import VerificationError

_CASES = 4


@pytest.fixture(scope="module")
def reader(standing: StandingLog) -> Reader:
    return reader_of(standing)


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_byte_is_refused(reader: Reader, kind: str, seed: int) -> None:
    chance = random.Random(seed)
    trials = [tried(kind, KINDS[kind](reader, chance), chance) for _ in range(_CASES)]
    assert [trial for trial in trials if trial.outcome is Outcome.MISSED] == []


def only(accepted: bytes) -> Target:
    """Bytes of a reader who takes just those that begin like these."""

    def verify(data: bytes) -> bytes:
        if data[:1] != accepted[:1]:
            raise VerificationError("another beginning")
        return data

    return Target("x", accepted, verify, range(1, 2))


def test_a_change_that_is_not_looked_at_counts_as_missed() -> None:
    assert tried("x", only(b"ab"), random.Random(1)).outcome is Outcome.MISSED


def test_a_case_whose_bytes_do_not_verify_untouched_is_no_case() -> None:
    def refuse(_: bytes) -> None:
        raise VerificationError("always")

    with pytest.raises(VerificationError, match="always"):
        tried("x", Target("x", b"ab", refuse, range(2)), random.Random(1))


def test_what_may_be_ignored_must_prove_the_same() -> None:
    taking_anything = Target("x", b"ab", lambda data: data, range(2), ignorable=True)
    assert tried("x", taking_anything, random.Random(1)).outcome is Outcome.MISSED
    ignoring_all = Target("x", b"ab", lambda _: None, range(2), ignorable=True)
    assert tried("x", ignoring_all, random.Random(1)).outcome is Outcome.IGNORED
