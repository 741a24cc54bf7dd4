"""The read models of the figures in PostgreSQL: every change is an upsert, right after any redelivery."""

from __future__ import annotations

from typing import assert_never

from sqlalchemy import text

from insights.domain.figures import (
    Counted,
    DataSetGone,
    DataSetKnown,
    Effect,
    Place,
    ProviderGone,
    ProviderKnown,
)
from kit.database.engine import Single

# A topic that was given more partitions may hold a resource's newer message in another one: then the latest to
# arrive counts.
_NEWER = """(t.message_partition <> EXCLUDED.message_partition OR t.message_offset < EXCLUDED.message_offset)"""

_PROVIDER = text(
    f"""INSERT INTO providers AS t (name, organisation, country, live, removed, message_partition, message_offset)
        VALUES (:name, :organisation, :country, :live, false, :partition, :offset)
        ON CONFLICT (name) DO UPDATE SET organisation = EXCLUDED.organisation, country = EXCLUDED.country,
          live = EXCLUDED.live, removed = false, message_partition = EXCLUDED.message_partition,
          message_offset = EXCLUDED.message_offset
        WHERE {_NEWER}"""  # noqa: S608 - a constant
)
_NO_PROVIDER = text(
    f"""INSERT INTO providers AS t (name, organisation, country, live, removed, message_partition, message_offset)
        VALUES (:name, '', '', false, true, :partition, :offset)
        ON CONFLICT (name) DO UPDATE SET removed = true, live = false,
          message_partition = EXCLUDED.message_partition, message_offset = EXCLUDED.message_offset
        WHERE {_NEWER}"""  # noqa: S608
)
_DATA_SET = text(
    f"""INSERT INTO data_sets AS t (name, country, subjects, removed, message_partition, message_offset)
        VALUES (:name, :country, :subjects, false, :partition, :offset)
        ON CONFLICT (name) DO UPDATE SET country = EXCLUDED.country, subjects = EXCLUDED.subjects, removed = false,
          message_partition = EXCLUDED.message_partition, message_offset = EXCLUDED.message_offset
        WHERE {_NEWER}"""  # noqa: S608
)
_NO_DATA_SET = text(
    f"""INSERT INTO data_sets AS t (name, country, subjects, removed, message_partition, message_offset)
        VALUES (:name, '', 0, true, :partition, :offset)
        ON CONFLICT (name) DO UPDATE SET removed = true,
          message_partition = EXCLUDED.message_partition, message_offset = EXCLUDED.message_offset
        WHERE {_NEWER}"""  # noqa: S608
)
# Counted only where its event id was not there yet, in one statement.
_COUNT = text(
    """WITH fresh AS (
         INSERT INTO counted_events (event_id) VALUES (:event_id) ON CONFLICT DO NOTHING RETURNING event_id)
       INSERT INTO event_counts AS c (country, figure, events) SELECT :country, :figure, 1 FROM fresh
       ON CONFLICT (country, figure) DO UPDATE SET events = c.events + 1"""
)


class PostgresProjection:
    """Implements Projection."""

    async def apply(self, single: Single, effect: Effect, place: Place) -> None:
        at = {"partition": place.partition, "offset": place.offset}
        match effect:
            case ProviderKnown(name, organisation, country, live):
                row = {"name": name, "organisation": organisation, "country": country, "live": live}
                await single.execute(_PROVIDER, row | at)
            case ProviderGone(name):
                await single.execute(_NO_PROVIDER, {"name": name} | at)
            case DataSetKnown(name, country, subjects):
                await single.execute(_DATA_SET, {"name": name, "country": country, "subjects": subjects} | at)
            case DataSetGone(name):
                await single.execute(_NO_DATA_SET, {"name": name} | at)
            case Counted(event_id, figure, country):
                count = {"event_id": event_id, "figure": figure.value, "country": country}
                await single.execute(_COUNT, count)
            case _:
                assert_never(effect)
