import asyncio, time
from oncordia.insights.v1.insights_service_pb2_grpc import InsightsServiceStub
from tests.integration.insights.test_figures import provider, reach, LIVE
from kit.rpc.client import channel

async def test_tmp(insights, stub, publisher):
    await publisher.publish([provider(1, "XK", LIVE)])
    await reach(stub, "XK", providers=1, live_providers=1)
    t = time.monotonic()
    await asyncio.to_thread(insights.end_worker)
    print("STOP TOOK", time.monotonic() - t)
    t = time.monotonic()
    await asyncio.to_thread(insights.start_worker)
    print("START TOOK", time.monotonic() - t)
    await publisher.publish([provider(2, "XK", LIVE)])
    await reach(stub, "XK", providers=2, live_providers=2)
    print("WORKS AFTER", time.monotonic() - t)
