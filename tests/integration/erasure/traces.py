"""Looks for what identifies somebody in the bytes of files."""

from __future__ import annotations

import base64
import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

_PIECE = 1 << 20


def spellings(text: str) -> frozenset[bytes]:
    """The ways in which programs write a text: as it is, in JSON and in URLs, in base64 and in hexadecimal."""
    plain = text.encode()
    found = {plain, json.dumps(text)[1:-1].encode(), quote(text).encode(), text.encode("utf-16-le")}
    found |= {plain.hex().encode(), plain.hex().upper().encode()}
    for before in range(3):
        # What stands around it changes the characters at the ends.
        encoded = base64.b64encode(b"\0" * before + plain)
        inner = encoded[(before * 4 + 2) // 3 + (before > 0) : -4]
        found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return frozenset(found)


def traces(root: Path, people: Mapping[str, str]) -> dict[str, set[str]]:
    """By label, the files in which a text is found, in any spelling."""
    needles = {label: spellings(text) for label, text in people.items()}
    longest = max(len(needle) for spelt in needles.values() for needle in spelt)
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            for piece in _pieces(path, longest):
                for label, spelt in needles.items():
                    if any(needle in piece for needle in spelt):
                        found.setdefault(label, set()).add(str(path.relative_to(root)))
    return found


def _pieces(path: Path, overlap: int) -> Iterator[bytes]:
    """All that a file holds, without its holes: Kafka's indexes are mostly that."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        end = os.fstat(file.fileno()).st_size
        position = 0
        while position < end:
            try:
                position = os.lseek(file.fileno(), position, os.SEEK_DATA)
            except OSError:
                return
            hole = os.lseek(file.fileno(), position, os.SEEK_HOLE)
            while position < hole:
                yield os.pread(file.fileno(), min(_PIECE, hole - position) + overlap, position)
                position += _PIECE
            position = hole
