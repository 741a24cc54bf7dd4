"""What a witness has cosigned is never forgotten, and one that forgot does not start."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.tlog.support import leaves
from tests.unit.witness.support import Story
from tlog.add_checkpoint import AddCheckpoint
from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosign
from tlog.errors import FormatError
from tlog.keys import KeyType, SignerKey
from tlog.note import Note
from tlog.signing import sign, verify_checkpoint
from witness.adapters.errors import DirectoryUnusable
from witness.adapters.state_file import STATE, StateFile
from witness.application.cosign import Cosign
from witness.domain.refusals import NotSigned, OtherSize, Refused, UnknownLog

LOG = SignerKey("log.example", KeyType.ED25519, b"l" * 32)
KEY = SignerKey("witness.example", KeyType.COSIGNATURE, b"w" * 32)
OTHER = SignerKey("witness.example", KeyType.COSIGNATURE, b"v" * 32)
STORY = Story(leaves(300))


def signed(size: int, *keys: SignerKey) -> Note:
    return sign(Checkpoint("log.example", size, STORY.root(size)).text, *(keys or (LOG,)))


def request(old: int, new: int, note: Note | None = None) -> bytes:
    return AddCheckpoint(old, STORY.proof(old, new), note or signed(new)).encode()


@pytest.fixture
def state(tmp_path: Path) -> StateFile:
    StateFile.make(tmp_path, KEY.verifier())
    return StateFile.open(tmp_path, KEY.verifier())


def witness(state: StateFile, now: int = 1000) -> Cosign:
    return Cosign(KEY, {LOG.name: [LOG.verifier()]}, state, lambda: now, lambda _note, _refused: None)


def test_what_was_cosigned_is_known_after_a_restart(state: StateFile, tmp_path: Path) -> None:
    checkpoint, signature = witness(state)(request(0, 100))
    state.close()
    again = StateFile.open(tmp_path, KEY.verifier())
    with pytest.raises(OtherSize) as refused:
        witness(again)(request(0, 50))
    assert refused.value.size == checkpoint.size == 100
    (note,) = again.all()
    assert note.signatures[-1] == signature
    assert verify_checkpoint(note, LOG.verifier(), [KEY.verifier()]).cosignatures[0].time == 1000


def test_two_requests_at_once_never_both_advance_from_one_size(state: StateFile, tmp_path: Path) -> None:
    witness(state)(request(0, 10))
    others = [StateFile.open(tmp_path, KEY.verifier()) for _ in range(2)]
    start = threading.Barrier(16)
    given: list[int] = []

    def ask(number: int) -> None:
        body = request(10, 100 + number)
        start.wait()
        # All but the first have lost when their turn comes.
        with contextlib.suppress(OtherSize):
            given.append(witness([state, *others][number % 3])(body)[0].size)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 1
    assert Checkpoint.parse(state.all()[0].text).size == given[0]


def test_only_signatures_of_the_logs_trusted_keys_are_kept(state: StateFile) -> None:
    stranger = SignerKey("stranger.example", KeyType.ED25519, b"s" * 32)
    witness(state)(request(0, 100, signed(100, stranger, LOG)))
    assert [one.name for one in state.all()[0].signatures] == [LOG.name, KEY.name]


@pytest.mark.parametrize(
    ("note", "refusal"),
    [
        (sign(Checkpoint("else.example", 1, STORY.root(1)).text, LOG), UnknownLog),
        (signed(1, SignerKey("log.example", KeyType.ED25519, b"x" * 32)), NotSigned),
        (Note(signed(2).text, signed(1).signatures), NotSigned),
        (cosign(Note(signed(2).text, signed(1).signatures), OTHER, 5), NotSigned),
    ],
    ids=["another log", "another key", "another text's signature", "a witness's signature alone"],
)
def test_what_no_known_log_has_signed_is_not_cosigned(state: StateFile, note: Note, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        witness(state)(request(0, 1, note))
    assert state.all() == []


def test_a_note_that_is_no_checkpoint_is_malformed(state: StateFile) -> None:
    with pytest.raises(FormatError):
        witness(state)(AddCheckpoint(0, (), sign("hello\n", LOG)).encode())


def garble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:] = bytes(len(content) - 100)
    path.write_bytes(content)


def swap_note(path: Path) -> None:
    """A smaller tree than was cosigned, which the witness never signed."""
    connection = sqlite3.connect(path)
    connection.execute("UPDATE logs SET note = ?", (signed(5).encode(),))
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "harm",
    [Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"x" * 9000), garble, swap_note],
)
def test_a_lost_or_damaged_state_stops_the_start_and_says_what_to_do(
    state: StateFile, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    witness(state)(request(0, 100))
    state.close()
    harm(tmp_path / STATE)
    with pytest.raises(DirectoryUnusable, match="must never cosign again"):
        StateFile.open(tmp_path, KEY.verifier())


def test_the_state_of_another_key_stops_the_start(state: StateFile, tmp_path: Path) -> None:
    with pytest.raises(DirectoryUnusable, match="not the state of the key"):
        StateFile.open(tmp_path, OTHER.verifier())


def test_a_state_is_never_made_over_one_that_is_there(state: StateFile, tmp_path: Path) -> None:
    witness(state)(request(0, 100))
    with pytest.raises(DirectoryUnusable, match="is there already"):
        StateFile.make(tmp_path, KEY.verifier())
    assert len(state.all()) == 1
