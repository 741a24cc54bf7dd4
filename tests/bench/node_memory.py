"""What the nodes of a federation keep resident while nobody asks them anything."""

import asyncio
import json

from cli.profile import Profile
from tests.bench.figure import Figure, Row
from tests.bench.memory import rss_mb

SETTLE_SECONDS = 5.0


async def measure(profile: Profile) -> Figure:
    """Once, some seconds after the last of them connected."""
    await asyncio.sleep(SETTLE_SECONDS)
    processes = json.loads(profile.path.with_name("status.json").read_text())["processes"]
    resident = {p["name"]: rss_mb(p["pid"]) for p in processes if p["name"].startswith("node-")}
    return Figure(
        "node_memory",
        "A node's memory, idle",
        "RSS of each `oncordia-node run` of the demo, its index open, before anything is asked.",
        (Row("the largest node", max(resident.values()), "MB", at_most=200),),
        resident,
        parts_unit="MB",
    )
