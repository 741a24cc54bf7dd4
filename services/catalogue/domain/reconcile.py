"""What a node's description of all its data sets changes in the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from catalogue.domain.data_set import Change, Content, DataSet, Origin, created, described, not_described
from catalogue.domain.names import DataSetName


def reconcile(
    known: Iterable[DataSet],
    answer: Mapping[DataSetName, Content],
    unreadable: Collection[DataSetName],
    epoch: str,
    now: datetime,
) -> list[Change]:
    """The changes, in the order of names.

    `known`: all data sets of the provider. `unreadable`: described, but not in a way that can be taken; they stay as
    they are. What a steward registered is never retired because a node does not know it.
    """
    by_name = {data_set.name: data_set for data_set in known}
    changes: list[Change | None] = []
    for name in sorted({*by_name, *answer}):
        before, content = by_name.get(name), answer.get(name)
        if content is not None and before is not None:
            changes.append(described(before, content, epoch, now))
        elif content is not None:
            changes.append(created(name, content, Origin.NODE, epoch, now))
        elif before is not None and before.origin is Origin.NODE and name not in unreadable:
            changes.append(not_described(before, now))
    return [change for change in changes if change is not None]
