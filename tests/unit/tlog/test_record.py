"""Leaf records, event bodies and the commitment between them."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlog.body import EventBody, Header
from tlog.errors import FormatError, VerificationError
from tlog.record import Commitment, LeafRecord, Salt, commit, verify_commitment

_RECORD = LeafRecord(
    event_id=UUID("00112233-4455-6677-8899-aabbccddeeff"),
    producer="catalogue",
    producer_number=258,
    time_us=1_700_000_000_000_001,
    commitment=Commitment(b"\xcc" * 32),
)
# Written by hand from the layout in the module's docstring.
_RECORD_BYTES = bytes.fromhex(
    "0100112233445566778899aabbccddeeff09 636174616c6f677565000000000000010200060a24181e4001" + "cc" * 32
)

_BODY = EventBody("t.v1", b"k", (Header("h", b""), Header("h", None)), b"\x01\x02")
_BODY_BYTES = bytes.fromhex("010004 742e763100000001 6b00020001 68 000000000001 68 ffffffff00000002 0102")

_BYTES = st.none() | st.binary(max_size=40)
_RECORDS = st.builds(
    LeafRecord,
    event_id=st.uuids(),
    producer=st.text(min_size=1, max_size=60),
    producer_number=st.integers(0, 2**64 - 1),
    time_us=st.integers(-(2**63), 2**63 - 1),
    commitment=st.binary(min_size=32, max_size=32).map(Commitment),
)
_BODIES = st.builds(
    EventBody,
    topic=st.text(min_size=1, max_size=40),
    key=_BYTES,
    headers=st.lists(st.builds(Header, st.text(max_size=20), _BYTES), max_size=5).map(tuple),
    value=_BYTES,
)


def test_a_record_has_the_documented_bytes() -> None:
    assert _RECORD.encode() == _RECORD_BYTES
    assert LeafRecord.decode(_RECORD_BYTES) == _RECORD


def test_a_body_has_the_documented_bytes() -> None:
    assert _BODY.encode() == _BODY_BYTES
    assert EventBody.decode(_BODY_BYTES) == _BODY


@given(_RECORDS)
def test_every_record_is_read_back_as_it_was(record: LeafRecord) -> None:
    data = record.encode()
    assert LeafRecord.decode(data) == record
    assert 67 <= len(data) <= 321


@given(_BODIES)
def test_every_body_is_read_back_as_it_was(body: EventBody) -> None:
    assert EventBody.decode(body.encode()) == body


@given(st.sampled_from([_RECORD_BYTES, _BODY_BYTES]), st.data())
def test_whatever_is_read_has_only_one_spelling(known: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(known)))
    changed = known[:at] + data.draw(st.binary(max_size=3)) + known[at + data.draw(st.integers(0, 3)) :]
    for decode in (LeafRecord.decode, EventBody.decode):
        try:
            decoded = decode(changed)
        except FormatError:
            continue
        assert decoded.encode() == changed


@pytest.mark.parametrize("cut", range(1, len(_RECORD_BYTES) + 1))
def test_a_record_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(FormatError, match="leaf record"):
        LeafRecord.decode(_RECORD_BYTES[:-cut])


@pytest.mark.parametrize("cut", range(1, len(_BODY_BYTES) + 1))
def test_a_body_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(FormatError, match="event body"):
        EventBody.decode(_BODY_BYTES[:-cut])


def test_bytes_behind_the_last_field_are_refused() -> None:
    with pytest.raises(FormatError, match="1 bytes too many"):
        LeafRecord.decode(_RECORD_BYTES + b"\0")
    with pytest.raises(FormatError, match="1 bytes too many"):
        EventBody.decode(_BODY_BYTES + b"\0")


def test_an_unknown_version_is_named() -> None:
    with pytest.raises(FormatError, match="version 2 is unknown"):
        LeafRecord.decode(b"\2" + _RECORD_BYTES[1:])
    with pytest.raises(FormatError, match="version 0 is unknown"):
        EventBody.decode(b"\0" + _BODY_BYTES[1:])


def test_a_producer_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(FormatError, match="producer is not UTF-8"):
        LeafRecord.decode(_RECORD_BYTES.replace(b"cat", b"c\xfft"))


def test_a_negative_length_other_than_none_is_refused() -> None:
    with pytest.raises(FormatError, match="length of key is negative"):
        EventBody.decode(_BODY_BYTES.replace(bytes.fromhex("00000001 6b"), bytes.fromhex("fffffffe 6b")))


def test_no_value_and_an_empty_value_are_different_bodies() -> None:
    assert EventBody("t", None, (), None).encode() != EventBody("t", None, (), b"").encode()


def test_the_order_of_headers_is_part_of_the_body() -> None:
    one, two = Header("a", b"1"), Header("b", b"2")
    assert EventBody("t", None, (one, two), None).encode() != EventBody("t", None, (two, one), None).encode()


@pytest.mark.parametrize(
    ("field", "producer", "number", "time_us", "commitment"),
    [
        ("producer", "", 0, 0, bytes(32)),
        ("producer", "é" * 128, 0, 0, bytes(32)),
        ("producer", "\ud800", 0, 0, bytes(32)),
        ("producer number", "p", -1, 0, bytes(32)),
        ("producer number", "p", 1 << 64, 0, bytes(32)),
        ("time", "p", 0, 1 << 63, bytes(32)),
        ("time", "p", 0, -(1 << 63) - 1, bytes(32)),
        ("commitment", "p", 0, 0, bytes(31)),
    ],
)
def test_a_field_out_of_its_range_is_named(
    field: str, producer: str, number: int, time_us: int, commitment: bytes
) -> None:
    with pytest.raises(FormatError, match=field):
        LeafRecord(UUID(int=0), producer, number, time_us, Commitment(commitment))


def test_a_body_that_does_not_fit_its_layout_is_refused() -> None:
    with pytest.raises(FormatError, match="topic"):
        EventBody("", None, (), None)
    with pytest.raises(FormatError, match="topic has 65536 bytes"):
        EventBody("t" * 65_536, None, (), None).encode()
    with pytest.raises(FormatError, match="65536 headers"):
        EventBody("t", None, (Header("h", None),) * 65_536, None).encode()


def test_the_commitment_is_the_hash_of_salt_and_body() -> None:
    salt = Salt(b"s" * 32)
    assert commit(salt, b"body") == sha256(b"s" * 32 + b"body").digest()
    record = LeafRecord(UUID(int=1), "p", 0, 0, commit(salt, b"body"))
    verify_commitment(record, salt, b"body")
    with pytest.raises(VerificationError):
        verify_commitment(record, salt, b"Body")
    with pytest.raises(VerificationError):
        verify_commitment(record, Salt(b"t" + b"s" * 31), b"body")


def test_a_salt_of_another_length_is_refused() -> None:
    # Otherwise the border between salt and body could be moved.
    with pytest.raises(FormatError, match="salt has 31 bytes"):
        commit(Salt(b"s" * 31), b"sbody")
