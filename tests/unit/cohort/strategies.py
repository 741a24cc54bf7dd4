"""Valid expressions and data for property tests: few variables and values, so that they meet often."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from cohort.expression import (
    And,
    Between,
    Comparison,
    Expression,
    In,
    Not,
    Operator,
    Or,
    Scope,
    Scoped,
    Under,
    Value,
    WithinDays,
)
from tests.unit.cohort.reference import Row

DATES = [date(2020, 1, 1), date(2020, 1, 8), date(2020, 3, 1)]
# What a variable may be compared with: the spellings are those of a person, not yet canonical.
ASKED: dict[str, list[Value]] = {
    "modality": ["CT", "mr", "MRI", "SEG", " ct"],
    "body_part": ["CHEST", "lung", "Left Breast", "ABDOMEN"],
    "collection": ["a", 'b"\\*', "A"],
    "annotation_present": [True, False],
    "age_at_study": [0, 50, 50.0, 51, 80],
    "study_date": [*DATES],
    "diagnosis_date": [*DATES],
}
HELD: dict[str, list[Value]] = {
    "modality": ["CT", "MR", "SEG"],
    "body_part": ["CHEST", "LUNG", "BREAST_LEFT", "LIVER"],
    "collection": ["a", 'b"\\*', "A"],
    "annotation_present": [True, False],
    "age_at_study": [0, 49, 50, 51, 80, 81],
    "study_date": [*DATES],
    "diagnosis_date": [*DATES],
}
_ORDERED = ["age_at_study", "study_date", "diagnosis_date"]
_CODES = ["body_part"]


@st.composite
def predicates(draw: st.DrawFn) -> Expression:
    kind = draw(st.sampled_from(["equal", "ordered", "in", "between", "under", "days"]))
    if kind in ("ordered", "between"):
        variable = draw(st.sampled_from(_ORDERED))
        low, high = sorted(draw(st.lists(st.sampled_from(ASKED[variable]), min_size=2, max_size=2)), key=float_of)
        operator = draw(st.sampled_from(list(Operator)))
        return Comparison(variable, operator, low) if kind == "ordered" else Between(variable, low, high)
    if kind == "under":
        variable = draw(st.sampled_from(_CODES))
        return Under(variable, str(draw(st.sampled_from(ASKED[variable]))))
    if kind == "days":
        first, second = draw(st.permutations(["study_date", "diagnosis_date"]))
        return WithinDays(first, second, draw(st.integers(0, 40)))
    variable = draw(st.sampled_from(list(ASKED)))
    values = draw(st.lists(st.sampled_from(ASKED[variable]), min_size=1, max_size=4))
    if kind == "in":
        return In(variable, tuple(values))
    return Comparison(variable, draw(st.sampled_from([Operator.EQ, Operator.NE])), values[0])


def float_of(value: Value) -> float:
    return value.toordinal() if isinstance(value, date) else float(value)


def _larger(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        several.map(And),
        several.map(Or),
        parts.map(Not),
        st.builds(Scoped, st.sampled_from(Scope), parts),
    )


expressions: st.SearchStrategy[Expression] = st.recursive(predicates(), _larger, max_leaves=12)


@st.composite
def _row(draw: st.DrawFn) -> Row:
    known = draw(st.sets(st.sampled_from(list(HELD))))
    return Row(
        subject=draw(st.integers(0, 1)),
        study=draw(st.sampled_from([0, 1, 2, None])),
        values={name: draw(st.sampled_from(HELD[name])) for name in sorted(known)},
    )


data_sets = st.lists(_row(), min_size=1, max_size=5)
