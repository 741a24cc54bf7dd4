"""Which witnesses are enough, and what is wrong with a policy, by its line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlog.errors import FormatError
from tlog.keys import KeyType, SignerKey, VerifierKey
from tlog.policy import Policy


def key(name: str, type_: KeyType = KeyType.COSIGNATURE) -> VerifierKey:
    return SignerKey(name, type_, name.encode().ljust(32, b".")).verifier()


LOG = key("log.example", KeyType.ED25519)
X = [key(f"x{n}") for n in (1, 2, 3)]
Y = [key(f"y{n}") for n in (1, 2, 3)]
WITNESSES = "".join(f"witness {one.name} {one} https://{one.name}.example/\n" for one in (*X, *Y))


def policy(text: str) -> Policy:
    return Policy.parse(text.encode())


def test_a_policy_of_two_groups_needs_enough_of_both() -> None:
    rule = policy(
        f"# who is trusted\nlog {LOG} https://log.example\n\n{WITNESSES}"
        "group xs 2 x1 x2 x3\n \tgroup ys\tany  y1 y2 y3 \ngroup both all xs ys\nquorum both\n"
    )
    assert [one.key for one in rule.logs] == [LOG]
    assert rule.witness_keys() == (*X, *Y)
    assert rule.witnesses[0].url == "https://x1.example/"
    assert rule.is_met([X[0], X[2], Y[1]])
    assert not rule.is_met([X[0], Y[0], Y[1], Y[2]])
    assert not rule.is_met(X)


@given(st.sets(st.sampled_from(X)), st.integers(1, 3))
def test_a_threshold_counts_witnesses(cosigned: set[VerifierKey], threshold: int) -> None:
    rule = policy(f"{WITNESSES}group xs {threshold} x1 x2 x3\nquorum xs\n")
    assert rule.is_met(cosigned) == (len(cosigned) >= threshold)


def test_any_is_one_and_all_is_each() -> None:
    assert policy(f"{WITNESSES}group g any x1 x2\nquorum g\n").is_met([X[1]])
    assert not policy(f"{WITNESSES}group g all x1 x2\nquorum g\n").is_met([X[1]])


def test_a_single_witness_may_be_the_quorum_and_none_needs_nobody() -> None:
    assert policy(f"{WITNESSES}quorum x1\n").is_met([X[0]])
    assert not policy(f"{WITNESSES}quorum x1\n").is_met([X[1]])
    assert policy("quorum none\n").is_met([])


def test_a_key_that_the_policy_does_not_name_counts_nothing() -> None:
    assert not policy(f"{WITNESSES}group g 2 x1 x2\nquorum g\n").is_met([X[0], key("x2x")])


MALFORMED = {
    "no quorum": ("witness a KEY\n", "no quorum line"),
    "two quorums": ("quorum none\nquorum none\n", "line 2: there is a quorum line before"),
    "unknown word": ("quorum none\nwitnesses a KEY\n", "line 2: must be"),
    "a quorum that is defined later": ("quorum a\nwitness a KEY\n", "line 1: no line before defines .* a"),
    "a member that is defined later": ("group g any a\nwitness a KEY\nquorum g\n", "line 1: no line before"),
    "a group in itself": ("group g any g\nquorum g\n", "line 1: no line before"),
    "none as a member": ("group g any none\nquorum g\n", "line 1: no line before"),
    "none as a name": ("witness none KEY\nquorum none\n", "line 1: none is no name"),
    "a name twice": ("witness a KEY\ngroup a any a\nquorum a\n", "line 2: the name a is taken"),
    "a key twice": ("witness a KEY\nwitness b KEY\nquorum a\n", "line 2: witness b has the same key as witness a"),
    "a log's key twice": ("log LOG\nlog LOG\nquorum none\n", "line 2: the key of log.example stands"),
    "a member twice": ("witness a KEY\ngroup g any a a\nquorum g\n", "line 2: a is a member already"),
    "a member of two groups": (
        "witness a KEY\ngroup g any a\ngroup h any a\nquorum g\n",
        "line 3: a is a member already",
    ),
    "no members": ("witness a KEY\ngroup g any\nquorum a\n", "line 2: must be"),
    "threshold zero": ("witness a KEY\ngroup g 0 a\nquorum g\n", "line 2: threshold .* 1 to 1"),
    "threshold beyond": ("witness a KEY\ngroup g 2 a\nquorum g\n", "line 2: threshold .* not 2"),
    "threshold in words": ("witness a KEY\ngroup g most a\nquorum g\n", "line 2: threshold .* not most"),
    "a log's key as a witness": ("witness a LOG\nquorum a\n", "line 1: the key of log.example has type 1"),
    "a witness's key as a log": ("log KEY\nquorum none\n", "line 1: the key of x1 has type 4"),
    "a damaged key": ("witness a KEYx\nquorum a\n", "line 1: "),
    "too many items": ("witness a KEY https://a b\nquorum a\n", "line 1: must be"),
    "a control character": ("quorum none\r\n", "line 1: control characters"),
    "another encoding": ("quorum none\n# \udce4\n", "line 2: must be UTF-8"),
    "cut short": ("witness a KEY\nquorum a", "line 2: must end in a newline"),
    "empty": ("", "no quorum line"),
}


@pytest.mark.parametrize(("text", "words"), MALFORMED.values(), ids=list(MALFORMED))
def test_what_is_wrong_is_named_with_its_line(text: str, words: str) -> None:
    written = text.replace("KEY", str(X[0])).replace("LOG", str(LOG))
    with pytest.raises(FormatError, match=words):
        Policy.parse(written.encode("utf-8", "surrogateescape"))


@given(st.text(alphabet="witnesgroupqulomak123 \t\n#", max_size=200))
def test_whatever_is_read_is_a_policy_or_a_format_error(text: str) -> None:
    with contextlib.suppress(FormatError):
        assert Policy.parse(text.encode()).quorum is None
