"""Checkpoints (c2sp.org/tlog-checkpoint): the text in which a log states its size and root."""

from __future__ import annotations

from dataclasses import dataclass

from tlog.errors import FormatError
from tlog.hashing import Hash, as_hash
from tlog.note import check_text
from tlog.text import check_count, decode_base64, encode_base64, parse_decimal


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's origin (its identity), number of leaves and root, and opaque extension lines, best left out.

    Raises FormatError where a line would be empty or hold control characters.
    """

    origin: str
    size: int
    root: Hash
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_count(self.size, "tree size")
        as_hash(self.root, "root")
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise FormatError("origin and extensions of a checkpoint must each be one line that is not empty")
        check_text(self.text)

    @property
    def text(self) -> str:
        """The text of the note that a log signs."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Reads a checkpoint's text. Raises FormatError."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop():
            raise FormatError("checkpoint must have lines for origin, size and root, each ending in a newline")
        origin, size, root, *extensions = lines
        return cls(
            origin=origin,
            size=parse_decimal(size, "tree size"),
            root=as_hash(decode_base64(root, "root"), "root"),
            extensions=tuple(extensions),
        )
