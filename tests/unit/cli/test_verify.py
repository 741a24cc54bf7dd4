"""`oncordia audit verify` on logs in directories: what it proves, what it finds wrong, and what it remembers."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from cli.__main__ import app
from tests.unit.cli.support import KEY, WITNESS, says
from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosign
from tlog.growth import grown_bundles, grown_tiles
from tlog.hashing import leaf_hashes
from tlog.keys import KeyType, SignerKey
from tlog.note import Note
from tlog.reader import TileMap
from tlog.record import Commitment, LeafRecord
from tlog.signing import sign
from tlog.tiles import Bundle, Tile
from tlog.tree import Frontier


def record(number: int, producer: str = "catalogue") -> bytes:
    return LeafRecord(UUID(int=number), producer, number, number, Commitment(bytes(32))).encode()


def records(count: int) -> list[bytes]:
    return [record(number) for number in range(1, count + 1)]


@dataclass(frozen=True)
class Log:
    """The files of a log, and a home for whoever verifies them."""

    home: Path

    @property
    def files(self) -> Path:
        return self.home / "log"

    def publish(self, entries: list[bytes], key: SignerKey = KEY) -> Note:
        """Writes the files anew, as a log of these entries has them."""
        hashes = leaf_hashes(entries)
        tiles, bundles = grown_tiles(0, hashes, TileMap({})), grown_bundles(0, b"", entries)
        for place, content in chain[tuple[Tile | Bundle, bytes]](tiles.items(), bundles.items()):
            path = self.files / place.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        note = sign(Checkpoint(key.name, len(entries), Frontier().appended(hashes).root()).text, key)
        (self.files / "checkpoint").write_bytes(note.encode())
        return note

    def verify(self, *options: str) -> Result:
        environment = {**os.environ, "XDG_STATE_HOME": str(self.home / "state")}
        arguments = ["audit", "verify", str(self.files), "--log-key", str(KEY.verifier()), *options]
        return CliRunner(env=environment).invoke(app, arguments)

    @property
    def state(self) -> Path:
        return self.home / "state" / "oncordia" / f"verified-{KEY.verifier().key_id.hex()}.json"


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_a_sound_log_is_proved_and_what_was_not_given_is_said(log: Log) -> None:
    log.publish(records(700))
    result = log.verify()
    assert result.exit_code == 0, result.output
    assert "example.invalid/log signed this log of 700 entries" in says(result)
    assert "events 1 to 700 of catalogue are there, each once" in says(result)
    assert "NOT PROVED that everybody is shown this log and no other" in says(result)
    assert "no earlier checkpoint is known here" in says(result)


def test_the_next_run_goes_on_and_proves_that_the_log_only_grew(log: Log) -> None:
    log.publish(records(700))
    assert log.verify().exit_code == 0
    log.publish(records(1_100))
    found = json.loads(log.verify("--json").stdout)
    assert (found["size"], found["verified_before"], found["continues"]) == (1_100, 700, [700])
    assert found["producers"] == {"catalogue": {"highest": 1_100, "missing": [], "repeated": []}}
    again = json.loads(log.verify("--json", "--afresh").stdout)
    assert (again["verified_before"], again["continues"]) == (0, [1_100])


def test_a_log_that_was_rolled_back_is_told_from_what_was_seen_before(log: Log) -> None:
    log.publish(records(700))
    assert log.verify().exit_code == 0
    log.publish(records(600))
    for options in ([], ["--afresh"]):
        result = log.verify(*options)
        assert result.exit_code == 1
        assert "CONTRADICTED" in says(result)
        assert "it was rolled back" in says(result)


def test_a_forked_log_is_told_from_what_was_seen_before_here_or_elsewhere(log: Log, tmp_path: Path) -> None:
    shown_elsewhere = tmp_path / "checkpoint-of-a-colleague"
    shown_elsewhere.write_bytes(log.publish([*records(500), record(999)]).encode())
    log.publish(records(700))
    assert "the log forked" in says(log.verify("--checkpoint", str(shown_elsewhere)))
    assert log.verify().exit_code == 0
    log.publish([*records(600), *(record(number, "other") for number in range(1, 201))])
    assert "were changed since they were verified" in says(log.verify())
    forked = log.verify("--afresh")
    assert forked.exit_code == 1
    assert "a tree of 700 entries that is not the beginning of that of 800" in says(forked)


def test_another_tree_of_the_same_size_is_a_fork(log: Log) -> None:
    log.publish(records(700))
    assert log.verify().exit_code == 0
    log.publish([*records(699), record(9_999)])
    assert "the log forked" in says(log.verify("--afresh"))


def test_missing_and_repeated_events_end_with_two(log: Log) -> None:
    log.publish([*records(10), record(13), record(7)])
    result = log.verify()
    assert result.exit_code == 2
    assert "events 11 to 12 of catalogue are missing" in says(result)
    assert "events 7 of catalogue are there more than once" in says(result)
    assert json.loads(log.verify("--json").stdout)["producers"]["catalogue"]["missing"] == [{"start": 11, "end": 12}]


def test_a_witness_that_must_have_cosigned_is_named_with_its_time_or_as_missing(log: Log) -> None:
    note = log.publish(records(3))
    policy = log.home / "policy"
    policy.write_text(f"witness w {WITNESS.verifier()}\nquorum w\n")
    for options in (["--witness", str(WITNESS.verifier())], ["--policy", str(policy)]):
        (log.files / "checkpoint").write_bytes(note.encode())
        missing = log.verify(*options)
        assert missing.exit_code == 2
        assert re.search("WRONG (not cosigned by example|the witness policy is not met)", says(missing))
        (log.files / "checkpoint").write_bytes(cosign(note, WITNESS, 1_764_054_000).encode())
        result = log.verify(*options)
        assert result.exit_code == 0
        assert "the witness example.invalid/witness has seen this checkpoint, 2025-11-25 07:00:00 UTC" in says(result)
        assert "no witness is asked for" not in says(result)


def test_a_checkpoint_of_another_key_or_a_forged_one_proves_nothing(log: Log) -> None:
    other = SignerKey(KEY.name, KeyType.ED25519, bytes(32))
    log.publish(records(3), other)
    assert "signed by none of the known keys" in says(log.verify())
    note = log.publish(records(3))
    (log.files / "checkpoint").write_bytes(note.encode().replace(b"\n3\n", b"\n4\n"))
    assert "signature of example.invalid/log is wrong" in says(log.verify())


def test_a_root_that_the_entries_do_not_have_is_found(log: Log) -> None:
    log.publish(records(3))
    lie = sign(Checkpoint(KEY.name, 3, Frontier().appended(leaf_hashes(records(2))).root()).text, KEY)
    (log.files / "checkpoint").write_bytes(lie.encode())
    assert "another root than the one that was signed" in says(log.verify())


def test_a_missing_file_is_named_and_nothing_is_remembered(log: Log) -> None:
    log.publish(records(700))
    (log.files / "tile/entries/001").unlink()
    result = log.verify()
    assert result.exit_code == 1
    assert "tile/entries/001 is missing" in says(result)
    assert "CONTRADICTED" not in says(result)
    assert not log.state.exists()


def test_a_damaged_memory_is_never_taken_for_a_first_visit(log: Log) -> None:
    log.publish(records(3))
    assert log.verify().exit_code == 0
    log.state.write_text(log.state.read_text()[:-20])
    result = log.verify()
    assert result.exit_code == 1
    assert f"verified-{KEY.verifier().key_id.hex()}.json can't be read" in result.output.replace("\n", "")


def test_the_memory_of_one_log_is_not_used_for_another(log: Log) -> None:
    log.publish(records(3))
    assert log.verify().exit_code == 0
    other = SignerKey("example.invalid/other", KeyType.ED25519, bytes(32))
    log.publish(records(3), other)
    result = log.verify("--log-key", str(other.verifier()), "--state", str(log.state))
    assert "remembers another log" in says(result)


def test_a_place_that_is_no_log_is_refused(log: Log) -> None:
    assert "neither a directory nor an http(s) URL" in says(log.verify())
