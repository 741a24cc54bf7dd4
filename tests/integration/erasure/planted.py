"""Somebody who can be told from everybody else, and what they do at a hub."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import jwt

from issuer.signing import ALGORITHM
from issuer.users import load_users
from oncordia.audit.v1 import messages_pb2 as audit
from oncordia.federation.v1 import messages_pb2 as federation
from oncordia.query.v1 import cohort_query_pb2
from oncordia.query.v1 import messages_pb2 as query
from oncordia.registry.v1 import messages_pb2 as registry
from oncordia.registry.v1 import model_pb2
from tests.federation_topics import Federation
from tests.integration.access.hub import Hub
from tests.world import LocalIssuer, until

PLANTED = "planted"
_LASTING = timedelta(days=7_000)


@dataclass(frozen=True)
class PlantingIssuer(LocalIssuer):
    """An issuer that also knows the planted person. Everybody has one token, which is valid for years."""

    claims: Mapping[str, str] = field(
        default_factory=lambda: {
            "sub": "planted.zq7x@identity.example.org",
            "name": "Plantina Überwältigt-Zq7x",
            # Of no interest to a hub.
            "email": "plantina.8841-zq7x@mail.example.org",
            "preferred_username": "plantina-zq7x-8841",
        }
    )
    _tokens: dict[str, str] = field(default_factory=dict)

    def token(self, user: str) -> str:
        if user not in self._tokens:
            self._tokens[user] = self._planted() if user == PLANTED else self._sign(user)
        return self._tokens[user]

    def _sign(self, user: str) -> str:
        found = load_users().find(user)
        assert found is not None
        return self.tokens.__class__(self.tokens.key, self.url, "oncordia", _LASTING).sign(found, datetime.now(UTC))

    def _planted(self) -> str:
        now = datetime.now(UTC)
        content: dict[str, object] = {
            **self.claims,
            "iss": self.url,
            "aud": "oncordia",
            "iat": int(now.timestamp()),
            "exp": int((now + _LASTING).timestamp()),
            "jti": str(uuid4()),
            "organisation": "demo-university-leuven",
            "country": "BE",
            "roles": ["researcher"],
        }
        return jwt.encode(content, self.tokens.key.private, ALGORITHM, headers={"kid": self.tokens.key.key_id})


async def lives(hub: Hub, kafka: str) -> str:
    """Lets the person sign in, ask a query, register a model, be refused, read entries; the query's trace."""
    asked = await _ask(hub, kafka)
    about = model_pb2.Model(display_name="Finder", task=model_pb2.MODEL_TASK_SEGMENTATION)
    model = registry.CreateModelRequest(model_id="finder", model=about, request_id=str(uuid4()))
    hub.call("ModelRegistryService.CreateModel", model, PLANTED)
    with contextlib.suppress(grpc.RpcError):
        hub.call("FederationService.CreateProvider", federation.CreateProviderRequest(), PLANTED)
        raise AssertionError("the person was to be refused")
    own = audit.SearchEntriesRequest(resource=asked.name)

    async def sees_the_entry() -> bool:
        (page,) = hub.call("AuditLogService.SearchEntries", own, PLANTED)
        return bool(page.entries)  # type: ignore[attr-defined]  # a page of entries

    await until(sees_the_entry, 120)
    (page,) = hub.call("AuditLogService.SearchEntries", own, PLANTED)
    name = page.entries[0].name  # type: ignore[attr-defined]
    hub.call("AuditLogService.GetEntry", audit.GetEntryRequest(name=name), PLANTED)
    return asked.trace_id


async def _ask(hub: Hub, kafka: str) -> cohort_query_pb2.CohortQuery:
    standing_in = Federation(kafka)
    await standing_in.start()
    await standing_in.put("ghent", epoch="e1")
    question = cohort_query_pb2.CohortQuery(filter='modality = "MR"', providers=[standing_in.name("ghent")])
    request = query.CreateCohortQueryRequest(cohort_query=question, request_id=str(uuid4()))
    asked: list[cohort_query_pb2.CohortQuery] = []

    async def is_known() -> bool:
        with contextlib.suppress(grpc.RpcError):
            asked.extend(hub.call("QueryBrokerService.CreateCohortQuery", request, PLANTED))  # type: ignore[arg-type]  # queries
        return bool(asked)

    await until(is_known, 120)
    await standing_in.stop()
    return asked[0]
