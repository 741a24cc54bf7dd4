"""The whole hub as a plan: keys, topics, and every process of the table."""

from datetime import UTC, datetime

from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.identity.deployment_keys import init_keys
from kit.settings import KafkaSettings
from stack.home import Home
from stack.ports import Ports
from stack.process import ProcessSpec, Step
from stack.run import Plan
from stack.services import Deployment


def hub_plan(home: Home, ports: Ports) -> Plan:
    """Makes the keys that are missing, and plans the hub around them."""
    init_keys(home.keys, datetime.now(UTC).year)
    return Plan(home, ports, _processes, _make_topics)


def _processes(deployment: Deployment) -> tuple[ProcessSpec, ...]:
    return deployment.hub()


def _make_topics(bootstrap: str) -> Step:
    async def step() -> None:
        await apply_topics(KafkaSettings(bootstrap=bootstrap), ALL)

    return step
