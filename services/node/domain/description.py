"""What a provider tells of its data sets for the public catalogue. It decides itself what; totals are rounded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataSetText:
    """What the provider's staff wrote of a data set."""

    title: str = ""
    description: str = ""
    persistent_id: str = ""


@dataclass(frozen=True, slots=True)
class DataSetFigures:
    """What the index holds of a data set (a collection). Codes in the order of the alphabet."""

    id: str
    subjects: int
    studies: int
    series: int
    cancer_types: tuple[str, ...]
    modalities: tuple[str, ...]
    body_parts: tuple[str, ...]
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """A data set as it is told; totals are multiples of `rounded_to`."""

    id: str
    text: DataSetText
    subjects: int
    studies: int
    series: int
    rounded_to: int
    cancer_types: tuple[str, ...]
    modalities: tuple[str, ...]
    body_parts: tuple[str, ...]
    licence: str


def describe(figures: DataSetFigures, text: DataSetText, rounded_to: int) -> Description:
    """The description of one data set. Without a title it is called by its id."""

    def rounded(total: int) -> int:
        return (total + rounded_to // 2) // rounded_to * rounded_to

    return Description(
        id=figures.id,
        text=DataSetText(text.title or figures.id, text.description, text.persistent_id),
        subjects=rounded(figures.subjects),
        studies=rounded(figures.studies),
        series=rounded(figures.series),
        rounded_to=rounded_to,
        cancer_types=figures.cancer_types,
        modalities=figures.modalities,
        body_parts=figures.body_parts,
        licence=" and ".join(figures.licences),
    )
