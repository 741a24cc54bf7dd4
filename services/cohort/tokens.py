"""The words of a filter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from cohort.filter_error import FilterError, Problem, Span
from cohort.limits import MAX_TEXT_BYTES


class Kind(Enum):
    WORD = auto()
    STRING = auto()
    COMPARATOR = auto()
    OPEN = auto()
    CLOSE = auto()
    COMMA = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the word, or a string's content without quotes and escapes."""

    kind: Kind
    text: str
    span: Span


_PATTERN = re.compile(
    r"""(?P<blank>\s+)
    |(?P<comparator><=|>=|!=|<>|==|[=<>:])
    |(?P<open>\()
    |(?P<close>\))
    |(?P<comma>,)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<quote>["'“”„‘’])
    |(?P<word>[^\s()",'=<>!:“”„‘’]+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)|(\*)", re.DOTALL)
_HINTS = {"<>": "write !=", "==": "write =", ":": "write ="}
_KINDS = {"comparator": Kind.COMPARATOR, "open": Kind.OPEN, "close": Kind.CLOSE, "comma": Kind.COMMA}


def tokens(text: str) -> list[Token]:
    """All tokens of the text, with one of kind END behind them. Raises FilterError."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_TEXT_BYTES:
        what = f"the filter has {size} bytes; at most {MAX_TEXT_BYTES} are allowed"
        raise FilterError(text, (Problem(Span(0, 0), what, "ask it in parts, or use under() in place of long lists"),))
    found = [_token(text, match) for match in _PATTERN.finditer(text) if match.lastgroup != "blank"]
    return [*found, Token(Kind.END, "", Span(len(text), len(text)))]


def _token(text: str, match: re.Match[str]) -> Token:
    span = Span(*match.span())
    word = match.group()
    match match.lastgroup:
        case "string":
            return Token(Kind.STRING, _unescaped(text, word[1:-1], span), span)
        case "word" if "*" in word:
            raise FilterError(text, (_wildcard(span),))
        case "word":
            return Token(Kind.WORD, word, span)
        case "quote" if word in "\"'":
            raise FilterError(text, (Problem(span, "this quotation mark has no closing one", f"add {word}"),))
        case "quote":
            raise FilterError(text, (Problem(span, "this is a typographic quotation mark", 'write "'),))
        case "comparator" if word in _HINTS:
            raise FilterError(text, (Problem(span, f"{word} is not a comparison here", _HINTS[word]),))
        case "other" | None:
            raise FilterError(text, (Problem(span, f"{word!r} can't stand here", "write NOT for a negation"),))
        case group:
            return Token(_KINDS[group], word, span)


def _unescaped(text: str, content: str, span: Span) -> str:
    def character(match: re.Match[str]) -> str:
        at = Span(span.start + 1 + match.start(), span.start + 1 + match.end())
        if match.group(2):
            raise FilterError(text, (_wildcard(at),))
        if match.group(1) not in "\"'\\*":
            hint = "a backslash may stand before \", ', * and \\ only"
            raise FilterError(text, (Problem(at, "this escape is not known", hint),))
        return match.group(1)

    return _ESCAPE.sub(character, content)


def _wildcard(span: Span) -> Problem:
    return Problem(span, "wildcards are not supported", 'write the whole value; a star itself is "\\*"')
