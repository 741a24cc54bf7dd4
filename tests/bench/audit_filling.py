"""A large log for measurements: invented events, appended and sealed by the service's own use cases, without Kafka."""

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from uuid import UUID

from audit_log.adapters.search_index.sealing import PostgresSealing
from audit_log.adapters.tree import PostgresLeaves, PostgresTree
from audit_log.application.append_events import AppendEvents
from audit_log.application.seal import Seal
from audit_log.domain.entry import Attributes, Event
from kit.database.engine import Database
from kit.database.migrations import migrate

BODY_BYTES = 805
"""What an event of the ingest's measurement has, with its framing."""

CHUNK = 32_768
"""The default of the service's settings."""

_BATCH = 10_000
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_TYPES = [f"oncordia.events.v1.{name}{what}" for name in ("CohortQuery", "DataSet", "Model", "Permit", "Provider")
          for what in ("Created", "Updated", "AnswerRecorded", "Retired", "Completed")]  # fmt: skip
_TYPE_WEIGHTS = list(accumulate(1 / (rank + 1) for rank in range(len(_TYPES))))
_ORGANISATIONS = [f"organisation-{number}" for number in range(50)]
_COUNTRIES = ("AT", "BE", "DE", "DK", "ES", "FI", "FR", "GR", "IE", "IT", "NL", "PL", "PT", "RO", "SE")
_ACTORS = 3_000
_PRODUCERS = ("query_broker", "federation", "catalogue", "access")
_OUTCOMES, _OUTCOME_WEIGHTS = ("done", "refused", "failed"), [0.95, 0.98, 1.0]


def country_of(organisation: str) -> str:
    """An organisation is in one country; with most countries it never meets."""
    return _COUNTRIES[int(organisation.rpartition("-")[2]) % len(_COUNTRIES)]


def attributes(count: int, chance: random.Random) -> Iterator[Attributes]:
    """Events of a year's part: one a second or so, told in about their order."""
    actors = [f"{chance.getrandbits(256):064x}" for _ in range(_ACTORS)]
    # Few act often.
    weights = list(accumulate(1 / (rank + 10) for rank in range(_ACTORS)))
    for number in range(count):
        actor = chance.choices(range(_ACTORS), cum_weights=weights)[0]
        organisation = _ORGANISATIONS[actor % len(_ORGANISATIONS)]
        outcome = chance.choices(_OUTCOMES, cum_weights=_OUTCOME_WEIGHTS)[0]
        yield Attributes(
            event_id=UUID(int=chance.getrandbits(128)),
            type=chance.choices(_TYPES, cum_weights=_TYPE_WEIGHTS)[0],
            producer=_PRODUCERS[number % 4],
            number=number // 4 + 1,
            time=_BEGIN + timedelta(seconds=number + chance.uniform(-5, 5)),
            actor=actors[actor],
            organisation=organisation,
            country=country_of(organisation),
            purpose="",
            permit=f"permits/{chance.randrange(500):032x}" if number % 5 == 0 else "",
            resource=f"cohortQueries/{chance.getrandbits(128):032x}",
            trace_id=f"{chance.getrandbits(128):032x}",
            outcome=outcome,
        )


async def fill(database_url: str, count: int, seed: int = 1) -> list[Attributes]:
    """Migrates and fills a database, and returns every thousandth event's attributes."""
    database = Database(database_url, statement_seconds=None)
    await migrate(database, "audit_log")
    chance = random.Random(seed)
    append = AppendEvents(PostgresTree(), lambda _point: None)
    seal = Seal(PostgresLeaves(database), PostgresSealing(database), CHUNK, lambda _point: None)
    coming, kept = attributes(count, chance), list[Attributes]()

    def draw() -> list[Event]:
        events = [Event(about, chance.randbytes(BODY_BYTES)) for about in islice(coming, _BATCH)]
        kept.extend(event.attributes for event in events[::1_000])
        return events

    events = draw()
    while events:
        # The next batch is drawn while the server takes this one.
        async with database.transaction() as transaction:
            _, following = await asyncio.gather(append(transaction, events), asyncio.to_thread(draw))
        await seal()
        events = following
    await database.close()
    return kept
