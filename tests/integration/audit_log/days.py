"""A log for which days pass as a test says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from issuer.users import load_users
from kit.database.engine import Database
from kit.identity.deployment_keys import init_keys
from kit.rpc.client import bearer
from tests.world import Metadata, ServiceProcess, until

YEAR = 366


async def count(log: ServiceProcess, sql: str) -> int:
    database = Database(log.database_url)
    async with database.reading() as reading:
        found = (await reading.execute(text(sql))).scalar_one()
    await database.close()
    return int(found)


@dataclass
class Days:
    """Moves the clock of a running log."""

    log: ServiceProcess
    file: Path
    _tokens: dict[tuple[str, str], Metadata] = field(default_factory=dict)

    async def pass_by(self, days: int) -> None:
        """Returns when the log has noticed."""
        before = await count(self.log, "SELECT count(*) FROM grown")
        self.file.write_text(str(int(self.file.read_text()) + days))

        async def noted() -> bool:
            return await count(self.log, "SELECT count(*) FROM grown") > before

        await until(noted)

    def by(self, user: str) -> Metadata:
        """A call by that user. One token for all calls of a day, because the first use of each is a sign-in."""
        key = (user, self.file.read_text())
        if key not in self._tokens:
            found = load_users().find(user)
            assert found is not None
            # It is to be valid also for a clock that is years ahead.
            lasting = replace(self.log.issuer.tokens, lifetime=timedelta(days=20 * YEAR))
            self._tokens[key] = bearer(lasting.sign(found, datetime.now(UTC)))
        return self._tokens[key]

    @property
    def now(self) -> datetime:
        """What the log takes for now."""
        return datetime.now(UTC) + timedelta(days=int(self.file.read_text()))


def days_of(log: ServiceProcess, file: Path) -> Days:
    """Prepares a log that keeps access records for a year and others for two, and has keys for six."""
    file.write_text("0")
    log.launcher = ("tests.time_machine", str(file))
    for year in range(6):
        init_keys(log.keys, datetime.now(UTC).year + year)
    log.settings |= {
        "ONCORDIA_RETENTION_ACCESS_DAYS": str(YEAR),
        "ONCORDIA_RETENTION_OTHER_DAYS": str(2 * YEAR),
        "ONCORDIA_RETENTION_SECONDS": "0.1",
    }
    return Days(log, file)
