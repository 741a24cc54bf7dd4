"""How the log asks its witnesses: rounds, sizes, and who is late, ahead or wrong. The witnesses are in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from audit_log.application.collect_cosignatures import CollectCosignatures
from audit_log.application.newest_cosigned import NewestCosigned
from audit_log.application.prove import Prove
from audit_log.application.show_cosigned import ShowCosigned
from audit_log.application.witnesses import Answer, Cosigned, HasSize, NotCosigned, Trouble, TroubleKind, WitnessSilent
from audit_log.domain.published import CheckpointFile, Published
from tests.unit.tlog.support import leaves
from tests.unit.witness.support import Story
from tests.world import until
from tlog.add_checkpoint import AddCheckpoint
from tlog.bundles import encode_bundle
from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosign
from tlog.keys import KeyType, SignerKey
from tlog.note import Note
from tlog.policy import Policy, Witness
from tlog.signing import sign
from tlog.tiles import Bundle, Tile
from witness.domain.advance import NOTHING, Seen, advance
from witness.domain.refusals import Forked, NotProved, OtherSize

LOG = SignerKey("log.example", KeyType.ED25519, b"l" * 32)
STORY = Story(leaves(400))
FORK = Story(leaves(400)[::-1])


def signed(size: int, story: Story = STORY) -> Published:
    root = story.root(size)
    return Published(size, root, sign(Checkpoint(LOG.name, size, root).text, LOG).encode())


@dataclass
class Rows:
    """The newest checkpoint of the database."""

    row: Published | None = None

    async def newest(self) -> Published | None:
        return self.row

    async def replace(self, *values: Published | None) -> bool:
        self.row = values[-1]
        return True


class Files:
    """The tiles of the story, and the checkpoints."""

    def __init__(self) -> None:
        self.checkpoints: dict[CheckpointFile, bytes] = {}
        self.written: list[int] = []

    def read_tile(self, tile: Tile) -> bytes:
        return STORY.read_tile(tile)

    def read_bundle(self, bundle: Bundle) -> bytes:
        return encode_bundle([])

    def write(self, files: Mapping[Tile | Bundle, bytes]) -> None:
        raise NotImplementedError

    def drop_partials(self, full: object) -> None:
        raise NotImplementedError

    def read_checkpoint(self, file: CheckpointFile) -> bytes | None:
        return self.checkpoints.get(file)

    def write_checkpoint(self, file: CheckpointFile, note: bytes) -> None:
        self.checkpoints[file] = note
        self.written.append(Checkpoint.parse(Note.parse(note).text).size)


@dataclass
class Person:
    """A witness, with the state machine of the real one."""

    name: str
    seen: Seen = NOTHING
    gone: bool = False
    answer: Answer | None = None
    """Given instead of its own."""
    holds: asyncio.Event | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def key(self) -> SignerKey:
        return SignerKey(self.name, KeyType.COSIGNATURE, self.name.encode().ljust(32, b"."))

    async def ask(self, request: AddCheckpoint) -> Answer:
        checkpoint = Checkpoint.parse(request.checkpoint.text)
        self.asked.append((request.old, checkpoint.size))
        if self.holds is not None:
            await self.holds.wait()
        if self.gone:
            raise WitnessSilent("gone")
        if self.answer is not None:
            return self.answer
        try:
            self.seen = advance(self.seen, request.old, request.proof, checkpoint, 1000)
        except (OtherSize, Forked) as refused:
            return HasSize(refused.size)
        except NotProved as refused:
            return NotCosigned(422, str(refused))
        return Cosigned(cosign(request.checkpoint, self.key, self.seen.time).signatures[-1:])


@dataclass
class Told:
    """All that the log was told of its witnesses."""

    troubles: list[tuple[str, Trouble]] = field(default_factory=list)
    sizes: list[tuple[str, int]] = field(default_factory=list)
    public: list[int] = field(default_factory=list)
    late_at: list[int] = field(default_factory=list)

    def cosigned(self, witness: Witness, size: int, time: int) -> None:
        self.sizes.append((witness.name, size))

    def troubled(self, witness: Witness, trouble: Trouble) -> None:
        self.troubles.append((witness.name, trouble))

    def published(self, size: int) -> None:
        self.public.append(size)

    def late(self, size: int) -> None:
        self.late_at.append(size)

    def unwritable(self, where: str) -> None:
        raise AssertionError(where)

    def kinds(self, name: str) -> set[TroubleKind]:
        return {trouble.kind for who, trouble in self.troubles if who == name}


class World:
    """A log that has signed `size` entries, and witnesses by their names."""

    def __init__(self, threshold: str, *people: Person, size: int = 10, patience: float = 60) -> None:
        self.people = {person.name: person for person in people}
        lines = "".join(f"witness {p.name} {p.key.verifier()} {p.name}\n" for p in people)
        self.policy = Policy.parse(f"{lines}group all {threshold} {' '.join(self.people)}\nquorum all\n".encode())
        self.signed, self.cosigned, self.files, self.told = Rows(signed(size)), Rows(), Files(), Told()
        self.wake = asyncio.Event()
        self.collect = CollectCosignatures(
            policy=self.policy,
            checkpoints=self.signed,
            cosigned=self.cosigned,
            show=ShowCosigned(self.files, self.told, lambda _: None),
            prove=Prove(self.files, self.signed, NewestCosigned(self.policy, self.cosigned)),
            witnesses=self,
            watch=self.told,
            wake=self.wake,
            pace=0.01,
            longest_wait=0.01,
            fault=lambda _: None,
            patience=patience,
        )

    async def ask(self, url: str, request: AddCheckpoint) -> Answer:
        return await self.people[url].ask(request)

    def grow(self, size: int) -> None:
        self.signed.row = signed(size)
        self.wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        jobs = [self.collect.aim(), *(self.collect.follow(witness) for witness in self.policy.witnesses)]
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            yield
            assert not any(task.done() for task in tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def published(self, size: int) -> Note:
        """What the world is shown, once it has that size."""

        async def is_public() -> bool:
            note = self.files.checkpoints.get(CheckpointFile.SERVED)
            return note is not None and Checkpoint.parse(Note.parse(note).text).size == size

        await until(is_public)
        return Note.parse(self.files.checkpoints[CheckpointFile.SERVED])


def _told(world: World, what: tuple[str, int]) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return what in world.told.sizes

    return condition


def _asked(person: Person) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return bool(person.asked)

    return condition


def _all_troubled(world: World, *names: str) -> Callable[[], Awaitable[bool]]:
    async def condition() -> bool:
        return all(world.told.kinds(name) for name in names)

    return condition


async def test_each_step_is_proved_from_the_size_that_the_witness_has() -> None:
    anna = Person("anna")
    world = World("all", anna)
    async with world.running():
        for size in (10, 11, 256, 300):
            world.grow(size)
            await world.published(size)
    assert anna.asked == [(0, 10), (10, 11), (11, 256), (256, 300)]
    assert world.told.troubles == []


async def test_a_witness_that_has_an_earlier_size_is_asked_again_from_there() -> None:
    anna = Person("anna", seen=Seen(7, STORY.root(7), 1))
    world = World("all", anna)
    async with world.running():
        await world.published(10)
    assert anna.asked == [(0, 10), (7, 10)]


async def test_a_slow_witness_holds_up_nobody_and_its_cosignature_is_added_when_it_comes() -> None:
    anna, bert = Person("anna"), Person("bert", holds=asyncio.Event())
    world = World("any", anna, bert)
    async with world.running():
        for size in (10, 20, 30):
            world.grow(size)
            note = await world.published(size)
        assert [one.name for one in note.signatures] == ["log.example", "anna"]
        assert bert.holds is not None
        bert.holds.set()

        async def both() -> bool:
            return len((await world.published(30)).signatures) == 3

        await until(both)
    assert bert.asked == [(0, 10), (10, 30)]


async def test_a_quorum_that_is_late_is_told_and_the_round_begins_anew_with_the_newest() -> None:
    anna, bert = Person("anna"), Person("bert", gone=True)
    world = World("all", anna, bert, patience=0.02)
    async with world.running():
        for size in (10, 20, 30):
            world.grow(size)
            await until(_told(world, ("anna", size)))
        assert world.told.late_at
        assert world.cosigned.row is None
        assert world.told.kinds("bert") == {TroubleKind.SILENT}
        bert.gone = False
        assert len((await world.published(30)).signatures) == 3


async def test_a_witness_that_has_a_later_checkpoint_of_ours_is_asked_for_the_newest() -> None:
    anna = Person("anna", holds=asyncio.Event())
    world = World("all", anna)
    async with world.running():
        await until(_asked(anna))
        # Meanwhile somebody has shown it what the log has signed since.
        anna.seen = Seen(20, STORY.root(20), 1)
        world.grow(30)
        assert anna.holds is not None
        anna.holds.set()
        await world.published(30)
    assert world.told.troubles == []
    assert anna.asked == [(0, 10), (20, 30)]


async def test_whoever_was_shown_another_log_contradicts_and_the_others_go_on() -> None:
    forked = [Person(name, seen=Seen(n, FORK.root(n), 1)) for name, n in (("same", 10), ("early", 5), ("far", 99))]
    world = World("any", *forked, Person("anna"))
    async with world.running():
        note = await world.published(10)
        await until(_all_troubled(world, "same", "early", "far"))
    assert [one.name for one in note.signatures] == ["log.example", "anna"]
    for name in ("same", "early", "far"):
        assert world.told.kinds(name) == {TroubleKind.CONTRADICTS}


async def test_a_wrong_or_foreign_cosignature_counts_nothing() -> None:
    bert = Person("bert")
    foreign = Cosigned(cosign(Note.parse(signed(10).note), bert.key, 1000).signatures[-1:])
    other_text = Cosigned(cosign(Note.parse(signed(9).note), Person("liar").key, 1000).signatures[-1:])
    world = World("any", Person("copies", answer=foreign), Person("liar", answer=other_text))
    async with world.running():
        await until(_all_troubled(world, "copies", "liar"))
    assert world.cosigned.row is None
    assert world.told.kinds("liar") == world.told.kinds("copies") == {TroubleKind.REFUSES}


async def test_what_is_stored_is_asked_of_nobody_again() -> None:
    first = World("all", Person("anna"))
    async with first.running():
        await first.published(10)
    second = World("all", Person("anna", gone=True))
    second.cosigned.row = first.cosigned.row
    async with second.running():
        await second.published(10)
        assert second.people["anna"].asked == []
    assert second.told.sizes == [("anna", 10)]


async def test_a_larger_checkpoint_that_was_shown_before_the_policy_is_never_replaced_by_a_smaller_one() -> None:
    world = World("all", Person("anna"), size=20)
    world.files.checkpoints[CheckpointFile.SERVED] = signed(300).note
    async with world.running():
        await until(_told(world, ("anna", 20)))
        world.grow(300)

        async def is_cosigned() -> bool:
            return len((await world.published(300)).signatures) == 2

        await until(is_cosigned)
    assert world.told.public == [20, 300]
    assert world.files.written == [300]
