"""What is changed in the mutation test: every kind of bytes that a reader gets, and what the reader does with them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from tests.integration.foreign.mutations import Target
from tests.integration.foreign.reader import CHECKPOINT, Reader
from tlog.body import EventBody
from tlog.errors import VerificationError
from tlog.evidence import Evidence, Opening, verify_evidence
from tlog.hashing import HASH_SIZE, Hash, leaf_hash
from tlog.note import Note
from tlog.record import LeafRecord, Salt, verify_commitment
from tlog.signing import SignedCheckpoint, verify_checkpoint
from tlog.tiles import TILE_WIDTH, Bundle, Tile, bundle_at, edge_tiles, parse_path, tile_at
from tlog.verify import verify_consistency, verify_inclusion

Kind: TypeAlias = Callable[[Reader, random.Random], Target]
"""Draws a target of a kind."""


def _full_tile(reader: Reader, chance: random.Random) -> Target:
    return _file(reader, tile_at(0, chance.randrange(reader.published.size // TILE_WIDTH), reader.published.size))


def _edge_tile(level: int) -> Kind:
    return lambda reader, _: _file(reader, edge_tiles(reader.published.size)[level])


def _full_bundle(reader: Reader, chance: random.Random) -> Target:
    return _file(reader, bundle_at(chance.randrange(reader.published.size // TILE_WIDTH), reader.published.size))


def _edge_bundle(reader: Reader, _: random.Random) -> Target:
    return _file(reader, bundle_at(reader.published.size // TILE_WIDTH, reader.published.size))


def _older(of: type[Tile] | type[Bundle]) -> Kind:
    """A partial file that is left of an older size, for a reader who has a checkpoint of then."""

    def draw(reader: Reader, chance: random.Random) -> Target:
        size = reader.published.size
        newest = {*edge_tiles(size), bundle_at(size // TILE_WIDTH, size)}
        places = [parse_path(path) for path in reader.files if path != CHECKPOINT]
        left = sorted(p.path for p in places if isinstance(p, of) and p.width < TILE_WIDTH and p not in newest)
        path = chance.choice(left)
        return _all_of(path, reader.files[path], lambda content: reader.whole_when_at_edge(path, content))

    return draw


def _checkpoint(reader: Reader, _: random.Random) -> Target:
    note = reader.published.note
    return _all_of(CHECKPOINT, note, lambda content: reader.whole(CHECKPOINT, content))


def _cosigned(reader: Reader, _: random.Random) -> Target:
    def verify(content: bytes) -> SignedCheckpoint:
        signed = verify_checkpoint(Note.parse(content), reader.key, [reader.witness])
        if not signed.cosignatures:
            raise VerificationError("the witness that the reader asks for has not cosigned")
        return signed

    return _all_of(CHECKPOINT, reader.cosigned().encode(), verify)


def _line_of_a_stranger(reader: Reader, _: random.Random) -> Target:
    note = reader.signed_by_a_stranger_too()
    content = note.encode()
    line = f"{note.signatures[-1]}\n".encode()
    return Target(
        CHECKPOINT,
        content,
        lambda content: verify_checkpoint(Note.parse(content), reader.key),
        range(len(content) - len(line), len(content)),
        ignorable=True,
    )


def _record(reader: Reader, chance: random.Random) -> Target:
    evidence = chance.choice(reader.opened)
    return _all_of(
        f"entry {evidence.index}", evidence.record, lambda content: _included(reader, replace(evidence, record=content))
    )


def _salt(reader: Reader, chance: random.Random) -> Target:
    evidence, opening = _opened(reader, chance)
    return _all_of(
        f"entry {evidence.index}", opening.salt, lambda content: _commits(evidence, Salt(content), opening.body)
    )


def _body(reader: Reader, chance: random.Random) -> Target:
    evidence, opening = _opened(reader, chance)
    return _all_of(f"entry {evidence.index}", opening.body, lambda content: _commits(evidence, opening.salt, content))


def _inclusion(reader: Reader, chance: random.Random) -> Target:
    evidence = chance.choice(reader.opened)
    return _all_of(
        f"entry {evidence.index}",
        b"".join(evidence.hashes),
        lambda content: _included(reader, replace(evidence, hashes=tuple(_hashes(content)))),
    )


def _consistency(reader: Reader, _: random.Random) -> Target:
    older, newest = reader.older, reader.published
    return _all_of(
        f"{older.size} to {newest.size}",
        b"".join(reader.consistency),
        lambda content: verify_consistency(
            old_size=older.size,
            old_root=older.root,
            new_size=newest.size,
            new_root=newest.root,
            proof=_hashes(content),
        ),
    )


def _proof_file(*, opened: bool) -> Kind:
    def draw(reader: Reader, chance: random.Random) -> Target:
        evidence = chance.choice(reader.opened)
        data = (evidence if opened else replace(evidence, opening=None)).encode()
        return _all_of(
            f"entry {evidence.index}", data, lambda content: verify_evidence(Evidence.decode(content), reader.key)
        )

    return draw


KINDS: Final[Mapping[str, Kind]] = {
    "full tile": _full_tile,
    "partial tile": _edge_tile(0),
    "tile of level 1": _edge_tile(1),
    "partial tile of an older size": _older(Tile),
    "full bundle": _full_bundle,
    "partial bundle": _edge_bundle,
    "partial bundle of an older size": _older(Bundle),
    "checkpoint": _checkpoint,
    "checkpoint with the cosignature that is asked for": _cosigned,
    "signature line of an unknown key": _line_of_a_stranger,
    "leaf record": _record,
    "salt": _salt,
    "body": _body,
    "inclusion proof": _inclusion,
    "consistency proof": _consistency,
    "proof file": _proof_file(opened=False),
    "proof file with salt and body": _proof_file(opened=True),
}


def _all_of(name: str, data: bytes, verify: Callable[[bytes], object]) -> Target:
    return Target(name, data, verify, range(len(data)))


def _file(reader: Reader, place: Tile | Bundle) -> Target:
    path = place.path
    return _all_of(path, reader.files[path], lambda content: reader.whole(path, content))


def _opened(reader: Reader, chance: random.Random) -> tuple[Evidence, Opening]:
    evidence = chance.choice(reader.opened)
    assert evidence.opening is not None
    return evidence, evidence.opening


def _hashes(content: bytes) -> list[Hash]:
    return [Hash(content[at : at + HASH_SIZE]) for at in range(0, len(content), HASH_SIZE)]


def _included(reader: Reader, evidence: Evidence) -> None:
    verify_inclusion(
        leaf=leaf_hash(evidence.record),
        index=evidence.index,
        size=reader.published.size,
        root=reader.published.root,
        proof=evidence.hashes,
    )


def _commits(evidence: Evidence, salt: Salt, body: bytes) -> EventBody:
    verify_commitment(LeafRecord.decode(evidence.record), salt, body)
    return EventBody.decode(body)
