"""Keys of signed notes and their texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlog.errors import FormatError
from tlog.keys import KeyType, SignerKey, VerifierKey

# The seed 00 01 ... 1f, written by golang.org/x/mod/sumdb/note.
_SEED = bytes(range(32))
_NAME = "log.example.eu/audit"
_GO_VERIFIER = "log.example.eu/audit+44220b43+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
_GO_SIGNER = "PRIVATE+KEY+log.example.eu/audit+44220b43+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


def test_key_texts_are_those_that_other_programs_write() -> None:
    signer = SignerKey(_NAME, KeyType.ED25519, _SEED)
    assert signer.to_text() == _GO_SIGNER
    assert str(signer.verifier()) == _GO_VERIFIER
    assert SignerKey.parse(_GO_SIGNER) == signer
    assert VerifierKey.parse(_GO_VERIFIER) == signer.verifier()


@given(st.binary(min_size=32, max_size=32), st.sampled_from(KeyType))
def test_every_key_is_read_back_as_it_was(seed: bytes, type_: KeyType) -> None:
    signer = SignerKey("witness.example/w1", type_, seed)
    assert SignerKey.parse(signer.to_text()) == signer
    assert VerifierKey.parse(str(signer.verifier())) == signer.verifier()


def test_one_key_has_another_id_for_each_thing_that_it_signs() -> None:
    plain = SignerKey(_NAME, KeyType.ED25519, _SEED).verifier()
    cosigning = SignerKey(_NAME, KeyType.COSIGNATURE, _SEED).verifier()
    assert plain.public == cosigning.public
    assert plain.key_id != cosigning.key_id


def test_a_signer_key_does_not_show_its_seed() -> None:
    signer = SignerKey(_NAME, KeyType.ED25519, b"s" * 32)
    for shown in (repr(signer), str(signer), f"{signer}"):
        assert "ssss" not in shown
        assert "c3Nz" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log.example.eu/audit",
        _GO_VERIFIER.replace("44220b43", "44220b44"),
        _GO_VERIFIER.replace("44220b43", "44220B43"),
        _GO_VERIFIER.replace("audit", "other"),
        _GO_VERIFIER.replace("VTG4", "VTG5"),
        _GO_VERIFIER[:-4],
        _GO_VERIFIER + "AAAA",
        _GO_VERIFIER + "=",
        _GO_VERIFIER + "\n",
        _GO_VERIFIER.replace("AQOh", "AgOh"),
        "log.example.eu/audit+44220b43+",
        "+44220b43+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        _GO_VERIFIER.replace("log", "l og"),
    ],
)
def test_a_damaged_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text", ["", _GO_VERIFIER, _GO_SIGNER[:-4], _GO_SIGNER.replace("44220b43", "00000000"), "PRIVATE+KEY+a"]
)
def test_a_damaged_signer_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(FormatError) as refusal:
        SignerKey.parse(text)
    assert "AQAB" not in str(refusal.value)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2028b", "a\tb", "a\nb", "a\x01b", "\ud800"])
def test_a_name_that_a_signature_line_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(FormatError, match="key name"):
        VerifierKey(name, KeyType.ED25519, bytes(32))


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(FormatError, match="public key has 31 bytes"):
        VerifierKey("a", KeyType.ED25519, bytes(31))
    with pytest.raises(FormatError, match="seed has 33 bytes"):
        SignerKey("a", KeyType.ED25519, bytes(33))
