"""A whole log is verified from its files, in one go or in several."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tlog.support import reference_root
from tlog.errors import FormatError, TlogError, VerificationError
from tlog.growth import grown_bundles, grown_tiles
from tlog.hashing import leaf_hashes
from tlog.numbers import Numbers, Run
from tlog.record import Commitment, LeafRecord
from tlog.tiles import Bundle, Tile
from tlog.walk import Walk, Walked


def record(producer: str, number: int) -> bytes:
    return LeafRecord(UUID(int=number), producer, number, number * 1_000, Commitment(bytes(32))).encode()


def records(count: int, producer: str = "catalogue") -> list[bytes]:
    return [record(producer, number) for number in range(1, count + 1)]


@dataclass
class Files:
    """A log's files in memory, as a server has them that deletes partial files once it has the full ones."""

    tiles: dict[Tile, bytes] = field(default_factory=dict)
    bundles: dict[Bundle, bytes] = field(default_factory=dict)

    def read_tile(self, tile: Tile) -> bytes:
        return self.tiles.get(tile) or self.tiles[tile.full]

    def read_bundle(self, bundle: Bundle) -> bytes:
        return self.bundles.get(bundle) or self.bundles[bundle.full]


def files_of(entries: list[bytes]) -> Files:
    files = Files()
    files.tiles.update(grown_tiles(0, leaf_hashes(entries), files))
    files.bundles.update(grown_bundles(0, b"", entries))
    return files


def exhaust(walk: Walk) -> Walked:
    for _ in walk:
        pass
    return walk.walked


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 700])
def test_a_walk_leads_to_the_root_and_gives_every_entry_once(size: int) -> None:
    entries = records(size)
    walk = Walk(files_of(entries), size)
    given_ = [entry for _, bundle in walk for entry in bundle]
    assert given_ == entries
    assert walk.walked.frontier.root() == reference_root(leaf_hashes(entries))
    assert walk.walked.numbers == ({"catalogue": Numbers((Run(1, size),))} if size else {})
    assert walk.walked.repeats == {}


def test_three_levels_of_tiles_are_walked() -> None:
    size = 256 * 256 + 300
    walk = Walk(files_of(records(size)), size)
    assert exhaust(walk).frontier.size == size


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 600), min_size=1, max_size=4))
def test_a_walk_in_parts_ends_as_one_in_one_go(parts: list[int]) -> None:
    entries = records(sum(parts))
    walked, size = Walked(), 0
    for part in parts:
        size += part
        # The log has grown meanwhile, and only full files of older sizes are left.
        walked = exhaust(Walk(files_of(entries[:size]), size, walked))
    assert walked == exhaust(Walk(files_of(entries), len(entries)))


def test_an_interrupted_walk_goes_on_from_where_it_was() -> None:
    entries = records(2_000)
    files = files_of(entries)
    first = Walk(files, 2_000)
    for number, _ in enumerate(first):
        if number == 3:
            break
    walked = first.walked
    assert walked.frontier.size == 1_024
    second = Walk(files, 2_000, walked)
    assert [start for start, _ in second] == [1_024, 1_280, 1_536, 1_792]
    assert second.walked == exhaust(Walk(files, 2_000))


@pytest.mark.parametrize("seed", range(40))
def test_any_changed_byte_of_any_tile_or_bundle_is_found(seed: int) -> None:
    chance = random.Random(seed)
    size = chance.choice([1, 100, 256, 300, 700])
    files = files_of(records(size))
    place, kept = chance.choice([*files.tiles.items(), *files.bundles.items()])
    at = chance.randrange(len(kept))
    changed = kept[:at] + bytes([kept[at] ^ 1 << chance.randrange(8)]) + kept[at + 1 :]
    (files.tiles if isinstance(place, Tile) else files.bundles)[place] = changed  # type: ignore[index]  # one of the two
    with pytest.raises((FormatError, VerificationError)):
        exhaust(Walk(files, size))


def test_a_change_is_named_by_file_and_entry() -> None:
    files = files_of(records(600))
    files.tiles[Tile(0, 1)] = bytes(32) + files.tiles[Tile(0, 1)][32:]
    with pytest.raises(VerificationError, match=r"hash 0 of tile/0/001 is not that of entry 256 in tile/entries/001"):
        exhaust(Walk(files, 600))


def test_an_entry_changed_in_bundle_and_tile_alike_is_found_a_level_above() -> None:
    entries = records(600)
    files, other = files_of(entries), files_of([*entries[:300], record("catalogue", 9_999), *entries[301:]])
    files.bundles[Bundle(1)], files.tiles[Tile(0, 1)] = other.bundles[Bundle(1)], other.tiles[Tile(0, 1)]
    with pytest.raises(VerificationError, match="tile/1/000"):
        exhaust(Walk(files, 600))


def test_a_bundle_cut_at_an_entry_is_found() -> None:
    files = files_of(records(600))
    whole = files.bundles[Bundle(1)]
    files.bundles[Bundle(1)] = whole[: len(whole) * 255 // 256]
    with pytest.raises(VerificationError, match="tile/entries/001 holds 255 entries, not 256"):
        exhaust(Walk(files, 600))


def test_a_log_that_shrank_or_changed_behind_a_walk_is_not_gone_on_with() -> None:
    entries = records(700)
    walked = exhaust(Walk(files_of(entries), 700))
    with pytest.raises(VerificationError, match="rolled back"):
        Walk(files_of(entries[:600]), 600, walked)
    with pytest.raises(VerificationError, match="were changed since"):
        Walk(files_of([*entries[:699], record("catalogue", 1)]), 700, walked)


def test_missing_and_repeated_numbers_are_told_by_producer() -> None:
    entries = [record("a", 1), record("b", 1), record("a", 3), record("b", 2), record("a", 3), record("b", 1)]
    found = exhaust(Walk(files_of(entries), 6))
    assert found.numbers["a"].gaps() == (Run(2, 2),)
    assert found.numbers["b"].gaps() == ()
    assert found.repeats == {"a": Numbers((Run(3, 3),)), "b": Numbers((Run(1, 1),))}


@given(st.lists(st.lists(st.integers(1, 30), max_size=20), max_size=6))
def test_repeated_numbers_are_those_that_come_a_second_time(batches: list[list[int]]) -> None:
    seen, repeated = Numbers(), set[int]()
    for batch in batches:
        repeated.update(seen.repeated(batch))
        seen = seen.with_also(batch)
    everything = [number for batch in batches for number in batch]
    assert repeated == {number for number in everything if everything.count(number) > 1}


def test_an_entry_that_is_no_leaf_record_is_refused() -> None:
    with pytest.raises(TlogError, match="leaf record"):
        exhaust(Walk(files_of([b"\x02 something else"]), 1))
