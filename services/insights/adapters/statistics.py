"""The figures of each country, added up from the read models."""

from __future__ import annotations

from sqlalchemy import text

from insights.domain.figures import CountryFigures, Figure
from kit.database.engine import Database

_BY_COUNTRY = text(
    """SELECT country,
              CAST(sum(providers) AS bigint) AS providers, CAST(sum(live) AS bigint) AS live_providers,
              CAST(sum(data_sets) AS bigint) AS data_sets, CAST(sum(subjects) AS bigint) AS subjects,
              CAST(sum(asked) AS bigint) AS queries_asked, CAST(sum(given) AS bigint) AS answers_given
       FROM (
         SELECT country, 1 AS providers, CAST(live AS int) AS live, 0 AS data_sets, 0 AS subjects, 0 AS asked,
                0 AS given
           FROM providers WHERE NOT removed
         UNION ALL
         SELECT country, 0, 0, 1, subjects, 0, 0 FROM data_sets WHERE NOT removed
         UNION ALL
         SELECT country, 0, 0, 0, 0, CASE figure WHEN :asked THEN events ELSE 0 END,
                CASE figure WHEN :given THEN events ELSE 0 END
           FROM event_counts) AS parts
       GROUP BY country ORDER BY country COLLATE "C" """
)


class PostgresStatistics:
    """Implements Statistics."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_country(self) -> tuple[CountryFigures, ...]:
        async with self._database.reading() as connection:
            rows = await connection.execute(
                _BY_COUNTRY, {"asked": Figure.QUERIES_ASKED.value, "given": Figure.ANSWERS_GIVEN.value}
            )
            return tuple(CountryFigures(*row) for row in rows)
