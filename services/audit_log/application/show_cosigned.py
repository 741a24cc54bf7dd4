"""Shows the world the newest cosigned checkpoint, as a file."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from audit_log.application.faults import Fault, FaultPoint
from audit_log.application.ports import FilesUnwritable, LogFiles
from audit_log.application.witnesses import Watch
from audit_log.domain.published import CheckpointFile, Published
from tlog.checkpoint import Checkpoint
from tlog.note import Note


@dataclass(slots=True)
class ShowCosigned:
    """Never a smaller checkpoint than the file has: before the hub had a policy it showed what was only signed."""

    files: LogFiles
    watch: Watch
    fault: Fault
    _shown: bytes | None = None

    async def __call__(self, published: Published) -> None:
        """Call again with the same where the disk was full."""
        if published.note != self._shown:
            await asyncio.to_thread(self._show, published)

    def _show(self, published: Published) -> None:
        found = self.files.read_checkpoint(CheckpointFile.SERVED)
        if found != published.note and (found is None or _size(found) <= published.size):
            try:
                self.files.write_checkpoint(CheckpointFile.SERVED, published.note)
            except FilesUnwritable as error:
                self.watch.unwritable(str(error))
                return
            self.fault(FaultPoint.COSIGNED_WRITTEN)
        self._shown = published.note


def _size(note: bytes) -> int:
    return Checkpoint.parse(Note.parse(note).text).size
