"""The search index on disk: a directory with a name of its own, and a file that says which one counts, and how far."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID, uuid4

from tantivy import Index, Query

from catalogue.adapters.index_schema import FORMAT, document, prepare, schema
from catalogue.application.ports import Entry
from catalogue.domain.data_set import State

_WRITER_BYTES = 15_000_000


class DamagedIndex(Exception):
    """The files of the index are not as they were written: it is to be built anew."""


@contextmanager
def noticing_damage() -> Iterator[None]:
    """Raises DamagedIndex for whatever tantivy makes of damaged files: errors, and panics of its Rust code."""
    try:
        yield
    except ValueError as error:
        if "lock" in str(error).lower():
            # Another process writes here; building anew would take its index from it.
            raise
        raise DamagedIndex(str(error)) from None
    except BaseException as error:
        # pyo3 gives this class no name to import, and makes it no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise DamagedIndex("a file does not hold what it should") from None


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an index is: it holds every change up to `revision` of one catalogue."""

    format: int
    catalogue: str
    revision: int
    directory: str


class IndexFiles:
    """One replica's own index. Blocking: call it from a thread. `directory` must be this process's alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._mark_file = directory / "index.json"
        self.mark: Mark | None = None
        self.index: Index | None = None

    def open(self, catalogue: UUID, last_revision: int) -> bool:
        """Opens the index that is there. False if there is none, or none that can be used."""
        self.mark = self.index = None
        try:
            mark = Mark(**json.loads(self._mark_file.read_text()))
            if (mark.format, mark.catalogue) != (FORMAT, str(catalogue)) or mark.revision > last_revision:
                return False
            with noticing_damage():
                index = prepare(Index.open(str(self._directory / mark.directory)))
                index.searcher().search(Query.all_query(), 1)
        except (OSError, ValueError, TypeError, DamagedIndex):
            return False
        self.mark, self.index = mark, index
        return True

    def begin_anew(self, catalogue: UUID) -> None:
        """An empty index in place of any other."""
        self._directory.mkdir(parents=True, exist_ok=True)
        mark = Mark(FORMAT, str(catalogue), 0, f"index-{uuid4().hex}")
        target = self._directory / mark.directory
        target.mkdir()
        index = prepare(Index(schema(), path=str(target)))
        self._write(mark)
        self.mark, self.index = mark, index
        for other in self._directory.glob("index-*"):
            if other != target:
                shutil.rmtree(other, ignore_errors=True)

    def apply(self, entries: Sequence[Entry]) -> None:
        """Takes changes in the order of their revisions. Taking one twice does no harm."""
        if not entries or self.index is None or self.mark is None:
            return
        with noticing_damage():
            writer = self.index.writer(_WRITER_BYTES, 1)
            for entry in entries:
                writer.delete_documents_by_term("name", entry.data_set.name)
                if entry.data_set.state is State.ACTIVE:
                    writer.add_document(document(entry))
            writer.commit()
            writer.wait_merging_threads()
            self.index.reload()
        # After the index: a crash in between only makes some changes be taken again.
        self._write(Mark(FORMAT, self.mark.catalogue, entries[-1].data_set.revision, self.mark.directory))

    def _write(self, mark: Mark) -> None:
        draft = self._mark_file.with_suffix(".new")
        with draft.open("w") as file:
            json.dump(asdict(mark), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._mark_file)
        self.mark = mark
