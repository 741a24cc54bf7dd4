"""Lists longer than one page."""

import pytest

from cli.pages import PAGE_SIZE, all_of
from oncordia.federation.v1 import messages_pb2, provider_pb2

COUNT = 2 * PAGE_SIZE + 50


async def call(request: messages_pb2.ListProvidersRequest) -> messages_pb2.ListProvidersResponse:
    """A service with COUNT providers that refuses larger pages."""
    assert 0 < request.page_size <= PAGE_SIZE
    begin = int(request.page_token or 0)
    end = min(begin + request.page_size, COUNT)
    return messages_pb2.ListProvidersResponse(
        providers=[provider_pb2.Provider(name=f"providers/{number}") for number in range(begin, end)],
        next_page_token=str(end) if end < COUNT else "",
    )


@pytest.mark.parametrize(
    ("most", "expected"), [(None, COUNT), (1, 1), (PAGE_SIZE, PAGE_SIZE), (PAGE_SIZE + 1, PAGE_SIZE + 1), (9999, COUNT)]
)
async def test_a_list_goes_over_its_pages_up_to_what_was_asked(most: int | None, expected: int) -> None:
    found = await all_of(call, messages_pb2.ListProvidersRequest(), lambda page: page.providers, most)
    assert [provider.name for provider in found] == [f"providers/{number}" for number in range(expected)]
