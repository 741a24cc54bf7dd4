"""Reading of binary layouts: big-endian integers and lengths, strictly, errors that name the field."""

from __future__ import annotations

from tlog.errors import FormatError
from tlog.text import encode_utf8


class Frame:
    """Takes fields from the front of `data`; `what` names the whole in errors. Raises FormatError."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self._at = 0

    def take(self, length: int, field: str) -> bytes:
        """The next `length` bytes."""
        start = self._at
        self._at = end = start + length
        if end > len(self._data):
            missing = end - len(self._data)
            raise FormatError(f"{self._what}: {field} is cut short by {missing} bytes")
        return self._data[start:end]

    def unsigned(self, length: int, field: str) -> int:
        """The next `length` bytes as an unsigned integer."""
        return int.from_bytes(self.take(length, field), "big")

    def signed(self, length: int, field: str) -> int:
        """The next `length` bytes as a two's complement integer."""
        return int.from_bytes(self.take(length, field), "big", signed=True)

    def text(self, length_bytes: int, field: str) -> str:
        """A UTF-8 text behind its length in bytes, which is an unsigned integer of `length_bytes` bytes."""
        encoded = self.take(self.unsigned(length_bytes, field), field)
        try:
            return encoded.decode("utf-8")
        except UnicodeDecodeError:
            raise FormatError(f"{self._what}: {field} is not UTF-8") from None

    def version(self, known: int) -> None:
        """The version byte that every layout begins with."""
        found = self.unsigned(1, "version")
        if found != known:
            raise FormatError(f"{self._what}: version {found} is unknown; this program reads version {known}")

    def at_end(self) -> bool:
        """Whether all bytes are taken."""
        return self._at == len(self._data)

    def end(self) -> None:
        """Nothing may follow the last field, or two different byte strings would mean the same."""
        rest = len(self._data) - self._at
        if rest:
            raise FormatError(f"{self._what}: {rest} bytes too many after the last field")


def framed_text(text: str, length_bytes: int, field: str) -> bytes:
    """The form that Frame.text reads. Raises FormatError where the text is too long."""
    encoded = encode_utf8(text, field)
    longest = (1 << 8 * length_bytes) - 1
    if len(encoded) > longest:
        raise FormatError(f"{field} has {len(encoded)} bytes of UTF-8; allowed are at most {longest}")
    return len(encoded).to_bytes(length_bytes, "big") + encoded
