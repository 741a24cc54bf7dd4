"""Times that people write."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from cli.errors import UserError
from kit.wire.timestamp import timestamp


def time_of(option: str, text: str) -> Timestamp | None:
    """A date or time of ISO 8601, in UTC unless it says otherwise; None of an empty text. Raises UserError."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} must be a date or time as 2026-05-04 or 2026-05-04T03:02:01+02:00") from None
    return timestamp(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
