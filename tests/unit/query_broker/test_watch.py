"""Who watches a query is told of each change, and reads it only when this process doesn't know it."""

from dataclasses import replace

from query_broker.domain.query import QueryState
from query_broker.entrypoints.watch import KEPT, Watchers
from tests.unit.query_broker.builders import query

SOON = 0.01


async def test_a_change_of_this_process_comes_as_it_is() -> None:
    watchers, changed = Watchers(), query()
    with watchers.watching(changed.id) as watch:
        watchers.tell(changed)
        assert await watch.next(SOON) is changed
        assert await watch.next(SOON) is None


async def test_only_the_newest_of_several_changes_comes() -> None:
    watchers, first = Watchers(), query()
    ended = replace(first, state=QueryState.CANCELLED)
    with watchers.watching(first.id) as watch:
        watchers.tell(first)
        watchers.tell(ended)
        assert await watch.next(SOON) is ended


async def test_a_change_of_another_process_has_to_be_read() -> None:
    watchers, changed = Watchers(), query()
    with watchers.watching(changed.id) as watch, watchers.watching("another") as other:
        watchers.tell(changed)
        watchers.wake(changed.id)
        assert await watch.next(60) is None
        watchers.wake("")
        assert await watch.next(60) is None
        assert await other.next(60) is None


async def test_what_is_told_during_a_read_is_read_once_more() -> None:
    watchers, changed = Watchers(), query()
    with watchers.watching(changed.id) as watch:
        watchers.tell(changed)
        watch.reading()
        watch.was_read()
        assert await watch.next(SOON) is None, "what was told before the read is in it"
        watch.reading()
        watchers.tell(changed)
        watch.was_read()
        assert await watch.next(60) is None


async def test_nobody_is_told_of_what_they_do_not_watch() -> None:
    watchers, changed = Watchers(), query()
    with watchers.watching("another") as watch:
        watchers.tell(changed)
        assert await watch.next(SOON) is None
    watchers.tell(changed)


async def test_a_running_query_of_this_process_is_known_from_the_first() -> None:
    watchers, running = Watchers(), query()
    watchers.tell(running)
    with watchers.watching(running.id) as watch:
        assert watch.known is running
        assert await watch.next(SOON) is None, "nothing has changed since"


async def test_what_has_ended_or_was_changed_elsewhere_or_is_long_ago_is_not_known() -> None:
    watchers, one = Watchers(), query()

    def known() -> bool:
        with watchers.watching(one.id) as watch:
            return watch.known is not None

    watchers.tell(one)
    watchers.tell(replace(one, state=QueryState.COMPLETE))
    assert not known()
    watchers.tell(one)
    watchers.wake(one.id)
    assert not known()
    watchers.tell(one)
    watchers.wake("")
    assert not known()
    watchers.tell(one)
    for number in range(KEPT):
        assert known()
        watchers.tell(replace(one, id=f"{number + 1:032}"))
    assert not known()
