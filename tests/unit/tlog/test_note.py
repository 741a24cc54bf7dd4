"""Signed notes: format, signing, verification."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlog.errors import FormatError, VerificationError
from tlog.keys import KeyId, KeyType, SignerKey, VerifierKey
from tlog.note import MAX_NOTE, Note, Signature
from tlog.signing import sign, verify

_LOG = SignerKey("log.example.eu/audit", KeyType.ED25519, bytes(range(32)))
_OTHER = SignerKey("other.example", KeyType.ED25519, bytes(32))

# The example of c2sp.org/signed-note.
_C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
_C2SP_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72Iney"
    "aQM=\n"
).encode()

_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")).map(lambda text: f"{text}\n")


def test_the_example_of_the_specification_verifies() -> None:
    key = VerifierKey.parse(_C2SP_KEY)
    note = Note.parse(_C2SP_NOTE)
    [checked] = verify(note, [key])
    assert (checked.key, checked.time) == (key, None)
    assert note.encode() == _C2SP_NOTE


def test_a_note_is_signed_as_other_programs_sign_it() -> None:
    # Written by golang.org/x/mod/sumdb/note with the same seed.
    text = "log.example.eu/audit\n70000\no5IPun8jmgcam9EHIfE0Gt3vuu3ttBx+JEN6nRa98Ao=\n"
    line = (
        "— log.example.eu/audit RCILQ7FPSQ59NN+aQQuKt8m4HetBagWiDUA+D3LdmEfhg2Ep8ToHcnnlGvTwJCl8t1i4D6sqPCs5EyWJ"
        "eGt8xKrxLAI="
    )
    assert sign(text, _LOG).encode() == f"{text}\n{line}\n".encode()


@given(_TEXTS)
def test_every_signed_text_is_read_back_and_verifies(text: str) -> None:
    note = Note.parse(sign(text, _LOG, _OTHER).encode())
    assert note.text == text
    checked = verify(note, [_OTHER.verifier(), _LOG.verifier()])
    assert [one.key for one in checked] == [_LOG.verifier(), _OTHER.verifier()]


@given(st.binary(max_size=200))
def test_whatever_parses_is_written_back_byte_for_byte(noise: bytes) -> None:
    for data in (noise, noise + b"\n\n" + _C2SP_NOTE.partition(b"\n\n")[2]):
        try:
            note = Note.parse(data)
        except FormatError:
            continue
        assert note.encode() == data


def test_every_flipped_bit_of_a_signed_note_is_refused() -> None:
    data = sign("size 1\n", _LOG).encode()
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((FormatError, VerificationError)):
            verify(Note.parse(bytes(changed)), [_LOG.verifier()])


def test_signatures_of_unknown_keys_are_ignored() -> None:
    note = sign("text\n", _OTHER, _LOG)
    assert [one.key for one in verify(note, [_LOG.verifier()])] == [_LOG.verifier()]


def test_a_signature_under_a_known_name_with_another_id_is_ignored() -> None:
    impostor = SignerKey(_LOG.name, KeyType.ED25519, b"x" * 32)
    note = sign("text\n", impostor, _LOG)
    assert [one.key for one in verify(note, [_LOG.verifier()])] == [_LOG.verifier()]
    with pytest.raises(VerificationError, match="none of the known keys"):
        verify(sign("text\n", impostor), [_LOG.verifier()])


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    right = sign("text\n", _LOG, _OTHER)
    wrong = replace(right.signatures[0], value=bytes(64))
    with pytest.raises(VerificationError, match=r"signature of log\.example\.eu/audit is wrong"):
        verify(replace(right, signatures=(wrong, right.signatures[1])), [_LOG.verifier(), _OTHER.verifier()])
    with pytest.raises(VerificationError, match="is wrong"):
        verify(right.signed_also(replace(wrong, value=b"short")), [_LOG.verifier()])


def test_a_key_that_signed_twice_counts_once() -> None:
    note = sign("text\n", _LOG)
    assert len(verify(note.signed_also(*note.signatures), [_LOG.verifier()])) == 1


def test_a_note_without_trusted_keys_is_refused() -> None:
    with pytest.raises(VerificationError, match="none of the known keys"):
        verify(sign("text\n", _LOG), [])


_LINE = "— log.example.eu/audit RCILQwAA\n"


@pytest.mark.parametrize(
    "data",
    [
        "",
        "\n",
        "text\n",
        "text\n\n",
        f"text\n{_LINE}",
        f"text\n\n{_LINE}\n",
        f"text\n\n{_LINE.rstrip()}",
        f"text\n\n{_LINE}trailing\n",
        f"text\n\n-- a{_LINE}",
        f"text\n\n {_LINE}",
        f"text\r\n\r\n{_LINE}",
        f"te\txt\n\n{_LINE}",
        f"te\0xt\n\n{_LINE}",
        "text\n\n— RCILQwAA\n",
        "text\n\n—  RCILQwAA\n",
        "text\n\n— name\n",
        "text\n\n— name \n",
        "text\n\n— na+me RCILQwAA\n",
        "text\n\n— na\u00a0me RCILQwAA\n",
        "text\n\n— name RCILQwAA \n",
        "text\n\n— name RCILQw AA\n",
        "text\n\n— name RCILQwA\n",
        "text\n\n— name RCILQwB=\n",
        "text\n\n— name RCILQw==\n",
        "text\n\n— name RCIL\n",
        "text\n\n— name RCIL-_AA\n",
        "text\n\n— name RCILQwАА\n",
    ],
)
def test_a_malformed_note_is_refused(data: str) -> None:
    with pytest.raises(FormatError):
        Note.parse(data.encode())


def test_a_note_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(FormatError, match="not UTF-8"):
        Note.parse(b"te\xffxt\n\n" + _LINE.encode())


def test_a_note_beyond_the_limits_is_refused() -> None:
    with pytest.raises(FormatError, match="allowed are at most 1000000"):
        Note.parse(b"x" * (MAX_NOTE + 1))
    with pytest.raises(FormatError, match="101 signatures"):
        Note.parse(b"text\n\n" + _LINE.encode() * 101)
    with pytest.raises(FormatError, match="allowed are at most 1000000"):
        sign("x" * MAX_NOTE + "\n", _LOG).encode()


def test_a_note_of_a_hundred_signatures_is_read() -> None:
    assert len(Note.parse(b"text\n\n" + _LINE.encode() * 100).signatures) == 100


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "\ud800\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(FormatError, match="note text"):
        sign(text, _LOG)


def test_a_note_without_signers_or_with_an_empty_signature_is_refused() -> None:
    with pytest.raises(FormatError, match="0 signatures"):
        sign("text\n")
    with pytest.raises(FormatError, match="signature is empty"):
        Signature("a", KeyId(b"1234"), b"")
    with pytest.raises(FormatError, match="key id has 3 bytes"):
        Signature("a", KeyId(b"123"), b"x")
