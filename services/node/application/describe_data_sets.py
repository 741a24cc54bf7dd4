"""Describing the data sets of the snapshot in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from node.application.ports import Indexes
from node.domain.description import DataSetText, Description, describe
from node.domain.epoch import EpochId
from node.domain.policy import ProviderPolicy


class DescribeDataSets:
    """`texts` reads what the staff wrote, by data set."""

    def __init__(
        self, policy: ProviderPolicy, indexes: Indexes, texts: Callable[[], Mapping[str, DataSetText]]
    ) -> None:
        self._policy = policy
        self._indexes = indexes
        self._texts = texts

    def __call__(self) -> tuple[EpochId | None, Sequence[Description]]:
        """The epoch and its data sets in the order of their ids; none before the first ingest. Raises NodeError."""
        index = self._indexes.current()
        if index is None:
            return None, ()
        texts = self._texts()
        return index.epoch.id, [
            describe(figures, texts.get(figures.id, DataSetText()), self._policy.published_totals_rounded_to)
            for figures in index.data_sets()
        ]
