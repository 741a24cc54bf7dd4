"""A witness process, asked over HTTP: every status of c2sp.org/tlog-witness, and its promise through kills."""

import contextlib
import random
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.integration.witness.conftest import LOG_KEY
from tests.integration.witness.world import Witness, signed
from tests.unit.witness.support import Story
from tests.world import wait_until
from tlog.add_checkpoint import MAX_REQUEST, SIZE_TYPE, AddCheckpoint
from tlog.hashing import EMPTY_ROOT, leaf_hashes
from tlog.keys import KeyType, SignerKey
from tlog.note import Note
from tlog.signing import verify_checkpoint
from witness.adapters.state_file import STATE

STORY = Story(leaf_hashes([f"entry {n}".encode() for n in range(300)]))
FORK = Story(leaf_hashes([f"other {n}".encode() for n in range(300)]))
STRANGER = SignerKey("stranger.example", KeyType.ED25519, b"s" * 32)
IMPOSTOR = SignerKey(LOG_KEY.name, KeyType.ED25519, b"i" * 32)


def ask(old: int, new: int, story: Story = STORY, key: SignerKey = LOG_KEY) -> AddCheckpoint:
    return AddCheckpoint(old, story.proof(old, new), signed(key, new, story.root(new)))


def test_a_log_that_grows_is_cosigned_step_by_step_and_again_at_the_same_size(witness: Witness) -> None:
    steps = [(0, 0), (0, 10), (10, 256), (256, 256), (256, 300)]
    assert [witness.cosigned_size(ask(old, new)) for old, new in steps] == [new for _, new in steps]


REFUSED = {
    "no request": (b"hello\n", HTTPStatus.BAD_REQUEST),
    "no checkpoint": (b"old 100\n\nhello\n", HTTPStatus.BAD_REQUEST),
    "a size with zeros": (b"old 0100\n\n" + signed(LOG_KEY, 200, STORY.root(200)).encode(), HTTPStatus.BAD_REQUEST),
    "64 hashes": (
        ask(100, 200).encode().replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n" * 64 + b"\n", 1),
        HTTPStatus.BAD_REQUEST,
    ),
    "old beyond the checkpoint": (ask(201, 200).encode(), HTTPStatus.BAD_REQUEST),
    "signed by an unknown key": (ask(100, 200, key=IMPOSTOR).encode(), HTTPStatus.FORBIDDEN),
    "a signature of another text": (
        AddCheckpoint(
            100,
            STORY.proof(100, 200),
            Note(signed(LOG_KEY, 200, STORY.root(200)).text, signed(LOG_KEY, 201, STORY.root(201)).signatures),
        ).encode(),
        HTTPStatus.FORBIDDEN,
    ),
    "an unknown log": (ask(100, 200, key=STRANGER).encode(), HTTPStatus.NOT_FOUND),
    "a proof from another size": (ask(99, 200).encode(), HTTPStatus.CONFLICT),
    "a rolled back log": (ask(50, 60).encode(), HTTPStatus.CONFLICT),
    "another tree of the same size": (ask(100, 100, FORK).encode(), HTTPStatus.CONFLICT),
    "a fork with its own proof": (ask(100, 200, FORK).encode(), HTTPStatus.UNPROCESSABLE_ENTITY),
    "no proof": (AddCheckpoint(100, (), ask(100, 200).checkpoint).encode(), HTTPStatus.UNPROCESSABLE_ENTITY),
    "a proof that nothing changed": (
        AddCheckpoint(100, (EMPTY_ROOT,), ask(100, 100).checkpoint).encode(),
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    "too much": (b"x" * (MAX_REQUEST + 1), HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
}


@pytest.fixture(scope="module")
def at_a_hundred(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    """A witness that has cosigned a hundred entries, for all tests that it refuses."""
    witness = Witness("carl", tmp_path_factory.mktemp("witness") / "carl", [LOG_KEY.verifier()])
    witness.start()
    witness.cosigned_size(ask(0, 100))
    yield witness
    witness.stop()


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_refused_has_the_status_of_the_specification(
    at_a_hundred: Witness, body: bytes, status: HTTPStatus
) -> None:
    found, type_, answer = at_a_hundred.post(body)
    assert found == status, answer
    if status is HTTPStatus.CONFLICT:
        assert (type_, answer) == (SIZE_TYPE, b"100\n")
    # It has promised a hundred entries as before.
    assert at_a_hundred.cosigned_size(ask(100, 100)) == 100


def test_a_fork_is_an_error_in_the_witness_s_log(at_a_hundred: Witness) -> None:
    at_a_hundred.post(ask(100, 200, FORK).encode())
    evidence = ask(100, 200, FORK).checkpoint.encode().decode()
    assert re.search(f"ERROR {LOG_KEY.name} may tell two stories: .* 200 entries.*", at_a_hundred.words())
    assert repr(evidence) in at_a_hundred.words()


def test_a_checkpoint_is_only_ever_posted(at_a_hundred: Witness) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://{at_a_hundred.address}/add-checkpoint", timeout=30)
    assert refused.value.code == HTTPStatus.METHOD_NOT_ALLOWED


def test_a_monitor_reads_what_was_cosigned_last(at_a_hundred: Witness) -> None:
    path = f"{sha256(LOG_KEY.name.encode()).hexdigest()}/checkpoint"
    with urllib.request.urlopen(f"http://{at_a_hundred.address}/{path}", timeout=30) as page:
        seen = verify_checkpoint(Note.parse(page.read()), LOG_KEY.verifier(), [at_a_hundred.key])
    assert (seen.checkpoint.size, len(seen.cosignatures)) == (100, 1)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://{at_a_hundred.address}/{'0' * 64}/checkpoint", timeout=30)


def test_a_witness_that_dies_before_it_answers_has_promised_all_the_same(witness: Witness) -> None:
    witness.cosigned_size(ask(0, 100))
    witness.kill()
    witness.start(dying="unsaid")
    with pytest.raises((OSError, HTTPException)):
        witness.post(ask(100, 200).encode())
    assert witness.ended() == -9
    witness.start()
    assert witness.post(ask(100, 150).encode())[::2] == (HTTPStatus.CONFLICT, b"200\n")
    assert witness.post(ask(200, 200, FORK).encode())[0] == HTTPStatus.CONFLICT
    assert witness.cosigned_size(ask(200, 200)) == 200


def test_a_witness_that_dies_before_it_has_saved_has_promised_nothing(witness: Witness) -> None:
    witness.cosigned_size(ask(0, 100))
    witness.kill()
    witness.start(dying="unsaved")
    with pytest.raises((OSError, HTTPException)):
        witness.post(ask(100, 200).encode())
    assert witness.ended() == -9
    witness.start()
    assert witness.cosigned_size(ask(100, 150)) == 150


def grow(witness: Witness, cosigned: list[int]) -> None:
    """Asks for one entry more after another until it is killed, at the end of the tree for the same again."""
    with contextlib.suppress(OSError, HTTPException):
        while True:
            cosigned.append(witness.cosigned_size(ask(cosigned[-1], min(cosigned[-1] + 1, 299))))


def test_whatever_was_cosigned_before_a_kill_is_known_after_it(witness: Witness) -> None:
    chance = random.Random(7)
    cosigned = [0]
    for _ in range(5):
        asking = threading.Thread(target=grow, args=(witness, cosigned))
        enough = cosigned[-1] + chance.randrange(1, 30)
        asking.start()
        wait_until(lambda: cosigned[-1] >= enough or not asking.is_alive())  # noqa: B023 - it is awaited here
        witness.kill()
        asking.join()
        witness.start()
        status, _, size = witness.post(ask(300, 300).encode())
        # One more may have been saved whose cosignature did not come out.
        assert (status, int(size) - cosigned[-1]) in [(HTTPStatus.CONFLICT, 0), (HTTPStatus.CONFLICT, 1)]
        cosigned.append(int(size))
        assert cosigned[-1] >= enough


def test_a_witness_whose_state_is_lost_does_not_start_and_says_what_to_do(witness: Witness, tmp_path: Path) -> None:
    witness.cosigned_size(ask(0, 100))
    witness.stop()
    (witness.directory / STATE).unlink()
    witness.start(wait=False)
    assert witness.ended() == 1
    assert "must never cosign again" in witness.words()
    again = witness.command("init", "--name", "anna.example", "--dir", str(witness.directory))
    assert (again.returncode, "never overwritten" in again.stderr) == (1, True)
    assert not (witness.directory / STATE).exists()


def test_the_status_shows_what_was_cosigned(witness: Witness) -> None:
    witness.cosigned_size(ask(0, 100))
    shown = witness.command("status", "--dir", str(witness.directory)).stdout.splitlines()
    assert shown[0] == str(witness.key)
    assert shown[1].startswith(f"{LOG_KEY.name}: 100 entries, cosigned at 2")
