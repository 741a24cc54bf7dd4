"""The search index: a read model of this replica, kept up with PostgreSQL and built anew when it can't be used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tantivy import Index, Occur, Query

from catalogue.adapters.index_files import DamagedIndex, IndexFiles, noticing_damage
from catalogue.adapters.index_schema import WEIGHTS, analyzer, schema
from catalogue.adapters.postgres import PostgresDataSets
from catalogue.domain.names import DataSetName
from catalogue.domain.search import Facet, Found, Position, Search
from kit.database.engine import Database, is_passing
from kit.errors import Unavailable
from kit.telemetry.log import logger

_log = logger(__name__)
_BATCH = 1000
# A wake-up may be missed, so the index also looks by itself.
LOOK_SECONDS = 5.0
_MOST_VALUES = 1000


class TantivyIndex:
    """`search` answers from memory-mapped files; `keep_up` is to run in the background."""

    def __init__(self, files: IndexFiles, database: Database, data_sets: PostgresDataSets) -> None:
        self._files = files
        self._database = database
        self._data_sets = data_sets
        self._wake = asyncio.Event()
        self._broken = True
        self._damaged = False

    def wake(self, _payload: str = "") -> None:
        """Something may have changed."""
        self._wake.set()

    async def keep_up(self) -> None:
        """Takes every change until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self.catch_up()
            except DamagedIndex as error:
                self._found_damage(error)
            except (OSError, ValueError) as error:
                self._broken = True
                _log.error("the search index can't be written, trying again", error=str(error))
            except Exception as error:
                if not is_passing(error):
                    raise
                _log.warning("search index waits", error=type(error).__name__)
            try:
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue

    async def catch_up(self) -> None:
        """Takes all changes that are committed by now; first builds the index anew if it is missing or damaged."""
        async with self._database.transaction() as transaction:
            catalogue, last = await self._data_sets.catalogue(transaction)
        mark = self._files.mark
        unusable = self._broken or mark is None or mark.catalogue != str(catalogue) or mark.revision > last
        # Damage may show in some searches only, so one that was found is not looked for again.
        if unusable and (self._damaged or not await asyncio.to_thread(self._files.open, catalogue, last)):
            _log.info("building the search index anew", revision=last)
            await asyncio.to_thread(self._files.begin_anew, catalogue)
            self._damaged = False
        while self._files.mark is not None and self._files.mark.revision < last:
            async with self._database.transaction() as transaction:
                changes = await self._data_sets.changed_since(transaction, self._files.mark.revision, _BATCH)
            if not changes:
                break
            await asyncio.to_thread(self._files.apply, changes)
        self._broken = False

    async def search(self, search: Search, after: Position | None, size: int) -> Found:
        """One page of hits. Raises Unavailable while the index is being built."""
        index = self._files.index
        if index is None or self._broken:
            raise Unavailable("INDEX_BUILDING", "the search index is being built; try again", 1.0)
        try:
            return await asyncio.to_thread(search_in, index, search, after, size)
        except DamagedIndex as error:
            self._found_damage(error)
            raise Unavailable("INDEX_BUILDING", "the search index is being built; try again", 1.0) from None

    def _found_damage(self, error: DamagedIndex) -> None:
        self._broken = self._damaged = True
        self._wake.set()
        _log.error("the search index is damaged", error=str(error))


def search_in(index: Index, search: Search, after: Position | None, size: int) -> Found:
    """One page of an index's hits. Blocking. Raises DamagedIndex."""
    with noticing_damage():
        return _search_in(index, search, after, size)


def _search_in(index: Index, search: Search, after: Position | None, size: int) -> Found:
    searcher = index.searcher()
    query = _query(search)
    hits = [
        Position(score, DataSetName(searcher.doc(address)["name"][0]))
        for score, address in searcher.search(query, max(searcher.num_docs, 1)).hits
    ]
    hits.sort(key=_order)
    rest = [hit for hit in hits if after is None or _order(hit) > _order(after)]
    return Found(rest[:size], len(rest) > size, len(hits), _facets(searcher.aggregate(query, _AGGREGATION)))


def _query(search: Search) -> Query:
    parts = [(Occur.Must, Query.const_score_query(Query.all_query(), 0.0))]
    for word in dict.fromkeys(analyzer().analyze(search.words)):
        found = [
            (Occur.Should, Query.const_score_query(Query.term_query(schema(), field, word), weight))
            for field, weight in WEIGHTS.items()
        ]
        parts.append((Occur.Must, Query.boolean_query(found)))
    for facet, values in search.narrowed.items():
        if values:
            among = Query.term_set_query(schema(), facet.value, sorted(values))
            parts.append((Occur.Must, Query.const_score_query(among, 0.0)))
    return Query.boolean_query(parts)


_AGGREGATION = {facet.value: {"terms": {"field": facet.value, "size": _MOST_VALUES}} for facet in Facet}


def _order(hit: Position) -> tuple[float, str]:
    return (-hit.score, hit.name)


def _facets(found: Mapping[str, Mapping[str, list[dict[str, object]]]]) -> dict[Facet, dict[str, int]]:
    return {
        facet: {str(bucket["key"]): int(str(bucket["doc_count"])) for bucket in found[facet.value]["buckets"]}
        for facet in Facet
    }
