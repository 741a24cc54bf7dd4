"""What the provider's staff wrote of each data set, from data_sets.yaml: id to title, description, persistent_id."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from node.domain.description import DataSetText
from node.domain.errors import NodeError


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = ""
    description: str = ""
    persistent_id: str = ""


_FILE = TypeAdapter(dict[str, _Entry])


def read_data_set_texts(path: Path) -> Mapping[str, DataSetText]:
    """The texts by data set; none where there is no file. Raises NodeError naming the file and the field."""
    try:
        entries = _FILE.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except FileNotFoundError:
        return {}
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise NodeError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NodeError(f"{path}: can't be read as YAML ({type(error).__name__})") from None
    return {name: DataSetText(entry.title, entry.description, entry.persistent_id) for name, entry in entries.items()}
