"""A figure: what was measured beside what is to be reached, kept as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One number. `at_most` or `at_least`: what is to be reached, in the same unit; neither where nothing is asked."""

    what: str
    measured: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def reached(self) -> bool | None:
        """None where nothing is asked."""
        if self.at_most is not None:
            return self.measured <= self.at_most
        if self.at_least is not None:
            return self.measured >= self.at_least
        return None


@dataclass(frozen=True)
class Figure:
    """Rows that were measured together. `how`: one sentence. `parts`: where the time goes, what to unit and number."""

    name: str
    title: str
    how: str
    rows: tuple[Row, ...]
    parts: Mapping[str, float] = field(default_factory=dict)
    parts_unit: str = "ms"
    machine: Mapping[str, str] = field(default_factory=dict)

    def write(self, directory: Path) -> None:
        """`<name>.json` in the directory."""
        directory.mkdir(parents=True, exist_ok=True)
        content = asdict(self) | {"rows": [asdict(row) | {"reached": row.reached} for row in self.rows]}
        (directory / f"{self.name}.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read(path: Path) -> Figure:
    """What `write` wrote."""
    content = json.loads(path.read_text())
    rows = [{key: value for key, value in row.items() if key != "reached"} for row in content.pop("rows")]
    return Figure(**content, rows=tuple(Row(**row) for row in rows))
