"""Checkpoints and their cosignatures."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosign
from tlog.errors import FormatError, VerificationError
from tlog.hashing import Hash
from tlog.keys import KeyType, SignerKey
from tlog.note import Note
from tlog.signing import sign, verify, verify_checkpoint

_LOG = SignerKey("log.example.eu/audit", KeyType.ED25519, bytes(range(32)))
_WITNESS = SignerKey("witness.example/w1", KeyType.COSIGNATURE, b"w" * 32)
_SECOND = SignerKey("witness.example/w2", KeyType.COSIGNATURE, b"v" * 32)
_CHECKPOINT = Checkpoint("log.example.eu/audit", 7, Hash(b"r" * 32))

# The example of c2sp.org/tlog-checkpoint.
_C2SP_TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

_LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


def test_the_example_of_the_specification_is_read() -> None:
    checkpoint = Checkpoint.parse(_C2SP_TEXT)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20_852_163
    assert checkpoint.root == b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert checkpoint.text == _C2SP_TEXT


@given(_LINES, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(_LINES, max_size=3))
def test_every_checkpoint_is_read_back_as_it_was(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, Hash(root), tuple(extensions))
    assert Checkpoint.parse(checkpoint.text) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        _C2SP_TEXT.rstrip("\n"),
        _C2SP_TEXT + "\n",
        "\n" + _C2SP_TEXT,
        _C2SP_TEXT + "extension\n\nextension\n",
        _C2SP_TEXT.replace("20852163", "020852163"),
        _C2SP_TEXT.replace("20852163", "+20852163"),
        _C2SP_TEXT.replace("20852163", "-1"),
        _C2SP_TEXT.replace("20852163", "20852163 "),
        _C2SP_TEXT.replace("20852163", "٢"),
        _C2SP_TEXT.replace("20852163", "9223372036854775808"),
        _C2SP_TEXT.replace("20852163", "9" * 5000),
        _C2SP_TEXT.replace("q2I=", "q2J="),
        _C2SP_TEXT.replace("q2I=", "q2I"),
        _C2SP_TEXT.replace("CsUY", ""),
        _C2SP_TEXT.replace("behind", "be\thind"),
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("origin", ["", "two\nlines", "tab\t"])
def test_an_origin_that_is_not_one_line_is_refused(origin: str) -> None:
    with pytest.raises(FormatError):
        Checkpoint(origin, 0, Hash(bytes(32)))


def test_a_signed_checkpoint_gives_what_the_log_stated() -> None:
    note = Note.parse(sign(_CHECKPOINT.text, _LOG).encode())
    signed = verify_checkpoint(note, _LOG.verifier())
    assert signed.checkpoint == _CHECKPOINT
    assert signed.cosignatures == ()


def test_a_cosignature_is_over_the_time_and_the_whole_text() -> None:
    note = cosign(sign(_CHECKPOINT.text, _LOG), _WITNESS, 1_700_000_000)
    value = note.signatures[1].value
    assert len(value) == 72
    assert int.from_bytes(value[:8], "big") == 1_700_000_000
    Ed25519PublicKey.from_public_bytes(_WITNESS.verifier().public).verify(
        value[8:], b"cosignature/v1\ntime 1700000000\n" + _CHECKPOINT.text.encode()
    )


def test_cosignatures_of_known_witnesses_are_given_with_their_times() -> None:
    note = cosign(cosign(sign(_CHECKPOINT.text, _LOG), _WITNESS, 1000), _SECOND, 2000)
    signed = verify_checkpoint(note, _LOG.verifier(), [_WITNESS.verifier(), _SECOND.verifier()])
    assert [(one.key.name, one.time) for one in signed.cosignatures] == [
        ("witness.example/w1", 1000),
        ("witness.example/w2", 2000),
    ]
    assert len(verify_checkpoint(note, _LOG.verifier(), [_SECOND.verifier()]).cosignatures) == 1


def test_a_witness_that_cosigned_twice_counts_once_with_its_newest_time() -> None:
    note = sign(_CHECKPOINT.text, _LOG)
    for time in (2000, 3000, 1000):
        note = cosign(note, _WITNESS, time)
    signed = verify_checkpoint(note, _LOG.verifier(), [_WITNESS.verifier()])
    assert [one.time for one in signed.cosignatures] == [3000]


def test_every_flipped_bit_of_a_cosignature_is_refused() -> None:
    note = cosign(sign(_CHECKPOINT.text, _LOG), _WITNESS, 1000)
    [own, cosignature] = note.signatures
    for bit in range(8 * len(cosignature.value)):
        changed = bytearray(cosignature.value)
        changed[bit // 8] ^= 1 << bit % 8
        spoilt = replace(note, signatures=(own, replace(cosignature, value=bytes(changed))))
        with pytest.raises(VerificationError):
            verify(spoilt, [_LOG.verifier(), _WITNESS.verifier()])


@pytest.mark.parametrize("length", [1, 64, 71, 73])
def test_a_cosignature_of_another_length_is_refused(length: int) -> None:
    note = cosign(sign(_CHECKPOINT.text, _LOG), _WITNESS, 1000)
    short = replace(note.signatures[1], value=bytes(length))
    with pytest.raises(VerificationError, match=f"has {length} bytes"):
        verify(replace(note, signatures=(short,)), [_WITNESS.verifier()])


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    note = cosign(sign(_CHECKPOINT.text, SignerKey("else", KeyType.ED25519, b"e" * 32)), _WITNESS, 1000)
    with pytest.raises(VerificationError, match=r"not signed by the log log\.example\.eu/audit"):
        verify_checkpoint(note, _LOG.verifier(), [_WITNESS.verifier()])


def test_a_checkpoint_of_another_origin_is_refused() -> None:
    foreign = sign(replace(_CHECKPOINT, origin="other.example/log").text, _LOG)
    with pytest.raises(VerificationError, match=r"is of other\.example/log, not of log\.example\.eu/audit"):
        verify_checkpoint(foreign, _LOG.verifier())
    verify_checkpoint(foreign, _LOG.verifier(), origin="other.example/log")


def test_a_signed_note_that_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(FormatError, match="origin, size and root"):
        verify_checkpoint(sign("hello\n", _LOG), _LOG.verifier())


def test_a_witness_cosigns_nothing_but_checkpoints_at_possible_times() -> None:
    with pytest.raises(FormatError, match="origin, size and root"):
        cosign(sign("hello\n", _LOG), _WITNESS, 1000)
    with pytest.raises(FormatError, match="cosignature time"):
        cosign(sign(_CHECKPOINT.text, _LOG), _WITNESS, -1)
    with pytest.raises(FormatError, match="cosignature time"):
        cosign(sign(_CHECKPOINT.text, _LOG), _WITNESS, 1 << 63)


def test_keys_sign_only_what_they_are_for() -> None:
    with pytest.raises(FormatError, match="not of the cosignature type"):
        cosign(sign(_CHECKPOINT.text, _LOG), _LOG, 1000)
    with pytest.raises(FormatError, match="signs no plain notes"):
        sign(_CHECKPOINT.text, _WITNESS)
