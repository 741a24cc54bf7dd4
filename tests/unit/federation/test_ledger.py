"""Which ledger of a node goes on from the one that the hub remembers."""

from federation.domain.ledger import LedgerMark

KNOWN = LedgerMark("a", 5)


def test_the_first_ledger_and_the_same_further_on_are_taken() -> None:
    assert KNOWN.follows(None)
    assert LedgerMark("a", 6).follows(KNOWN)


def test_an_older_copy_and_another_ledger_are_not_taken() -> None:
    assert not LedgerMark("a", 4).follows(KNOWN)
    assert not LedgerMark("b", 9).follows(KNOWN)


def test_a_ledger_that_the_provider_put_in_its_place_is_taken_however_little_it_holds() -> None:
    assert LedgerMark("b", 0, frozenset({"a"})).follows(KNOWN)
    assert not LedgerMark("b", 0, frozenset({"c"})).follows(KNOWN)
