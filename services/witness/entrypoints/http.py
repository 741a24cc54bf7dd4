"""The HTTP interface of c2sp.org/tlog-witness: add-checkpoint, and for monitors the newest cosigned checkpoint."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tlog.add_checkpoint import MAX_REQUEST, SIZE_TYPE, encode_signatures, encode_size
from tlog.checkpoint import Checkpoint
from tlog.errors import FormatError
from tlog.note import Note
from witness.application.cosign import Cosign
from witness.application.ports import Store
from witness.domain.refusals import (
    Forked,
    NotProved,
    NotSigned,
    OldBeyondCheckpoint,
    OtherSize,
    Refused,
    UnknownLog,
)

_log = logging.getLogger("witness")

_STATUS: Final[dict[type[Refused], HTTPStatus]] = {
    OldBeyondCheckpoint: HTTPStatus.BAD_REQUEST,
    NotSigned: HTTPStatus.FORBIDDEN,
    UnknownLog: HTTPStatus.NOT_FOUND,
    OtherSize: HTTPStatus.CONFLICT,
    Forked: HTTPStatus.CONFLICT,
    NotProved: HTTPStatus.UNPROCESSABLE_ENTITY,
}


def witness_app(cosign: Cosign, store: Store) -> Starlette:
    """The witness as an ASGI application."""

    async def add_checkpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _words(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"requests have at most {MAX_REQUEST} bytes")
        try:
            checkpoint, signature = await run_in_threadpool(cosign, body)
        except FormatError as error:
            return _words(HTTPStatus.BAD_REQUEST, str(error))
        except Refused as refused:
            return _refusal(refused)
        _log.info("cosigned %s at size %d", checkpoint.origin, checkpoint.size)
        return Response(encode_signatures([signature]), media_type="text/plain; charset=utf-8")

    async def newest(request: Request) -> Response:
        note = await run_in_threadpool(store.newest, request.path_params["origin_hash"])
        if note is None:
            return _words(HTTPStatus.NOT_FOUND, "nothing is cosigned of a log whose origin has this SHA-256")
        return Response(note.encode(), media_type="text/plain; charset=utf-8", headers={"cache-control": "no-cache"})

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin_hash}/checkpoint", newest),
        ]
    )


def accuse(note: Note, refused: Refused) -> None:
    """Keeps the signed checkpoint in the witness's log, where it is evidence."""
    checkpoint = Checkpoint.parse(note.text)
    _log.error(
        "%s may tell two stories: it has signed a tree of %d entries that was not proved to continue the one that was "
        "cosigned (%s); the note: %r",
        checkpoint.origin,
        checkpoint.size,
        refused,
        note.encode().decode(),
    )


def _refusal(refused: Refused) -> Response:
    _log.info("not cosigned: %s", refused)
    status = _STATUS[type(refused)]
    if isinstance(refused, OtherSize | Forked):
        # By its header, as Starlette would add a charset.
        return Response(encode_size(refused.size), status, headers={"content-type": SIZE_TYPE})
    return _words(status, str(refused))


def _words(status: HTTPStatus, words: str) -> Response:
    return PlainTextResponse(f"{words}\n", status)


async def _body(request: Request) -> bytes | None:
    """None where it is too long."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_REQUEST:
            return None
    return bytes(body)
