"""The node's own log: every act once, in order, verifiable by anybody, and begun anew where it was put back."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from kit.events import envelope
from kit.events.node_log import NodeActor, event_id_of, producer_of
from node.adapters.acts import StaffActs, log_begun
from node.adapters.files.journal_file import journal_file
from node.adapters.files.log_folder import LogFolder
from node.adapters.files.sqlite_node_log import SqliteNodeLog
from node.application.keep_log import KeepLog
from node.domain.epoch import EpochId
from node.domain.node_log import LogAtHub, LogEntry, NodeLog
from tlog.body import EventBody
from tlog.hashing import leaf_hashes
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.record import LeafRecord, verify_commitment
from tlog.signing import verify_checkpoint
from tlog.tree import Frontier
from tlog.walk import Walk

ACTOR = NodeActor("providers/lisboa", "demo-lisboa", "PT")


class Ticking:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 25, tzinfo=UTC)

    def now(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@dataclass
class Home:
    """A node's folder, and what keeps its log; `restart` is a new process."""

    folder: Path

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        clock = Ticking()
        self.book = SqliteNodeLog(journal_file(self.folder / "journal.sqlite"))
        self.files = LogFolder(self.folder / "log")
        self.acts = StaffActs(self.book, clock)
        self.keep = KeepLog(self.book, self.files, partial(log_begun, clock))

    def log(self) -> NodeLog:
        found = self.keep.newest()
        assert found is not None
        return found

    def act(self, times: int = 1) -> None:
        for number in range(times):
            self.acts.ingested(EpochId(f"epoch-{number}"), opened=True)

    def at_hub(self, entries: int | None = None) -> LogAtHub:
        """What a hub says that has the first so many entries."""
        leaves = [entry.leaf for entry in self.keep.entries(0, 1_000_000)][:entries]
        return LogAtHub(self.log().id, len(leaves), Frontier().appended(leaf_hashes(leaves)).root())

    def verified(self) -> int:
        """Verifies the newest log from its files alone; its size."""
        log = self.log()
        key = VerifierKey.parse(self.files.verifier_key_file(log.id).read_text().strip())
        directory = self.files.of(log.id)
        note = directory.read_checkpoint()
        assert note is not None
        signed = verify_checkpoint(Note.parse(note), key).checkpoint
        walk = Walk(directory, signed.size)
        for _ in walk:
            pass
        assert walk.walked.frontier.root() == signed.root
        assert not any(numbers.gaps() for numbers in walk.walked.numbers.values())
        assert not walk.walked.repeats
        return signed.size


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def check_fits(log: NodeLog, entry: LogEntry) -> None:
    producer = producer_of(log.provider, log.id)
    record = LeafRecord.decode(entry.leaf)
    verify_commitment(record, entry.salt, entry.body)
    event = envelope.parse_body(EventBody.decode(entry.body))
    assert (record.event_id, record.producer, record.producer_number) == (event.event_id, producer, entry.number)
    assert event.event_id == event_id_of(producer, entry.number)
    assert (event.producer, event.number, event.actor) == (producer, entry.number, ACTOR.provider)


def test_acts_wait_until_the_hub_is_there_and_then_get_their_places_in_order(home: Home) -> None:
    home.act(3)
    assert home.keep.seal() == 0
    assert len(home.book.waiting()) == 3
    assert home.keep.meet(ACTOR, None) == 0
    assert home.keep.seal() == 4
    assert home.book.waiting() == []
    entries = home.keep.entries(0, 10)
    types = [envelope.parse_body(EventBody.decode(entry.body)).type.rpartition(".")[2] for entry in entries]
    assert types == ["NodeLogBegun", *["DataIngested"] * 3]
    for entry in entries:
        check_fits(home.log(), entry)
    assert home.verified() == 4


def test_a_log_over_several_tiles_is_verified_from_its_files_and_goes_on_after_a_restart(home: Home) -> None:
    home.keep.meet(ACTOR, None)
    for acts in (200, 55, 1, 300, 0):
        home.act(acts)
        home.keep.seal()
        home.verified()
    home.restart()
    assert home.keep.meet(ACTOR, home.at_hub(100)) == 100
    home.act()
    assert home.keep.seal() == 558
    assert home.verified() == 558


@pytest.mark.parametrize("lost", ["checkpoint", "tile", "everything", "a changed tile", "a changed checkpoint"])
def test_files_that_were_lost_or_changed_are_made_again_from_the_journal(home: Home, lost: str) -> None:
    home.keep.meet(ACTOR, None)
    home.act(300)
    home.keep.seal()
    at_hub, directory = home.at_hub(), home.files.of(home.log().id).path
    match lost:
        case "checkpoint":
            (directory / "checkpoint").unlink()
        case "tile":
            shutil.rmtree(directory / "tile" / "0")
        case "everything":
            shutil.rmtree(directory)
        case "a changed tile":
            for path in (directory / "tile" / "0" / "001.p").iterdir():
                path.write_bytes(bytes(len(path.read_bytes())))
        case "a changed checkpoint":
            (directory / "checkpoint").write_text("oncordia\n")
    home.restart()
    assert home.keep.meet(ACTOR, at_hub) == 301
    home.act()
    home.keep.seal()
    assert home.verified() == 302


def test_a_node_that_was_put_back_from_a_copy_begins_a_new_log_that_says_so(home: Home, tmp_path: Path) -> None:
    home.keep.meet(ACTOR, None)
    home.act(2)
    home.keep.seal()
    shutil.copytree(home.folder, tmp_path / "copy")
    home.act(5)
    home.keep.seal()
    at_hub, old = home.at_hub(), home.log()
    copy = Home(tmp_path / "copy")
    copy.act()
    assert copy.keep.meet(ACTOR, at_hub) == 0
    assert copy.log().id != old.id
    assert copy.keep.seal() == 2
    begun = envelope.parse_body(EventBody.decode(copy.keep.entries(0, 1)[0].body))
    assert begun.value is not None
    assert old.id.encode() in begun.value
    assert copy.verified() == 2


def test_a_copy_that_went_its_own_way_is_noticed_although_it_is_longer(home: Home, tmp_path: Path) -> None:
    home.keep.meet(ACTOR, None)
    shutil.copytree(home.folder, tmp_path / "copy")
    home.act(2)
    home.keep.seal()
    copy = Home(tmp_path / "copy")
    copy.keep.meet(ACTOR, None)
    copy.act(5)
    copy.keep.seal()
    old = copy.log().id
    assert copy.keep.meet(ACTOR, home.at_hub()) == 0
    assert copy.log().id != old


def test_a_journal_that_is_older_than_what_was_signed_begins_a_new_log(home: Home, tmp_path: Path) -> None:
    home.keep.meet(ACTOR, None)
    shutil.copytree(home.folder, tmp_path / "copy")
    home.act(2)
    home.keep.seal()
    at_hub, old = home.at_hub(1), home.log().id
    for path in home.folder.glob("journal.sqlite*"):
        path.unlink()
    for path in (tmp_path / "copy").glob("journal.sqlite*"):
        shutil.copy(path, home.folder)
    home.restart()
    assert home.keep.meet(ACTOR, at_hub) == 0
    assert home.log().id != old


@pytest.mark.parametrize("change", ["another provider", "a lost key"])
def test_a_log_whose_name_or_key_no_longer_fits_is_replaced(home: Home, change: str) -> None:
    home.keep.meet(ACTOR, None)
    old = home.log().id
    actor = ACTOR
    if change == "another provider":
        actor = NodeActor("providers/porto", "demo-porto", "PT")
    else:
        (home.folder / "log" / f"{old}.key").unlink()
    assert home.keep.meet(actor, home.at_hub()) == 0
    assert home.log().id != old
    assert home.verified() == 1


def test_the_key_is_its_owners_alone(home: Home) -> None:
    home.keep.meet(ACTOR, None)
    assert (home.folder / "log" / f"{home.log().id}.key").stat().st_mode & 0o777 == 0o600
