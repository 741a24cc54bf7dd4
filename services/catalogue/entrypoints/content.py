"""Descriptions as they come from outside, read into the domain: by a steward's request, or in a node's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from catalogue.domain.data_set import Content
from catalogue.domain.names import DataSetName, ProviderName, is_data_set_id, name_of
from cohort.errors import shown
from cohort.model_file import data_model
from kit.fields import Fields
from oncordia.border.v1 import description_pb2

# More than any provider has; beyond it something is wrong at the node.
MOST_DATA_SETS = 10_000
MOST_PROBLEMS = 100


class Described(Protocol):
    """The fields that the API's DataSet and the border's DataSetDescription share."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def persistent_id(self) -> str: ...
    @property
    def cancer_types(self) -> Sequence[str]: ...
    @property
    def modalities(self) -> Sequence[str]: ...
    @property
    def body_parts(self) -> Sequence[str]: ...
    @property
    def licence(self) -> str: ...
    @property
    def subjects(self) -> int: ...
    @property
    def studies(self) -> int: ...
    @property
    def series(self) -> int: ...
    @property
    def totals_rounded_to(self) -> int: ...


@dataclass(slots=True)
class Answer:
    """A node's answer as far as it can be taken. `problems` says what can't, a sentence each."""

    data_sets: dict[DataSetName, Content] = field(default_factory=dict)
    unreadable: set[DataSetName] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def read_content(given: Described, named: Sequence[str] | None = None) -> Content:
    """What a steward gives. Raises InvalidInput with everything that is wrong in the named fields (None: in all)."""
    fields = Fields("data_set.")
    content = _content(given, fields, fields)
    if named is not None:
        fields.violations = [v for v in fields.violations if v.field.removeprefix("data_set.") in named]
    fields.check()
    return content


def read_answer(provider: ProviderName, given: Sequence[description_pb2.DataSetDescription]) -> Answer:
    """What a node gives. One data set that can't be taken does not keep the others out; unknown codes are left out."""
    answer = Answer()
    for description in given[:MOST_DATA_SETS]:
        _read_one(answer, provider, description)
    if len(given) > MOST_DATA_SETS:
        answer.problems.insert(0, f"more than {MOST_DATA_SETS} data sets are described; the rest is left out")
        answer.unreadable.update(name_of(provider, d.id) for d in given[MOST_DATA_SETS:] if is_data_set_id(d.id))
    if len(answer.problems) > MOST_PROBLEMS:
        rest = len(answer.problems) - MOST_PROBLEMS
        answer.problems[MOST_PROBLEMS:] = [f"and {rest} more problems"]
    return answer


def _read_one(answer: Answer, provider: ProviderName, given: description_pb2.DataSetDescription) -> None:
    if not is_data_set_id(given.id):
        answer.problems.append(f"id {shown(given.id)}: must be 1 to 100 of A-Z, a-z, 0-9, _, . and -")
        return
    name = name_of(provider, given.id)
    if name in answer.data_sets or name in answer.unreadable:
        answer.problems.append(f"{given.id}: is described twice; only the first is taken")
        return
    fields, codes = Fields(), Fields()
    content = _content(given, fields, codes)
    answer.problems += [f"{given.id}: {v.field}: {v.description}" for v in (*fields.violations, *codes.violations)]
    if fields.violations:
        answer.unreadable.add(name)
    else:
        answer.data_sets[name] = content


def _content(given: Described, fields: Fields, codes: Fields) -> Content:
    model = data_model()
    return Content(
        title=fields.text("title", given.title, least=1, most=300),
        description=fields.text("description", given.description, most=20_000, lines=True),
        persistent_id=fields.text("persistent_id", given.persistent_id, most=500),
        cancer_types=codes.codes("cancer_types", given.cancer_types, model.get("cancer_type").codes),
        modalities=codes.codes("modalities", given.modalities, model.get("modality").codes),
        body_parts=codes.codes("body_parts", given.body_parts, model.get("body_part").codes),
        licence=fields.text("licence", given.licence, most=200),
        subjects=fields.count("subjects", given.subjects),
        studies=fields.count("studies", given.studies),
        series=fields.count("series", given.series),
        # Left out means not rounded.
        totals_rounded_to=fields.count("totals_rounded_to", given.totals_rounded_to or 1, least=1),
    )
