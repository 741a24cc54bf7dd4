"""tlog-scales, a reader of tlog-tiles logs in Python."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from tlog_scales.backend import HttpBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash

from tests.integration.foreign.standing_log import StandingLog
from tests.integration.foreign.verifier import Refused, Verifier
from tlog.hashing import Hash

# It has no error of its own for a damaged log.
_REFUSALS = (InvalidSignature, RuntimeError, ValueError, IndexError)


class _FromLeaves(TilesReader):
    """Computes each hash from the hashes of the leaves, where it would take a higher tile's word for it."""

    @staticmethod
    def mth_in_tile(start: int, end: int) -> tuple[int, int, int] | None:
        return (0, *divmod(start, 256)) if end == start + 1 else None


def scales() -> Verifier:
    def verify(url: str, log: StandingLog) -> None:
        try:
            found = _verify(url, str(log.key))
        except _REFUSALS as error:
            raise Refused(f"{type(error).__name__}: {error}") from error
        assert found == (log.size, log.published.root)

    return verify


def _verify(url: str, key: str) -> tuple[int, Hash]:
    """Size and root, once signature, entries, tiles and root fit each other."""
    reader, from_leaves = TilesReader(HttpBackend(url)), _FromLeaves(HttpBackend(url))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(key))
    from_leaves.set_size(checkpoint.size)
    for index in range(checkpoint.size):
        if leaf_hash(reader.get_entry(index)) != from_leaves.mth(index, index + 1):
            raise Refused(f"entry {index} has another hash than its tile says")
    if not reader.calculate_root_hash() == from_leaves.calculate_root_hash() == checkpoint.root_hash:
        raise Refused("tiles or leaves lead to another root")
    return checkpoint.size, Hash(checkpoint.root_hash)
