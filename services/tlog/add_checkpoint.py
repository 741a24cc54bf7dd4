"""How a log asks a witness for a cosignature, and what it is answered (c2sp.org/tlog-witness, "add-checkpoint")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tlog.errors import FormatError
from tlog.hashing import Hash, as_hash
from tlog.note import Note, Signature
from tlog.text import check_count, decode_base64, encode_base64, parse_decimal

MAX_PROOF_LINES: Final = 63
"""Hashes in the longest consistency proof that may be sent."""
MAX_REQUEST: Final = 128 << 10
"""Bytes that a witness reads of a request; the longest proof and a note with many signatures need far less."""
SIZE_TYPE: Final = "text/x.tlog.size"
"""The content type of an answer that is only the size of the tree that the witness has."""

_OLD: Final = "old "


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A checkpoint, and the proof that it continues the tree of `old` leaves which the witness has. Not verified."""

    old: int
    proof: tuple[Hash, ...]
    checkpoint: Note

    def __post_init__(self) -> None:
        check_count(self.old, "old size")
        if len(self.proof) > MAX_PROOF_LINES:
            raise FormatError(f"proof has {len(self.proof)} hashes; allowed are at most {MAX_PROOF_LINES}")
        for one in self.proof:
            as_hash(one, "proof hash")

    def encode(self) -> bytes:
        """The request's body."""
        lines = [f"{_OLD}{self.old}", *map(encode_base64, self.proof)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint.encode()

    @classmethod
    def parse(cls, body: bytes) -> AddCheckpoint:
        """Reads a request's body. Raises FormatError."""
        head, gap, note = body.partition(b"\n\n")
        if not gap:
            raise FormatError("request must have an empty line between proof and checkpoint")
        try:
            first, *lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise FormatError("request must be ASCII before its checkpoint") from None
        if not first.startswith(_OLD):
            raise FormatError("request must begin with a line `old` and the size of the tree that the witness has")
        old = parse_decimal(first.removeprefix(_OLD), "old size")
        # Counted before they are read, so that a flood costs nothing.
        if len(lines) > MAX_PROOF_LINES:
            raise FormatError(f"proof has {len(lines)} hashes; allowed are at most {MAX_PROOF_LINES}")
        proof = tuple(as_hash(decode_base64(line, "proof hash"), "proof hash") for line in lines)
        return cls(old, proof, Note.parse(note))


def encode_signatures(signatures: Iterable[Signature]) -> bytes:
    """The body of an answer with status 200: signature lines."""
    return "".join(f"{one}\n" for one in signatures).encode()


def parse_signatures(body: bytes) -> tuple[Signature, ...]:
    """Reads what encode_signatures wrote, at least one line. Raises FormatError."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise FormatError("answer of the witness is not UTF-8") from None
    if not text.endswith("\n"):
        raise FormatError("answer of the witness must be signature lines that each end in a newline")
    return tuple(Signature.parse(line) for line in text.removesuffix("\n").split("\n"))


def encode_size(size: int) -> bytes:
    """The body of an answer with status 409: the size of the tree that the witness has."""
    check_count(size, "tree size")
    return f"{size}\n".encode()


def parse_size(body: bytes) -> int:
    """Reads what encode_size wrote. Raises FormatError."""
    text = body.decode("ascii", "replace")
    if not text.endswith("\n"):
        raise FormatError("answer of the witness must be a tree size and a newline")
    return parse_decimal(text.removesuffix("\n"), "tree size of the witness")
