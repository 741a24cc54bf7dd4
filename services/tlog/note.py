"""Signed notes (c2sp.org/signed-note): a text, an empty line, and signature lines. The format only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tlog.errors import FormatError
from tlog.keys import KEY_ID_SIZE, KeyId, check_name
from tlog.text import decode_base64, encode_base64, encode_utf8

MAX_NOTE: Final = 1_000_000
"""Bytes in the largest note that is read."""
MAX_SIGNATURES: Final = 100
"""Signatures in the largest note; the specification asks for 16 or more."""

_MARK: Final = "— "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name and id, and bytes whose meaning depends on the key's type."""

    name: str
    key_id: KeyId
    value: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.key_id) != KEY_ID_SIZE:
            raise FormatError(f"key id has {len(self.key_id)} bytes, not {KEY_ID_SIZE}")
        if not self.value:
            raise FormatError("signature is empty")

    def __str__(self) -> str:
        return f"{_MARK}{self.name} {encode_base64(self.key_id + self.value)}"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Reads a line without its newline. Raises FormatError."""
        if not line.startswith(_MARK):
            raise FormatError("signature line must begin with an em dash and a space")
        name, _, encoded = line.removeprefix(_MARK).partition(" ")
        data = decode_base64(encoded, "signature line")
        return cls(name, KeyId(data[:KEY_ID_SIZE]), data[KEY_ID_SIZE:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures, not yet verified. Raises FormatError for what parse would not read."""

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        check_text(self.text)
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise FormatError(f"note has {len(self.signatures)} signatures; allowed are 1 to {MAX_SIGNATURES}")

    def encode(self) -> bytes:
        """The note as it is stored and sent. Raises FormatError where it is larger than MAX_NOTE."""
        lines = "".join(f"{one}\n" for one in self.signatures)
        data = f"{self.text}\n{lines}".encode()
        _check_length(data)
        return data

    def signed_also(self, *signatures: Signature) -> Note:
        """The same note with further signatures behind those it has."""
        return Note(self.text, self.signatures + signatures)

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Reads a note. Raises FormatError where anything is malformed, also in a line of an unknown key."""
        _check_length(data)
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise FormatError("note is not UTF-8") from None
        # The last empty line counts: the text may have empty lines of its own.
        text, gap, lines = whole.rpartition("\n\n")
        if not gap or not lines.endswith("\n"):
            raise FormatError("note must be a text, an empty line, and signature lines that end in a newline")
        # Counted before they are parsed, so that a flood costs nothing.
        signatures = lines.removesuffix("\n").split("\n")
        if len(signatures) > MAX_SIGNATURES:
            raise FormatError(f"note has {len(signatures)} signatures; allowed are 1 to {MAX_SIGNATURES}")
        return cls(f"{text}\n", tuple(Signature.parse(line) for line in signatures))


def check_text(text: str) -> None:
    """Raises FormatError unless the text ends in a newline, is UTF-8 and has no other control characters."""
    if not text.endswith("\n"):
        raise FormatError("note text must end in a newline")
    if _CONTROL.search(text):
        raise FormatError("note text must not hold control characters other than newline")
    encode_utf8(text, "note text")


def _check_length(data: bytes) -> None:
    if len(data) > MAX_NOTE:
        raise FormatError(f"note has {len(data)} bytes; allowed are at most {MAX_NOTE}")
