"""The predicates that are written as functions: `in(modality, "CT", "MR")`."""

from __future__ import annotations

from collections.abc import Sequence

from cohort.errors import near, shown
from cohort.expression import Between, In, Scope, Under, WithinDays
from cohort.filter_error import Problem, Span
from cohort.literal import value_of, whole_number
from cohort.located import Located
from cohort.tokens import Kind, Token
from cohort.variables import DataModel

USAGE = {
    "in": "in(variable, value, value, ...)",
    "between": "between(variable, low, high)",
    "under": "under(variable, code)",
    "within_days": "within_days(date variable, date variable, days)",
    "study": "study(condition)",
    "subject": "subject(condition)",
}
SCOPES = {scope.value: scope for scope in Scope}
_COUNTS = {"in": range(2, 1 << 31), "between": range(3, 4), "under": range(2, 3), "within_days": range(3, 4)}


def unknown_function(name: Token) -> Problem:
    likely = near(name.text, USAGE)
    hint = f"write {USAGE[likely[0]]}" if likely else f"known are {', '.join(USAGE)}"
    return Problem(name.span, f"there is no function {shown(name.text)}", hint)


def predicate(name: Token, arguments: Sequence[Token], span: Span, model: DataModel) -> Located | Problem:
    """The predicate of a function other than study() and subject(), or what is wrong with its arguments."""
    usage = f"write {USAGE[name.text]}"
    if len(arguments) not in _COUNTS[name.text]:
        return Problem(span, f"{name.text}() has {len(arguments)} argument{'s' * (len(arguments) != 1)}", usage)
    first, *rest = arguments
    if first.kind is not Kind.WORD:
        return Problem(first.span, f"{name.text}() starts with a variable, which has no quotation marks", usage)
    variable = model.variables.get(first.text)
    values = tuple(value_of(token.text, variable) for token in rest)
    spans = [token.span for token in rest]
    match name.text:
        case "in":
            fields = {f".values[{i}]": at for i, at in enumerate(spans)}
            return Located(In(first.text, values), span, {".variable": first.span, **fields})
        case "between":
            fields = {".low": spans[0], ".high": spans[1]}
            return Located(Between(first.text, *values), span, {".variable": first.span, **fields})
        case "under":
            return Located(Under(first.text, rest[0].text), span, {".variable": first.span, ".code": rest[0].span})
        case _:
            days = whole_number(rest[1].text)
            if days is None:
                return Problem(rest[1].span, "within_days() ends with a whole number of days", usage)
            fields = {".variable": first.span, ".other": spans[0], ".days": spans[1]}
            return Located(WithinDays(first.text, rest[0].text, days), span, fields)
