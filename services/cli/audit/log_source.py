"""A log's files, from a directory or over HTTP, as c2sp.org/tlog-tiles lays them out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import urllib3

from cli.errors import UserError
from tlog.checkpoint import Checkpoint
from tlog.note import Note
from tlog.reader import LogReader
from tlog.tiles import TILE_WIDTH, Bundle, Tile, bundle_at, tile_at

_CHECKPOINT = "checkpoint"
_AHEAD = 32
"""Files that are asked for before they are needed: a walk needs one after the other, and each takes a round trip."""
_TIMEOUT_SECONDS = 30.0
_RETRIES = urllib3.Retry(total=5, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504))


class LogSource(LogReader, Protocol):
    """A LogReader whose checkpoint can be read. Every method raises UserError where a file can't be got."""

    def read_checkpoint(self) -> bytes: ...


class Directory:
    """A copy of the log on this machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read_checkpoint(self) -> bytes:
        return _first(self._read, str(self._directory), _CHECKPOINT)

    def read_tile(self, tile: Tile) -> bytes:
        return _place(self._read, str(self._directory), tile)

    def read_bundle(self, bundle: Bundle) -> bytes:
        return _place(self._read, str(self._directory), bundle)

    def _read(self, path: str) -> bytes | None:
        try:
            return (self._directory / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(f"{self._directory / path} can't be read: {error.strerror}") from None


class Http:
    """A log on a web server. Reads ahead up to the size of the checkpoint that it gave last."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._pool = urllib3.PoolManager(maxsize=_AHEAD, retries=_RETRIES, timeout=_TIMEOUT_SECONDS)
        self._workers = ThreadPoolExecutor(_AHEAD, thread_name_prefix="log-source")
        self._coming: dict[Tile | Bundle, Future[bytes]] = {}
        self._size = 0

    def read_checkpoint(self) -> bytes:
        """Raises FormatError, too, where it is none."""
        note = _first(self._read, self._url, _CHECKPOINT)
        # Not verified yet, but it only says how far to read ahead.
        self._size = Checkpoint.parse(Note.parse(note).text).size
        return note

    def read_tile(self, tile: Tile) -> bytes:
        if tile.level == 0:
            return self._next(tile, [tile_at(0, i, self._size) for i in self._following(tile.index)])
        return self._place(tile)

    def read_bundle(self, bundle: Bundle) -> bytes:
        return self._next(bundle, [bundle_at(i, self._size) for i in self._following(bundle.index)])

    def _following(self, index: int) -> range:
        return range(index + 1, min(index + 1 + _AHEAD, -(-self._size // TILE_WIDTH)))

    def _next(self, place: Tile | Bundle, following: list[Tile] | list[Bundle]) -> bytes:
        for one in following:
            if one not in self._coming:
                self._coming[one] = self._workers.submit(self._place, one)
        coming = self._coming.pop(place, None)
        return coming.result() if coming is not None else self._place(place)

    def _place(self, place: Tile | Bundle) -> bytes:
        return _place(self._read, self._url, place)

    def _read(self, path: str) -> bytes | None:
        try:
            answer = self._pool.request("GET", f"{self._url}/{path}")
        except urllib3.exceptions.HTTPError as error:
            raise UserError(f"{self._url}/{path} does not answer: {type(error).__name__}") from None
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise UserError(f"{self._url}/{path} answers {answer.status}")
        return answer.data


def log_source(where: str) -> LogSource:
    """The log at a directory or an http(s) URL. Raises UserError."""
    if urlsplit(where).scheme in {"http", "https"}:
        return Http(where)
    if not Path(where).is_dir():
        raise UserError(
            f"{where} is neither a directory nor an http(s) URL; give where the log's checkpoint and tiles are"
        )
    return Directory(Path(where))


def _place(read: Callable[[str], bytes | None], where: str, place: Tile | Bundle) -> bytes:
    return _first(read, where, place.path, place.full.path)


def _first(read: Callable[[str], bytes | None], where: str, *paths: str) -> bytes:
    """The first of these files that is there. Raises UserError naming the one that was asked for."""
    for path in paths:
        if content := read(path):
            return content
    raise UserError(f"{paths[0]} is missing at {where}, or empty; without it the log can't be verified")
