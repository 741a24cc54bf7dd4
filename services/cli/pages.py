"""Lists longer than one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

# Every service gives so many at once.
PAGE_SIZE = 200


class Request(Protocol):
    """A request of a List or Search method."""

    page_size: int
    page_token: str


class Page(Protocol):
    """Its answer."""

    @property
    def next_page_token(self) -> str: ...


_R = TypeVar("_R", bound=Request)
_P = TypeVar("_P", bound=Page)
_I = TypeVar("_I")


async def all_of(
    call: Callable[[_R], Awaitable[_P]], request: _R, items: Callable[[_P], Iterable[_I]], most: int | None = None
) -> list[_I]:
    """The items of all pages in their order, `most` at most. Raises what the call raises."""
    found: list[_I] = []
    while most is None or len(found) < most:
        request.page_size = PAGE_SIZE if most is None else min(PAGE_SIZE, most - len(found))
        page = await call(request)
        found += items(page)
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    return found
