"""Moments to protobuf."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp


def timestamp(moment: datetime) -> Timestamp:
    """The message of a moment that knows its time zone."""
    result = Timestamp()
    result.FromDatetime(moment)
    return result
