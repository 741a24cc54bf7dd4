"""The log as static files over HTTP (c2sp.org/tlog-tiles): public, and cacheable for ever but for the checkpoint."""

from __future__ import annotations

import socket
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from audit_log.domain.published import CheckpointFile
from tlog.errors import FormatError
from tlog.tiles import parse_path

_CHANGES = {"cache-control": "no-cache"}
_IMMUTABLE = {"cache-control": "public, max-age=31536000, immutable"}


def tiles_app(directory: Path) -> Starlette:
    """Serves /checkpoint and /tile/... from the log's directory."""

    async def checkpoint(_request: Request) -> Response:
        path = directory / CheckpointFile.SERVED
        if not path.is_file():
            raise HTTPException(503, "the log has not published its first checkpoint yet")
        return Response(path.read_bytes(), media_type="text/plain; charset=utf-8", headers=_CHANGES)

    async def tile(request: Request) -> Response:
        try:
            place = parse_path(f"tile/{request.path_params['path']}")
        except FormatError:
            raise HTTPException(404, "no path of a tile or entry bundle") from None
        path = directory / place.path
        if not path.is_file():
            raise HTTPException(404, "the log has no such tile; of a partial one, it may have the full one")
        return FileResponse(path, media_type="application/octet-stream", headers=_IMMUTABLE)

    return Starlette(routes=[Route("/checkpoint", checkpoint), Route("/tile/{path:path}", tile)])


def listen(address: str) -> socket.socket:
    """Raises OSError naming the address if it is taken."""
    host, _, port = address.rpartition(":")
    try:
        return socket.create_server((host, int(port)), backlog=512)
    except OSError as error:
        raise OSError(f"can't listen on {address} for tiles: {error.strerror}") from None


async def serve(listening: socket.socket, directory: Path) -> None:
    """Serves until cancelled."""
    config = uvicorn.Config(tiles_app(directory), log_config=None, access_log=False, lifespan="off")
    # Not Server.serve: that takes the process's signals for itself.
    await uvicorn.Server(config)._serve([listening])
