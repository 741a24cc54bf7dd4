"""Acts: what the node did, to be kept in its log and told to the hub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Act:
    """`type` names the event, whose `payload` is opaque here. `resource` is what it is about; empty: the provider.

    `purpose` and `traceparent` are those of the task that it was done for, if any. `outcome`: done, refused or failed.
    """

    time: datetime
    type: str
    payload: bytes
    resource: str = ""
    purpose: str = ""
    traceparent: str = ""
    outcome: str = "done"
