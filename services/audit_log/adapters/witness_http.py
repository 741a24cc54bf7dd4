"""Witnesses over HTTP (c2sp.org/tlog-witness)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import aiohttp

from audit_log.application.witnesses import Answer, Cosigned, HasSize, NotCosigned, WitnessSilent
from tlog.add_checkpoint import SIZE_TYPE, AddCheckpoint, parse_signatures, parse_size
from tlog.errors import FormatError

_SECONDS: Final = 10
_MAX_ANSWER: Final = 64 << 10
_MAX_WORDS: Final = 200


class HttpWitnesses:
    """Keeps connections open between rounds. Proxies are those of the environment (HTTPS_PROXY, NO_PROXY)."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, url: str, request: AddCheckpoint) -> Answer:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True)
        try:
            async with self._session.post(
                f"{url.rstrip('/')}/add-checkpoint", data=request.encode(), allow_redirects=False
            ) as response:
                return _answer(response.status, response.content_type, await _read(response.content))
        except TimeoutError:
            raise WitnessSilent(f"no answer within {_SECONDS} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise WitnessSilent(str(error) or type(error).__name__) from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


async def _read(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for part in content.iter_chunked(_MAX_ANSWER):
        body += part
        if len(body) > _MAX_ANSWER:
            raise WitnessSilent(f"its answer has more than {_MAX_ANSWER} bytes")
    return bytes(body)


def _answer(status: int, type_: str, body: bytes) -> Answer:
    try:
        if status == HTTPStatus.OK:
            return Cosigned(parse_signatures(body))
        if status == HTTPStatus.CONFLICT and type_ == SIZE_TYPE:
            return HasSize(parse_size(body))
    except FormatError as error:
        raise WitnessSilent(f"its answer can't be read: {error}") from None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise WitnessSilent(f"it answers with status {status}")
    return NotCosigned(status, body.decode("utf-8", "replace").strip()[:_MAX_WORDS])
