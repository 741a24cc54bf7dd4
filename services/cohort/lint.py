"""Queries that are allowed and most likely not meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from cohort.canonical import rewritten
from cohort.expression import And, Expression, In, Or, Scope, Scoped, WithinDays
from cohort.model_file import data_model
from cohort.sampling import holds, samples
from cohort.text import to_text
from cohort.variables import DataModel, Level
from cohort.walk import ROOT, Node, variables, walk

_MOST_TRIALS = 2_000_000
"""Values tried times values compared with on one level; a larger query goes without that warning."""


class Finding(Enum):
    NEVER_TRUE = "never true"
    ALWAYS_TRUE = "always true"
    REPEATED = "repeated"
    SCOPE_WITHOUT_EFFECT = "scope without effect"
    SAME_DATE = "same date"


@dataclass(frozen=True, slots=True)
class LintWarning:
    """What is questionable, where (`filter.operands[1]`), and a sentence for the person who asked."""

    path: str
    finding: Finding
    message: str


def lint(expression: Expression, model: DataModel | None = None) -> tuple[LintWarning, ...]:
    """The warnings about an expression which check() has passed, in the order of the text."""
    model = model or data_model()
    found: dict[tuple[str, Finding], LintWarning] = {}
    for node in walk(expression):
        for warning in _node(node, model):
            found.setdefault((warning.path, warning.finding), warning)
    return tuple(found.values())


def _node(node: Node, model: DataModel) -> Iterator[LintWarning]:
    match node.expression:
        case And(operands) | Or(operands):
            yield from _repeated(node.path, operands, model)
            yield from _extreme(node.path, operands, model, all_of=isinstance(node.expression, And))
        case Scoped(scope, operand):
            yield from _scope(node.path, scope, operand, model)
        case WithinDays(variable, other, _) if variable == other:
            message = f"compares {variable} with itself, which is true wherever it is known"
            yield LintWarning(node.path, Finding.SAME_DATE, message)
        case _ if node.path == ROOT or isinstance(node.expression, In):
            yield from _extreme(node.path, (node.expression,), model, all_of=True)


def _repeated(path: str, operands: tuple[Expression, ...], model: DataModel) -> Iterator[LintWarning]:
    first: dict[Expression, int] = {}
    for i, operand in enumerate(operands):
        earlier = first.setdefault(rewritten(operand, model), i)
        if earlier != i:
            message = f"says the same as {path}.operands[{earlier}]; leave one out"
            yield LintWarning(f"{path}.operands[{i}]", Finding.REPEATED, message)


def _extreme(path: str, operands: tuple[Expression, ...], model: DataModel, *, all_of: bool) -> Iterator[LintWarning]:
    """Whether the conditions on one variable leave nothing (joined by AND) or everything (joined by OR)."""
    by_variable: dict[str, list[Expression]] = defaultdict(list)
    first: dict[str, int] = {}
    for i, operand in enumerate(operands):
        names = variables(operand)
        if len(names) == 1 and not any(isinstance(part.expression, Scoped | WithinDays) for part in walk(operand)):
            (name,) = names
            by_variable[name].append(rewritten(operand, model))
            first.setdefault(name, i)
    for name, conditions in by_variable.items():
        variable = model.get(name)
        tried = samples(variable, conditions)
        if len(tried) * sum(map(_size, conditions)) > _MOST_TRIALS:
            continue
        whole = And(tuple(conditions)) if all_of else Or(tuple(conditions))
        results = {holds(whole, variable, value) for value in tried}
        text = to_text(whole)
        # What never holds decides an AND, and what always holds an OR; else only these operands are meant.
        part = path if len(conditions) == len(operands) else f"{path}.operands[{first[name]}]"
        if results == {False}:
            yield LintWarning(
                path if all_of else part, Finding.NEVER_TRUE, f"no {variable.label} can satisfy {_short(text)}"
            )
        if results == {True}:
            message = f"every known {variable.label} satisfies {_short(text)}; it only leaves out missing values"
            yield LintWarning(part if all_of else path, Finding.ALWAYS_TRUE, message)


def _scope(path: str, scope: Scope, operand: Expression, model: DataModel) -> Iterator[LintWarning]:
    inherited = (Level.SUBJECT,) if scope is Scope.SUBJECT else (Level.SUBJECT, Level.STUDY)
    names = variables(operand)
    deeper = [part.expression.scope for part in walk(operand) if isinstance(part.expression, Scoped)]
    if isinstance(operand, Scoped) and operand.scope is scope:
        message = f"{scope.value}() directly within {scope.value}() changes nothing; leave one out"
        yield LintWarning(path, Finding.SCOPE_WITHOUT_EFFECT, message)
    elif not deeper and all(model.get(name).level in inherited for name in names):
        shared = ", ".join(sorted(names))
        message = (
            f"all series of a {scope.value} have the same {shared}; {scope.value}() only makes missing values false"
        )
        yield LintWarning(path, Finding.SCOPE_WITHOUT_EFFECT, message)


def _size(condition: Expression) -> int:
    return sum(len(part.expression.values) if isinstance(part.expression, In) else 1 for part in walk(condition))


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
