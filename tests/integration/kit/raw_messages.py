"""Messages as a relay would send them, of no service."""

from uuid import UUID

from kit.clock import SystemClock
from kit.events import envelope


def raw_headers(event_id: UUID, key: str) -> list[tuple[str, bytes]]:
    headers = envelope.headers(
        event_id=event_id,
        type_="test",
        producer="test",
        key=key,
        time=SystemClock().now(),
        traceparent="",
        acting={},
    )
    return [(name, content.encode()) for name, content in headers] + [("ce_producerseq", b"1")]
