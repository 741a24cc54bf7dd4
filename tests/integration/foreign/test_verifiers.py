"""Verifiers of others take our log, and refuse it with a single bit changed."""

from pathlib import Path

import pytest

from tests.integration.audit_log.proofs import verify_log
from tests.integration.foreign.by_fsck import fsck
from tests.integration.foreign.copies import Spot, changed, served_copy
from tests.integration.foreign.standing_log import StandingLog
from tests.integration.foreign.verifier import Refused, Verifier
from tlog.errors import FormatError

# What may stand last in the base64 of two bytes over, and the next character, which stands for the same two bytes.
_NEXT = dict(zip(b"AEIMQUYcgkosw048", b"BFJNRVZdhlptx159", strict=True))


def test_the_served_log_is_verified(verifier: Verifier, standing: StandingLog) -> None:
    verifier(standing.url, standing)


def test_the_directory_of_the_log_is_verified(standing: StandingLog) -> None:
    fsck()(f"file://{standing.files}", standing)


def test_a_true_copy_is_verified(verifier: Verifier, standing: StandingLog, tmp_path: Path) -> None:
    with served_copy(standing, "checkpoint", standing.published.note, tmp_path) as url:
        verifier(url, standing)


@pytest.mark.parametrize("spot", Spot)
def test_a_copy_with_one_bit_changed_is_refused(
    verifier: Verifier, standing: StandingLog, spot: Spot, tmp_path: Path
) -> None:
    with served_copy(standing, *changed(standing, spot), tmp_path) as url, pytest.raises(Refused):
        verifier(url, standing)


def test_others_take_a_second_spelling_of_the_signature_and_we_do_not(
    verifier: Verifier, standing: StandingLog, tmp_path: Path
) -> None:
    end = standing.published.note.index(b"=\n", standing.published.note.index(b"\n\n"))
    spelling = bytearray(standing.published.note)
    spelling[end - 1] = _NEXT[spelling[end - 1]]
    with served_copy(standing, "checkpoint", bytes(spelling), tmp_path) as url:
        verifier(url, standing)
    with pytest.raises(FormatError, match="canonical"):
        verify_log({"checkpoint": bytes(spelling)}.__getitem__, standing.key)
