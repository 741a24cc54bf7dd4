"""The checkpoint to prove against: the cosigned one where the hub has witnesses."""

from __future__ import annotations

import grpc

from cli.client import Hub
from cli.errors import UserError
from cli.run import console
from oncordia.audit.v1 import messages_pb2

_SECONDS = 10.0
_NOT_YET = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


async def wait_signed(hub: Hub, size: int) -> bool:
    """Waits until the log has signed at least so many entries. Gives whether the hub collects cosignatures."""
    request = messages_pb2.GetCheckpointRequest(at_least_size=size)
    return (await hub.audit.GetCheckpoint(request, metadata=hub.metadata(), timeout=_SECONDS)).has_witness_policy


async def wait_cosigned(hub: Hub, size: int, *, needed: bool) -> bool:
    """Waits until so many entries are cosigned. False, and said to the person, where the witnesses are late.

    `needed`: raises UserError instead.
    """
    if not await wait_signed(hub, size):
        if needed:
            raise UserError("this hub collects no cosignatures of witnesses; leave out --witness and --policy")
        return False
    request = messages_pb2.GetCheckpointRequest(at_least_size=size, cosigned=True)
    try:
        await hub.audit.GetCheckpoint(request, metadata=hub.metadata(), timeout=_SECONDS)
    except grpc.aio.AioRpcError as error:
        if error.code() not in _NOT_YET:
            raise
        late = f"the hub's witnesses have not cosigned this entry yet (waited {_SECONDS:.0f} s)"
        if needed:
            raise UserError(f"{late}; try again later") from None
        console.print(f"{late}: what follows is signed by the log alone", style="yellow", highlight=False)
        return False
    return True
