"""The provider's own switch: a file that is there while the provider is switched off.

A file, so that it holds whether `oncordia-node run` is running or not, and is looked at before every answer.
"""

from __future__ import annotations

from pathlib import Path

from kit.durable import replace_file, sync_folder


class SwitchFile:
    """`disabled` in the node's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "disabled"

    @property
    def off(self) -> bool:
        return self._path.exists()

    def switch_off(self) -> None:
        """Raises OSError."""
        replace_file(self._path, b"The provider has switched itself off; `oncordia-node enable` switches it on.\n")

    def switch_on(self) -> None:
        """Raises OSError."""
        self._path.unlink(missing_ok=True)
        sync_folder(self._path.parent)
