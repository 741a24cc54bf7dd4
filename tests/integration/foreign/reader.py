"""What somebody has of a log who trusts nothing but its key: its files, older checkpoints, entries and proofs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from audit_log.domain.published import Published
from kit.identity.log_key import read_log_key
from tests.integration.foreign.standing_log import StandingLog
from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosign
from tlog.errors import VerificationError
from tlog.evidence import Evidence
from tlog.hashing import Hash, leaf_hashes
from tlog.keys import KeyType, SignerKey, VerifierKey
from tlog.note import Note
from tlog.signing import sign, verify_checkpoint
from tlog.tiles import TILE_HEIGHT, TILE_WIDTH, Bundle, Tile, parse_path
from tlog.tree import Frontier
from tlog.walk import Walk

CHECKPOINT = "checkpoint"
_SEEN = 1_700_000_000
_WITNESS = SignerKey("witness.example", KeyType.COSIGNATURE, b"w" * 32)
_STRANGER = SignerKey("stranger.example", KeyType.COSIGNATURE, b"s" * 32)


def whole_log(files: Mapping[str, bytes], key: VerifierKey) -> Published:
    """Our verifier of a whole log, as `oncordia audit verify` goes through it. Raises TlogError."""
    note = files[CHECKPOINT]
    signed = verify_checkpoint(Note.parse(note), key).checkpoint
    walk = Walk(_Files(files), signed.size)
    for _ in walk:
        pass
    if walk.walked.frontier.root() != signed.root:
        raise VerificationError("the entries lead to another root than the signed one")
    return Published(signed.size, signed.root, note)


@dataclass(frozen=True)
class _Files:
    """For a partial file that is gone, the full one."""

    files: Mapping[str, bytes]

    def read_tile(self, tile: Tile) -> bytes:
        return self._read(tile)

    def read_bundle(self, bundle: Bundle) -> bytes:
        return self._read(bundle)

    def _read(self, place: Tile | Bundle) -> bytes:
        return self.files[place.path if place.path in self.files else place.full.path]


@dataclass(frozen=True)
class Reader:
    """`files` by their paths, among them partial tiles and bundles that only older checkpoints speak of."""

    files: Mapping[str, bytes]
    published: Published
    key: VerifierKey
    opened: tuple[Evidence, ...]
    older: Published
    consistency: list[Hash]
    # The log's own: it signs the older checkpoints, which it does not keep.
    signer: SignerKey
    leaves: list[bytes]

    def whole(self, path: str, content: bytes) -> Published:
        """The whole log with other content in one file."""
        return whole_log({**self.files, path: content}, self.key)

    def whole_when_at_edge(self, path: str, content: bytes) -> Published:
        """The same for a partial tile or bundle, as of the smallest log that has it."""
        place = parse_path(path)
        level = place.level if isinstance(place, Tile) else 0
        size = (TILE_WIDTH * place.index + place.width) << TILE_HEIGHT * level
        root = Frontier().appended(leaf_hashes(self.leaves[:size])).root()
        note = sign(Checkpoint(self.key.name, size, root).text, self.signer).encode()
        return whole_log({**self.files, path: content, CHECKPOINT: note}, self.key)

    def cosigned(self) -> Note:
        """The checkpoint, with the cosignature of a witness whose key the reader has."""
        return cosign(Note.parse(self.published.note), _WITNESS, _SEEN)

    @property
    def witness(self) -> VerifierKey:
        return _WITNESS.verifier()

    def signed_by_a_stranger_too(self) -> Note:
        """The checkpoint, with the cosignature of a key that the reader does not know."""
        return cosign(Note.parse(self.published.note), _STRANGER, _SEEN)


def reader_of(standing: StandingLog) -> Reader:
    """Reads all that is served."""
    # Names with a dot are of files that a kill left half written; they are not served.
    paths = [path for path in standing.files.rglob("*") if path.is_file() and not path.name.startswith(".")]
    older = standing.earlier[-1]
    return Reader(
        files={path.relative_to(standing.files).as_posix(): path.read_bytes() for path in paths},
        published=standing.published,
        key=standing.key,
        opened=standing.opened,
        older=older,
        consistency=standing.consistency(older.size),
        signer=read_log_key(standing.log.keys),
        leaves=standing.leaves,
    )
