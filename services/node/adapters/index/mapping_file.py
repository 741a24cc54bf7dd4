"""Mapping files: YAML, checked against the common data model."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TypeVar

import yaml

from cohort.errors import CohortError, did_you_mean
from cohort.variables import DataModel, ValueType, Variable
from node.domain.errors import MappingError
from node.domain.mapping import (
    DERIVED,
    Column,
    Constant,
    DataMapping,
    Format,
    Reading,
    SourceMapping,
    VariableMapping,
)

_READINGS = {
    ValueType.CODE: (Reading.CODE,),
    ValueType.TEXT: (Reading.TEXT,),
    ValueType.INTEGER: (Reading.INTEGER, Reading.YEAR, Reading.DICOM_AGE),
    ValueType.DECIMAL: (Reading.DECIMAL,),
    ValueType.BOOLEAN: (Reading.BOOLEAN,),
    ValueType.DATE: (Reading.DATE,),
}
_SOURCE_FIELDS = frozenset(("format", "path", "collection", "subject", "study", "series", "variables"))
_VARIABLE_FIELDS = frozenset(("column", "value", "read", "codes", "approximate"))
_Choice = TypeVar("_Choice", bound=Enum)


def read_mapping(path: Path, model: DataModel) -> DataMapping:
    """The mapping of a file. Raises MappingError naming the file and the field."""
    try:
        content: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MappingError(f"{path}: there is no such mapping file; give one with --mapping") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path}: can't be read ({type(error).__name__})") from error
    except yaml.YAMLError as error:
        raise MappingError(f"{path}: is not YAML: {error}") from error
    try:
        top = _fields(content, "the file", frozenset(("sources",)))
        sources = _list(top.get("sources"), "sources")
        return DataMapping(path.name, tuple(_source(s, f"sources[{i}]", model) for i, s in enumerate(sources)))
    except MappingError as error:
        raise MappingError(f"{path}: {error}") from None


def _source(content: object, at: str, model: DataModel) -> SourceMapping:
    fields = _fields(content, at, _SOURCE_FIELDS)
    source_format = _choice(Format, fields.get("format"), f"{at}.format")
    variables = _fields(fields.get("variables"), f"{at}.variables", None)
    source = SourceMapping(
        format=source_format,
        path=_text(fields.get("path"), f"{at}.path"),
        collection=_origin(_fields(fields.get("collection"), f"{at}.collection", None), f"{at}.collection"),
        subject=Column(_text(fields.get("subject"), f"{at}.subject")),
        study=_optional_column(fields.get("study"), f"{at}.study"),
        series=_optional_column(fields.get("series"), f"{at}.series"),
        variables=tuple(_variable(name, value, f"{at}.variables.{name}", model) for name, value in variables.items()),
    )
    if source.series is not None and source.study is None:
        raise MappingError(f"{at}.study is missing; series lie in studies, so name its column")
    if source.format is Format.DICOM:
        _check_keywords(source, at)
    return source


def _variable(name: str, content: object, at: str, model: DataModel) -> VariableMapping:
    try:
        variable = model.get(name)
    except CohortError as error:
        raise MappingError(f"{at}: {error}") from None
    if name in DERIVED:
        raise MappingError(f"{at} can't be mapped: the node works it out from the identifiers; leave it out")
    fields = _fields(content, at, _VARIABLE_FIELDS)
    approximation = fields.get("approximate")
    return VariableMapping(
        variable=name,
        origin=_origin(fields, at),
        reading=_reading(variable, fields.get("read"), f"{at}.read"),
        overrides=_overrides(fields.get("codes"), variable, f"{at}.codes"),
        approximation=None if approximation is None else _text(approximation, f"{at}.approximate"),
    )


def _reading(variable: Variable, content: object, at: str) -> Reading:
    allowed = _READINGS[variable.type]
    if content is None:
        return allowed[0]
    reading = _choice(Reading, content, at)
    if reading not in allowed:
        names = " or ".join(r.value for r in allowed)
        raise MappingError(
            f"{at} is {reading.value}, but {variable.name} is of type {variable.type.value}; write {names}"
        )
    return reading


def _overrides(content: object, variable: Variable, at: str) -> dict[str, str]:
    if content is None:
        return {}
    overrides = {local: _text(value, f"{at}.{local}") for local, value in _fields(content, at, None).items()}
    if variable.codes is not None:
        for local, code in overrides.items():
            try:
                variable.codes.get(code)
            except CohortError as error:
                raise MappingError(f"{at}.{local}: {error}") from None
    return overrides


def _origin(fields: dict[str, object], at: str) -> Column | Constant:
    match fields.get("column"), fields.get("value"):
        case None, None:
            raise MappingError(f"{at} says neither column nor value; write column: and a column's name")
        case column, None:
            return Column(_text(column, f"{at}.column"))
        case None, value:
            return Constant(_text(value, f"{at}.value"))
        case _:
            raise MappingError(f"{at} says both column and value; leave one out")


def _optional_column(content: object, at: str) -> Column | None:
    return None if content is None else Column(_text(content, at))


def _check_keywords(source: SourceMapping, at: str) -> None:
    # Takes most of a second to import, which only folders of DICOM files need.
    from pydicom.datadict import tag_for_keyword

    identifiers = (source.collection, source.subject, source.study, source.series)
    for origin in (*identifiers, *(v.origin for v in source.variables)):
        if isinstance(origin, Column) and tag_for_keyword(origin.name) is None:
            raise MappingError(f"{at}: {origin.name} is not a DICOM keyword such as PatientSex")
    if source.series is None:
        raise MappingError(f"{at}.series is missing; write series: SeriesInstanceUID")


def _fields(content: object, at: str, allowed: frozenset[str] | None) -> dict[str, object]:
    if not isinstance(content, dict):
        raise MappingError(f"{at} must be a list of fields (`name: value`)")
    fields = {str(key): value for key, value in content.items()}
    for name in fields:
        if allowed is not None and name not in allowed:
            hint = did_you_mean(name, allowed) or f" Known are {', '.join(sorted(allowed))}."
            raise MappingError(f"{at} has an unknown field {name!r}.{hint}")
    return fields


def _list(content: object, at: str) -> list[object]:
    if not isinstance(content, list) or not content:
        raise MappingError(f"{at} must be a list with at least one entry")
    return content


def _text(content: object, at: str) -> str:
    if isinstance(content, bool) or not isinstance(content, str | int | float) or not str(content).strip():
        raise MappingError(f"{at} must be text")
    return str(content)


def _choice(choices: type[_Choice], content: object, at: str) -> _Choice:
    for choice in choices:
        if choice.value == content:
            return choice
    names = ", ".join(str(choice.value) for choice in choices)
    raise MappingError(f"{at} must be one of {names}")
