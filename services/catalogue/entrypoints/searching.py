"""A search request read, and what was found told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from catalogue.adapters.index_schema import code_list, label
from catalogue.adapters.wire import entry_to_proto
from catalogue.application.ports import Entry
from catalogue.domain.names import DataSetName, provider_name
from catalogue.domain.search import Facet, Found, Position, Search
from kit.fields import MOST_CODES, Fields
from kit.pagination import decode_token, encode_token
from oncordia.catalogue.v1 import search_pb2

_COUNTRY = re.compile(r"[A-Z]{2}")


def read_search(request: search_pb2.SearchDataSetsRequest) -> Search:
    """Raises InvalidInput with everything that is wrong. Codes take the codes below them along."""
    fields = Fields()
    words = fields.text("query", request.query, most=500, lines=True)
    for country in request.countries:
        if _COUNTRY.fullmatch(country) is None:
            fields.wrong("countries", "must be two capital letters each (ISO 3166-1 alpha-2)")
    narrowed = {
        Facet.COUNTRY: frozenset(request.countries),
        Facet.PROVIDER: frozenset(provider_name(name, "providers") for name in request.providers),
        Facet.CANCER_TYPE: fields.with_descendants("cancer_types", request.cancer_types, code_list(Facet.CANCER_TYPE)),
        Facet.MODALITY: fields.with_descendants("modalities", request.modalities, code_list(Facet.MODALITY)),
        Facet.BODY_PART: fields.with_descendants("body_parts", request.body_parts, code_list(Facet.BODY_PART)),
    }
    for field in ("countries", "providers"):
        if len(getattr(request, field)) > MOST_CODES:
            fields.wrong(field, f"must be at most {MOST_CODES}")
    fields.check()
    return Search(words, narrowed)


def position(token: str) -> Position | None:
    """Where the page before ended. Raises InvalidInput."""
    parts = decode_token(token, (int, str))
    return None if parts is None else Position(float(parts[0]), DataSetName(str(parts[1])))


def search_response(found: Found, entries: Sequence[Entry]) -> search_pb2.SearchDataSetsResponse:
    """The page with its facets."""
    last = found.hits[-1] if found.hits else None
    return search_pb2.SearchDataSetsResponse(
        data_sets=[entry_to_proto(entry) for entry in entries],
        # Scores are sums of whole weights.
        next_page_token=encode_token(int(last.score), last.name) if last is not None and found.more else "",
        total_size=found.total,
        facets=[_facet(facet, found.facets[facet]) for facet in Facet],
    )


def _facet(facet: Facet, counts: Mapping[str, int]) -> search_pb2.Facet:
    return search_pb2.Facet(
        field=facet.value,
        values=[
            search_pb2.FacetValue(value=value, label=label(facet, value), data_sets=count)
            for value, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ],
    )
