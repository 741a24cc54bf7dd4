"""Payloads by the type that an event names."""

from kit.events.payload import payload_json, payload_of
from oncordia.events.v1 import query_pb2


def test_a_payload_is_told_in_words_and_an_unknown_type_is_not() -> None:
    payload = query_pb2.CohortQueryCompleted(query="cohortQueries/1")
    value, type_ = payload.SerializeToString(), payload.DESCRIPTOR.full_name
    assert payload_of(type_, value) == payload
    assert payload_json(type_, value) == '{"query": "cohortQueries/1"}'
    assert payload_json("somebody.Else", value) is None
    assert payload_of(type_, b"\xff") is None
