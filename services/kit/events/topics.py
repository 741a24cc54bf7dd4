"""Every Kafka topic, declared in this one place, and applied by `oncordia admin topics apply`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

# More than the 8 MiB that a node may send at once, so that whatever the border takes in also fits with its envelope.
MAX_MESSAGE_BYTES = 10 * 1024 * 1024

_DAY_MS = 24 * 3600 * 1000


class Kind(Enum):
    """What a topic is for. The audit log takes every EVENTS topic, and only these."""

    EVENTS = "events"
    STATE = "state"
    WORK = "work"
    SEALED = "sealed"
    ERASURE = "erasure"
    DEAD_LETTERS = "dlq"
    REPLAYS = "replay"


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    kind: Kind
    partitions: int

    def config(self) -> dict[str, str]:
        """Kafka's own settings of the topic."""
        return {"max.message.bytes": str(MAX_MESSAGE_BYTES), **self._kept()}

    def _kept(self) -> dict[str, str]:
        match self.kind:
            case Kind.STATE:
                return {"cleanup.policy": "compact"}
            case Kind.WORK | Kind.REPLAYS:
                return {"cleanup.policy": "delete", "retention.ms": str(7 * _DAY_MS)}
            case Kind.SEALED | Kind.ERASURE:
                # Kafka deletes whole segments: by itself it would begin one a week, and keep some of it two.
                kept = {"retention.ms": str(7 * _DAY_MS), "segment.ms": str(_DAY_MS)}
                return {"cleanup.policy": "delete", **kept}
            case Kind.EVENTS | Kind.DEAD_LETTERS:
                return {"cleanup.policy": "delete", "retention.ms": str(30 * _DAY_MS)}


FAMILIES = ("query", "federation", "access", "audit", "catalogue", "registry", "node", "insights")
STATE_FAMILIES = ("federation", "catalogue", "registry", "access", "query")
_FAMILY_OF = {
    "query_broker": "query",
    "federation": "federation",
    "audit_log": "audit",
    "catalogue": "catalogue",
    "model_registry": "registry",
    "insights": "insights",
    "access": "access",
}
SERVICES = tuple(_FAMILY_OF)

TASKS = Topic("oncordia.node.tasks.v1", Kind.WORK, 3)
RESULTS = Topic("oncordia.node.results.v1", Kind.WORK, 3)
IDENTITY = Topic("oncordia.identity.v1", Kind.SEALED, 1)
ERASURE = Topic("oncordia.erasure.v1", Kind.ERASURE, 1)

_EVENTS = {family: Topic(f"oncordia.{family}.events.v1", Kind.EVENTS, 3) for family in FAMILIES}
_STATE = {family: Topic(f"oncordia.{family}.state.v1", Kind.STATE, 3) for family in STATE_FAMILIES}
_REPLAYS = {service: Topic(f"oncordia.{service}.replay.v1", Kind.REPLAYS, 1) for service in SERVICES}
_DEAD = {service: Topic(f"oncordia.{service}.dlq.v1", Kind.DEAD_LETTERS, 1) for service in SERVICES}

ALL: tuple[Topic, ...] = (
    TASKS,
    RESULTS,
    IDENTITY,
    ERASURE,
    *_EVENTS.values(),
    *_STATE.values(),
    *_DEAD.values(),
    *_REPLAYS.values(),
)


def events(family: str) -> Topic:
    """What happened in a family of resources."""
    return _EVENTS[family]


def family_of(service: str) -> str:
    """The family whose events a service publishes."""
    return _FAMILY_OF[service]


def state(family: str) -> Topic:
    """The newest public state of each resource of a family."""
    return _STATE[family]


def dead_letters(service: str) -> Topic:
    """What a service's consumers could not take."""
    return _DEAD[service]


def replays(service: str) -> Topic:
    """Dead letters that a service's consumers are to take once more."""
    return _REPLAYS[service]


def all_events() -> tuple[Topic, ...]:
    """What the audit log takes."""
    return tuple(_EVENTS.values())
