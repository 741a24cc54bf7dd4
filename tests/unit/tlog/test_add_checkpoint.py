"""What a log and a witness say to each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlog.add_checkpoint import AddCheckpoint, encode_signatures, encode_size, parse_signatures, parse_size
from tlog.checkpoint import Checkpoint
from tlog.errors import FormatError
from tlog.hashing import EMPTY_ROOT, Hash
from tlog.keys import KeyType, SignerKey
from tlog.signing import sign
from tlog.text import MAX_SIZE

NOTE = sign(
    Checkpoint("log.example", 7, EMPTY_ROOT, ("an extension",)).text,
    SignerKey("log.example", KeyType.ED25519, b"l" * 32),
)
HASH = Hash(b"h" * 32)
HASH_LINE = "aGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGg="
NOTE_TEXT = NOTE.encode().decode()


@given(st.integers(0, MAX_SIZE), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_request_is_read_as_it_was_written(old: int, proof: list[bytes]) -> None:
    request = AddCheckpoint(old, tuple(map(Hash, proof)), NOTE)
    assert AddCheckpoint.parse(request.encode()) == request


def test_a_request_is_written_as_the_specification_has_it() -> None:
    assert AddCheckpoint(3, (HASH,), NOTE).encode().decode() == f"old 3\n{HASH_LINE}\n\n{NOTE_TEXT}"


@pytest.mark.parametrize(
    "body",
    [
        "",
        NOTE_TEXT,
        f"old 3\n{NOTE_TEXT}",
        f"old 03\n\n{NOTE_TEXT}",
        f"old -3\n\n{NOTE_TEXT}",
        f"old {MAX_SIZE + 1}\n\n{NOTE_TEXT}",
        f"Old 3\n\n{NOTE_TEXT}",
        f"old  3\n\n{NOTE_TEXT}",
        f"old 3\r\n\r\n{NOTE_TEXT}",
        f"old 3\nx{HASH_LINE}\n\n{NOTE_TEXT}",
        f"old 3\n{HASH_LINE[:-4]}\n\n{NOTE_TEXT}",
        f"old 3\n{HASH_LINE}ä\n\n{NOTE_TEXT}",
        "old 3\n" + f"{HASH_LINE}\n" * 64 + f"\n{NOTE_TEXT}",
        "old 3\n\nlog.example\n7\n",
    ],
)
def test_a_malformed_request_is_refused(body: str) -> None:
    with pytest.raises(FormatError):
        AddCheckpoint.parse(body.encode())


def test_sixty_three_hashes_are_the_most() -> None:
    AddCheckpoint(3, (HASH,) * 63, NOTE)
    with pytest.raises(FormatError, match="at most 63"):
        AddCheckpoint(3, (HASH,) * 64, NOTE)


def test_answers_are_read_as_they_were_written() -> None:
    assert parse_signatures(encode_signatures(NOTE.signatures)) == NOTE.signatures
    assert parse_size(encode_size(20852014)) == 20852014


@pytest.mark.parametrize("body", [b"", b"\n", b"12", b"12 \n", b"012\n", b"\xff\n"])
def test_an_answer_that_is_no_size_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError):
        parse_size(body)


@pytest.mark.parametrize("body", [b"", b"\n", b"ok\n", b"\xff\n", encode_signatures(NOTE.signatures)[:-1]])
def test_an_answer_that_is_no_signature_lines_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError):
        parse_signatures(body)
