"""Proof files (c2sp.org/tlog-proof@v1): index, extra data, inclusion proof and checkpoint in one text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tlog.errors import FormatError
from tlog.hashing import Hash, as_hash
from tlog.note import Note
from tlog.text import check_count, decode_base64, encode_base64, parse_decimal

MAX_PROOF_FILE: Final = 64 << 20
"""Bytes in the largest proof file that is read."""
MAX_HASHES: Final = 63
"""Hashes in the longest inclusion proof: the height of the largest tree."""

_MAGIC: Final = "c2sp.org/tlog-proof@v1"
_EXTRA: Final = "extra "
_INDEX: Final = "index "


@dataclass(frozen=True, slots=True)
class ProofFile:
    """The parts of a proof file, not yet verified. Without extra data, `extra` is None, never empty."""

    index: int
    extra: bytes | None
    hashes: tuple[Hash, ...]
    checkpoint: Note

    def __post_init__(self) -> None:
        check_count(self.index, "index")
        if self.extra == b"":
            raise FormatError("extra data must not be empty; leave them out")
        if len(self.hashes) > MAX_HASHES:
            raise FormatError(f"proof has {len(self.hashes)} hashes; allowed are at most {MAX_HASHES}")
        for one in self.hashes:
            as_hash(one, "proof hash")

    def encode(self) -> bytes:
        """The file's bytes. Raises FormatError where they are more than MAX_PROOF_FILE."""
        lines = [_MAGIC]
        if self.extra is not None:
            lines.append(_EXTRA + encode_base64(self.extra))
        lines.append(f"{_INDEX}{self.index}")
        lines.extend(map(encode_base64, self.hashes))
        data = "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint.encode()
        _check_length(data)
        return data

    @classmethod
    def decode(cls, data: bytes) -> ProofFile:
        """Reads a proof file. Raises FormatError."""
        _check_length(data)
        head, gap, note = data.partition(b"\n\n")
        if not gap:
            raise FormatError("proof file must have an empty line between proof and checkpoint")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise FormatError("proof file must be ASCII before its checkpoint") from None
        if lines.pop(0) != _MAGIC:
            raise FormatError(f"proof file must begin with {_MAGIC}")
        extra = None
        if lines and lines[0].startswith(_EXTRA):
            extra = decode_base64(lines.pop(0).removeprefix(_EXTRA), "extra data")
        if not lines or not lines[0].startswith(_INDEX):
            raise FormatError("proof file must have an index line before its hashes")
        index = parse_decimal(lines.pop(0).removeprefix(_INDEX), "index")
        if len(lines) > MAX_HASHES:
            raise FormatError(f"proof has {len(lines)} hashes; allowed are at most {MAX_HASHES}")
        hashes = tuple(as_hash(decode_base64(line, "proof hash"), "proof hash") for line in lines)
        return cls(index, extra, hashes, Note.parse(note))


def _check_length(data: bytes) -> None:
    if len(data) > MAX_PROOF_FILE:
        raise FormatError(f"proof file has {len(data)} bytes; allowed are at most {MAX_PROOF_FILE}")
