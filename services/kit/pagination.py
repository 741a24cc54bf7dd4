"""Page sizes and page tokens. A token is opaque and names the last row given, so that inserts don't shift pages."""

from __future__ import annotations

import base64
import binascii
import json

from kit.errors import InvalidInput


def page_size(asked: int, *, default: int, most: int) -> int:
    """The page size to use. Raises InvalidInput below 0 or above `most`."""
    if asked < 0 or asked > most:
        raise InvalidInput.of("page_size", f"must lie between 1 and {most}, or be 0 for {default}; got {asked}")
    return asked or default


def encode_token(*position: str | int) -> str:
    """A token for the position after which the next page begins."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def decode_token(token: str, kinds: tuple[type, ...]) -> tuple[str | int, ...] | None:
    """The position in a token, or None for an empty one. Raises InvalidInput for one that isn't ours."""
    if not token:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError):
        position = None
    if not isinstance(position, list) or [type(part) for part in position] != list(kinds):
        raise InvalidInput.of("page_token", "is not a token of this list; leave it empty to begin again")
    return tuple(position)
