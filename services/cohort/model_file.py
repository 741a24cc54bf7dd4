"""Reads variables.yaml and code_lists/*.yaml into a DataModel; a mistake in them is a CohortError."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

import yaml

from cohort.code_list import Code, CodeList
from cohort.errors import CohortError
from cohort.variables import Bound, DataModel, Level, ValueType, Variable


@cache
def data_model() -> DataModel:
    """The data model of this package's own files. Read once."""
    document = _mapping(_read("variables.yaml"), "variables.yaml")
    entries = _mapping(document["variables"], "variables")
    return DataModel(
        version=_text(document["version"], "version"),
        variables={name: _variable(name, _mapping(entry, name)) for name, entry in entries.items()},
    )


def _read(path: str) -> object:
    text = files("cohort").joinpath(path).read_text(encoding="utf-8")
    document: object = yaml.safe_load(text)
    return document


def _variable(name: str, entry: dict[str, object]) -> Variable:
    list_name = entry.get("codes")
    return Variable(
        name=name,
        type=ValueType(entry["type"]),
        level=Level(entry["level"]),
        labels=_labels(entry["labels"], name),
        source=_text(entry["source"], f"{name}.source"),
        system=_optional_text(entry.get("system"), f"{name}.system"),
        unit=_optional_text(entry.get("unit"), f"{name}.unit"),
        minimum=_bound(entry.get("minimum"), f"{name}.minimum"),
        maximum=_bound(entry.get("maximum"), f"{name}.maximum"),
        codes=None if list_name is None else read_code_list(_text(list_name, f"{name}.codes")),
    )


def read_code_list(name: str) -> CodeList:
    """The list in code_lists/{name}.yaml."""
    entries = _mapping(_read(f"code_lists/{name}.yaml"), name)
    return CodeList({code: _code(code, _mapping(entry, f"{name}.{code}")) for code, entry in entries.items()})


def _code(code: str, entry: dict[str, object]) -> Code:
    return Code(
        code=code,
        labels=_labels(entry["labels"], code),
        concept=_optional_text(entry.get("concept"), f"{code}.concept"),
        parents=_texts(entry.get("parents", []), f"{code}.parents"),
        synonyms=_texts(entry.get("synonyms", []), f"{code}.synonyms"),
    )


def _mapping(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise CohortError(f"{where} must be a mapping with text keys (quote what looks like a number)")
    return value


def _labels(value: object, where: str) -> dict[str, str]:
    labels = {language: _text(label, f"{where}.labels") for language, label in _mapping(value, where).items()}
    if "en" not in labels:
        raise CohortError(f"{where}.labels needs an English label (en)")
    return labels


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise CohortError(f"{where} must be a list")
    return tuple(_text(item, where) for item in value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise CohortError(f"{where} must be text, not {value!r}")
    return value


def _optional_text(value: object, where: str) -> str | None:
    return None if value is None else _text(value, where)


def _bound(value: object, where: str) -> Bound | None:
    if value is None or (isinstance(value, int | float | date) and not isinstance(value, bool)):
        return value
    raise CohortError(f"{where} must be a number or a date, not {value!r}")
