"""Rows from a folder of DICOM files: one for each series, headers only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as DicomSequence


class DicomFolder:
    """Reads the attributes of the given keywords; `series` is the keyword of the series identifier.

    Files that can't be read as DICOM are skipped and named, relative to the folder, in `skipped`.
    """

    def __init__(self, folder: Path, keywords: Sequence[str], series: str) -> None:
        self._folder = folder
        self._keywords = list(keywords)
        self._series = series
        self.skipped: list[str] = []

    def rows(self) -> Iterator[tuple[str | None, ...]]:
        """One row for each series: the values of the keywords in their order, from its first file by name."""
        seen: set[str] = set()
        for path in sorted(self._folder.rglob("*")):
            if not path.is_file() or path.name.upper() == "DICOMDIR":
                continue
            dataset = self._header(path)
            series = None if dataset is None else _value(dataset, self._series)
            if dataset is None or series is None:
                self.skipped.append(str(path.relative_to(self._folder)))
            elif series not in seen:
                seen.add(series)
                yield tuple(_value(dataset, keyword) for keyword in self._keywords)

    def _header(self, path: Path) -> Dataset | None:
        try:
            return dcmread(path, stop_before_pixels=True, specific_tags=list(self._keywords))
        except InvalidDicomError:
            return None
        # pydicom meets cut and garbled files with whatever its parser stumbled over.
        except (OSError, EOFError, ValueError, KeyError, AttributeError, TypeError, NotImplementedError):
            return None


def _value(dataset: Dataset, keyword: str) -> str | None:
    value = dataset.get(keyword)
    if isinstance(value, DicomSequence):
        parts = [str(item.get("CodeValue") or item.get("CodeMeaning") or "") for item in value]
    elif isinstance(value, MultiValue):
        parts = [str(part) for part in value]
    else:
        parts = [] if value is None else [str(value)]
    return "\\".join(part for part in parts if part) or None
