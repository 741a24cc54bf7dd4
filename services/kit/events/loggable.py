"""What every event must be, so that the audit log can hold it. The log halts at one that is not."""

from __future__ import annotations

from kit.events.envelope import NUMBER, MalformedMessage, Message


def loggable_number(message: Message) -> int:
    """The producer's number of an event that the audit log can hold. Raises MalformedMessage for any other."""
    if message.number is None:
        raise MalformedMessage(f"the header {NUMBER} is missing")
    if message.time.tzinfo is None:
        raise MalformedMessage("the header ce_time has no time zone")
    if not 0 <= message.number < 1 << 63:
        raise MalformedMessage(f"the header {NUMBER} is out of range")
    if "\0" in message.key or b"\0" in b"".join([content for _, content in message.headers]):
        raise MalformedMessage("the key or a header holds the character NUL")
    return message.number
