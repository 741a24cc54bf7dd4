"""What people get wrong in a filter, and what they most likely meant."""

from __future__ import annotations

from cohort.errors import shown
from cohort.filter_error import Problem, Span
from cohort.limits import MAX_DEPTH
from cohort.tokens import Kind, Token
from cohort.variables import DataModel, ValueType

KEYWORDS = ("AND", "OR", "NOT")
_JOINS = {"and": "AND", "&&": "AND", "&": "AND", "or": "OR", "||": "OR", "|": "OR"}
_LONGEST_READING = 6


def too_deep(token: Token) -> Problem:
    return Problem(token.span, f"brackets and NOT are nested deeper than {MAX_DEPTH} levels", "use fewer")


def no_condition(token: Token, after: Token, model: DataModel) -> Problem:
    """Something else than the start of a condition, where one has to start."""
    match token.kind:
        case Kind.END:
            return Problem(
                token.span, "the filter ends where a condition is expected", "write one, or leave out the end"
            )
        case Kind.STRING:
            hint = 'write a variable first, without quotation marks: collection = "..."'
            return Problem(token.span, "a text alone is no condition", hint)
        case Kind.WORD if token.text in KEYWORDS:
            return Problem(token.span, f"{token.text} stands where a condition is expected", "write one before it")
        case Kind.WORD if token.text == "not":
            return Problem(token.span, "not is no keyword", "write NOT")
        case Kind.WORD if after.kind is Kind.WORD and after.text.lower() == "in":
            return Problem(after.span, "in is a function", f"write in({token.text}, value, value)")
        case Kind.WORD:
            return Problem(token.span, f"{shown(token.text)} alone is no condition", _compared(token.text, model))
        case _:
            return Problem(token.span, f"a condition is expected before {token.text}", 'such as modality = "CT"')


def _compared(name: str, model: DataModel) -> str:
    variable = model.variables.get(name)
    if variable is None:
        return "write variable = value"
    return f"write {name} = {'true' if variable.type is ValueType.BOOLEAN else 'value'}"


def no_join(token: Token) -> Problem:
    """Neither AND nor OR after a condition."""
    if token.kind is Kind.WORD and token.text in _JOINS:
        return Problem(token.span, f"{token.text} joins no conditions", f"write {_JOINS[token.text]}")
    hint = "write AND or OR between conditions, and quotation marks around text with blanks"
    return Problem(token.span, "AND or OR is missing here", hint)


def no_end(token: Token) -> Problem:
    """A closing bracket or a comma behind the whole filter."""
    if token.kind is Kind.CLOSE:
        return Problem(token.span, "this bracket was never opened", "leave it out")
    return Problem(token.span, "a comma can't stand here", "for sets write in(variable, value, value)")


def no_close(token: Token, opening: Token) -> Problem:
    """Something else than the closing bracket."""
    if token.kind is Kind.END:
        return Problem(opening.span, "this bracket is not closed", "add )")
    hint = "write a comma between arguments, and put text with blanks in quotation marks"
    return Problem(token.span, f"{shown(token.text)} can't stand here", hint)


def mixed(text: str, operands: list[Span], joins: list[str]) -> Problem:
    """AND and OR on one level, where a reader can't be sure which is meant. Shows both readings."""
    parts = [_short(text[span.start : span.end]) for span in operands]
    own, other = _reading(parts, joins, "OR"), _reading(parts, joins, "AND")
    span = Span(operands[0].start, operands[-1].end)
    return Problem(span, "AND and OR are mixed without brackets", f"write {own} (AIP-160's own reading) or {other}")


def _short(part: str, length: int = 60) -> str:
    return " ".join(part[:length].split()) + ("…" if len(part) > length else "")


def _reading(parts: list[str], joins: list[str], inner: str) -> str:
    """The joined parts with brackets around each run that `inner` joins."""
    groups = [[parts[0]]]
    for join, part in zip(joins, parts[1:], strict=True):
        if join == inner:
            groups[-1].append(part)
        else:
            groups.append([part])
    bracketed = [f"({f' {inner} '.join(group)})" if len(group) > 1 else group[0] for group in groups]
    if len(parts) > _LONGEST_READING:
        return f"brackets around {bracketed[0][:120]} and so on"
    return f" {'AND' if inner == 'OR' else 'OR'} ".join(bracketed)
