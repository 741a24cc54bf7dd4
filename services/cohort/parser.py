"""Cohort queries as people write them: the filter language of AIP-160 (google.aip.dev/160).

OR binds tighter than AND there, which surprises; so a mix of both on one level needs brackets here. Left out are
text search by juxtaposed words, wildcards, the has-operator and fields of fields. Functions: see functions.py.
"""

from __future__ import annotations

from dataclasses import replace

from cohort import mistakes
from cohort.check import check
from cohort.expression import And, Comparison, Expression, Not, Operator, Or, Scoped
from cohort.filter_error import FilterError, Problem, Span
from cohort.functions import SCOPES, USAGE, predicate, unknown_function
from cohort.limits import MAX_DEPTH
from cohort.literal import value_of
from cohort.located import Located
from cohort.model_file import data_model
from cohort.tokens import Kind, Token, tokens
from cohort.variables import DataModel


def parse(text: str, model: DataModel | None = None) -> Expression:
    """The expression that the text means, checked against the data model, not yet canonical.

    Raises FilterError: with the first mistake of grammar, or with all that check() finds, each at its place.
    """
    model = model or data_model()
    located = _Parser(text, model).whole()
    violations = check(located.expression, model)
    if violations:
        spans = located.spans()
        problems = (Problem(_place(v.path, spans), v.message, path=v.path) for v in violations)
        raise FilterError(text, tuple(problems))
    return located.expression


def _place(path: str, spans: dict[str, Span]) -> Span:
    """The span of the path, or of the nearest part around it that has one."""
    while path not in spans:
        path = path[: max(path.rfind("."), path.rfind("["))]
    return spans[path]


class _Parser:
    """Recursive descent, at most MAX_DEPTH levels deep."""

    def __init__(self, text: str, model: DataModel) -> None:
        self._text = text
        self._model = model
        self._tokens = tokens(text)
        self._at = 0

    def whole(self) -> Located:
        if self._peek().kind is Kind.END:
            hint = 'write a condition such as modality = "CT"'
            raise self._error(Problem(self._peek().span, "the filter is empty", hint))
        located = self._expression(0)
        if self._peek().kind is not Kind.END:
            raise self._error(mistakes.no_end(self._peek()))
        return located

    def _expression(self, depth: int) -> Located:
        """Terms joined by AND, or by OR, up to a closing bracket, a comma or the end."""
        operands = [self._term(depth)]
        joins: list[str] = []
        while (token := self._peek()).kind not in (Kind.CLOSE, Kind.COMMA, Kind.END):
            if token.kind is not Kind.WORD or token.text not in ("AND", "OR"):
                raise self._error(mistakes.no_join(token))
            joins.append(self._next().text)
            operands.append(self._term(depth))
        if not joins:
            return operands[0]
        if len(set(joins)) > 1:
            raise self._error(mistakes.mixed(self._text, [operand.span for operand in operands], joins))
        parts = tuple(operand.expression for operand in operands)
        span = Span(operands[0].span.start, operands[-1].span.end)
        return Located(And(parts) if joins[0] == "AND" else Or(parts), span, operands=tuple(operands))

    def _term(self, depth: int) -> Located:
        token = self._peek()
        if depth > MAX_DEPTH:
            raise self._error(mistakes.too_deep(token))
        if not self._skip_negation(token):
            return self._simple(depth)
        operand = self._term(depth + 1)
        span = Span(token.span.start, operand.span.end)
        return Located(Not(operand.expression), span, operands=(operand,))

    def _skip_negation(self, token: Token) -> bool:
        if token.kind is not Kind.WORD or not (token.text == "NOT" or token.text.startswith("-")):
            return False
        if token.text in ("NOT", "-"):
            self._at += 1
        else:
            start, end = token.span
            self._tokens[self._at] = Token(Kind.WORD, token.text[1:], Span(start + 1, end))
        return True

    def _simple(self, depth: int) -> Located:
        token, after = self._peek(), self._peek(1)
        if token.kind is Kind.OPEN:
            return self._brackets(depth)
        if token.kind is Kind.WORD and token.text not in mistakes.KEYWORDS:
            if after.kind is Kind.OPEN:
                return self._function(depth)
            if after.kind is Kind.COMPARATOR:
                return self._comparison()
        raise self._error(mistakes.no_condition(token, after, self._model))

    def _brackets(self, depth: int) -> Located:
        opening = self._next()
        inner = self._expression(depth + 1)
        return replace(inner, span=Span(opening.span.start, self._close(opening).span.end))

    def _comparison(self) -> Located:
        name, operator, value = self._next(), self._next(), self._next()
        if value.kind not in (Kind.WORD, Kind.STRING) or _is_keyword(value):
            hint = "text with blanks needs quotation marks"
            raise self._error(Problem(value.span, f"a value is expected after {operator.text}", hint))
        if value.kind is Kind.WORD and self._peek().kind is Kind.OPEN:
            hint = "for sets write in(variable, value, value)"
            raise self._error(Problem(value.span, "a comparison takes one value, not a function", hint))
        variable = self._model.variables.get(name.text)
        comparison = Comparison(name.text, Operator(operator.text), value_of(value.text, variable))
        fields = {".variable": name.span, ".operator": operator.span, ".value": value.span}
        return Located(comparison, Span(name.span.start, value.span.end), fields)

    def _function(self, depth: int) -> Located:
        name, opening = self._next(), self._next()
        if name.text in SCOPES:
            located = self._scoped(name, opening, depth)
        elif name.text in USAGE:
            located = self._predicate(name, opening)
        else:
            raise self._error(unknown_function(name))
        if self._peek().kind is Kind.COMPARATOR:
            hint = "leave out the comparison; NOT in front negates it"
            raise self._error(Problem(self._peek().span, f"{name.text}() is a condition by itself", hint))
        return located

    def _scoped(self, name: Token, opening: Token, depth: int) -> Located:
        operand = self._expression(depth + 1)
        span = Span(name.span.start, self._close(opening).span.end)
        return Located(Scoped(SCOPES[name.text], operand.expression), span, operands=(operand,))

    def _predicate(self, name: Token, opening: Token) -> Located:
        arguments = self._arguments(name)
        span = Span(name.span.start, self._close(opening).span.end)
        found = predicate(name, arguments, span, self._model)
        if isinstance(found, Problem):
            raise self._error(found)
        return found

    def _arguments(self, name: Token) -> list[Token]:
        found: list[Token] = []
        if self._peek().kind is Kind.CLOSE:
            return found
        while True:
            token = self._next()
            if token.kind not in (Kind.WORD, Kind.STRING):
                message = f"an argument of {name.text}() is expected here"
                raise self._error(Problem(token.span, message, f"write {USAGE[name.text]}"))
            found.append(token)
            if self._peek().kind is not Kind.COMMA:
                return found
            self._at += 1

    def _close(self, opening: Token) -> Token:
        token = self._next()
        if token.kind is not Kind.CLOSE:
            raise self._error(mistakes.no_close(token, opening))
        return token

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _error(self, problem: Problem) -> FilterError:
        return FilterError(self._text, (problem,))


def _is_keyword(token: Token) -> bool:
    return token.kind is Kind.WORD and token.text in mistakes.KEYWORDS
