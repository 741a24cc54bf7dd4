"""How fast the audit log finds the newest 50 of any two filters, and proves an entry, in a log of 10,000,000 entries.

    python -m tests.bench.audit_search [ENTRIES]

for a smaller log, which is printed and not kept.
"""

import asyncio
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

import grpc

from audit_log.domain.entry import Attributes
from oncordia.audit.v1 import messages_pb2
from oncordia.audit.v1.audit_log_service_pb2_grpc import AuditLogServiceStub
from tests.bench.audit_filling import fill
from tests.bench.figure import Figure, Row
from tests.bench.lone_log import lone_log
from tests.bench.page import page
from tests.bench.percentiles import percentile
from tests.world import LocalIssuer, Metadata

ENTRIES = 10_000_000
SAMPLES = 40
PROOFS = 1_000
_PAGE = 50

Filter = Mapping[str, str | datetime]
_FILTERS: dict[str, Callable[[Attributes], Filter]] = {
    "actor": lambda entry: {"actor": entry.actor},
    "organisation": lambda entry: {"organisation": entry.organisation},
    "country": lambda entry: {"country": entry.country},
    "type": lambda entry: {"type": entry.type},
    "type*": lambda entry: {"type": f"{entry.type[:22]}*"},
    "resource": lambda entry: {"resource": entry.resource},
    "outcome": lambda entry: {"outcome": entry.outcome},
    "permit": lambda entry: {"permit": entry.permit},
    "trace_id": lambda entry: {"trace_id": entry.trace_id},
    "an hour": lambda entry: {"start_time": entry.time, "end_time": entry.time + timedelta(hours=1)},
    "until": lambda entry: {"end_time": entry.time},
}


@dataclass(frozen=True)
class Question:
    """`pair` names the filters."""

    pair: str
    asked: messages_pb2.SearchEntriesRequest


def questions(kept: list[Attributes], chance: random.Random) -> Iterator[Question]:
    """Each pair of filters, as often of one entry, which both find, as of two, which mostly none does.

    And what is worst: two common filters that never meet, so that all of the log is looked at.
    """
    permitted = [entry for entry in kept if entry.permit]
    for one, other in combinations(_FILTERS, 2):
        drawn = permitted if "permit" in (one, other) else kept
        for sample in range(SAMPLES):
            first = chance.choice(drawn)
            second = first if sample % 2 else chance.choice(drawn)
            yield _question(f"{one}, {other}", {**_FILTERS[other](second), **_FILTERS[one](first)})
    for _ in range(SAMPLES):
        entry, other_entry = chance.choice(kept), chance.choice(kept)
        if entry.country != other_entry.country:
            never: Filter = {"organisation": entry.organisation, "country": other_entry.country}
            yield _question("an organisation, a country that it is not in", never)
            never = {"type": "oncordia.events.v1.CohortQuery*", "organisation": "nobody"}
            yield _question("a fifth of all types, an organisation without entries", never)


def _question(pair: str, conditions: Filter) -> Question:
    request = messages_pb2.SearchEntriesRequest(page_size=_PAGE)
    for name, value in conditions.items():
        if isinstance(value, datetime):
            getattr(request, name).FromDatetime(value)
        else:
            setattr(request, name, value)
    return Question(pair, request)


def measure(entries: int = ENTRIES) -> Figure:
    """One log, filled, published, and asked."""
    with lone_log() as lone:
        log = lone.log
        began = time.perf_counter()
        kept = asyncio.run(fill(log.database_url, entries))
        filling = time.perf_counter() - began
        log.start()
        with log.stub() as stub:
            _published(stub, entries)
            took = _search(stub, kept, lone.issuer)
            proofs = _prove(stub, entries)
        index, disk = lone.scalar(_INDEX_BYTES), lone.bytes_on_disk()
    return _figure(entries, filling, took, proofs, index, disk)


_INDEX_BYTES = """SELECT sum(pg_total_relation_size(name)) FROM
    unnest(ARRAY['chunks', 'common_terms', 'rare_terms', 'types']::regclass[]) AS name"""


def _published(stub: AuditLogServiceStub, entries: int) -> None:
    while True:
        try:
            stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=entries), timeout=120)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
        else:
            return


def _search(stub: AuditLogServiceStub, kept: list[Attributes], issuer: LocalIssuer) -> dict[str, list[float]]:
    """Milliseconds of each call, by pair."""
    auditor = issuer.metadata("auditor-1")
    asked = list(questions(kept, random.Random(2)))
    random.Random(3).shuffle(asked)
    for question in asked[:100]:
        _one(stub, question, auditor)
    took: dict[str, list[float]] = {}
    for question in asked:
        took.setdefault(question.pair, []).append(_one(stub, question, auditor))
    return took


def _one(stub: AuditLogServiceStub, question: Question, who: Metadata) -> float:
    began = time.perf_counter()
    stub.SearchEntries(question.asked, metadata=who)
    return (time.perf_counter() - began) * 1e3


def _prove(stub: AuditLogServiceStub, entries: int) -> list[float]:
    chance, took = random.Random(4), []
    for _ in range(PROOFS):
        request = messages_pb2.GetInclusionProofRequest(index=chance.randrange(entries))
        began = time.perf_counter()
        stub.GetInclusionProof(request)
        took.append((time.perf_counter() - began) * 1e3)
    return took


def _figure(
    entries: int, filling: float, took: dict[str, list[float]], proofs: list[float], index: int, disk: int
) -> Figure:
    every = [one for of_pair in took.values() for one in of_pair]
    worst = sorted(took, key=lambda pair: percentile(took[pair], 99), reverse=True)[:10]
    return Figure(
        "audit_search",
        f"Audit log, search among {entries:,} entries",
        f"SearchEntries over gRPC, newest {_PAGE}, by an auditor: {len(took)} pairs of filters, {SAMPLES} times each, "
        f"mixed, half of them of two filters that mostly don't meet. {PROOFS:,} inclusion proofs of random entries.",
        (
            Row("p50", percentile(every, 50), "ms"),
            Row("p99", percentile(every, 99), "ms", at_most=50),
            Row(f"p99 of the worst pair ({worst[0]})", percentile(took[worst[0]], 99), "ms", at_most=50),
            Row("inclusion proof, p99", percentile(proofs, 99), "ms"),
            Row("entries a second when filled without Kafka, one batch after another", entries / filling, "1/s"),
            Row("search index, an entry", index / entries, "bytes"),
            Row("disk an entry", disk / entries, "bytes"),
        ),
        {f"p99: {pair}": percentile(took[pair], 99) for pair in worst},
    )


if __name__ == "__main__":
    print(page([measure(int(sys.argv[1]) if sys.argv[1:] else ENTRIES)]))
