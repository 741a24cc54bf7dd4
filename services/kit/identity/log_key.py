"""The audit log's signing key, in the text forms of c2sp.org/signed-note, so that other people's tools read them."""

from __future__ import annotations

from pathlib import Path

from kit.errors import FailedPrecondition
from kit.identity import keys
from tlog.errors import FormatError
from tlog.keys import KeyType, SignerKey

DEFAULT_ORIGIN = "oncordia.invalid/log"


def init_log_key(directory: Path, origin: str = DEFAULT_ORIGIN) -> bool:
    """Makes log.key (secret) and log.pub (the verifier key, to be published). False if the key is there already.

    `origin` is the log's name, a URL without its scheme; every checkpoint begins with it. It can't be changed later.
    """
    made = keys.write_new(
        directory, keys.LOG_PRIVATE, SignerKey(origin, KeyType.ED25519, keys.random_key()).to_text().encode() + b"\n"
    )
    keys.write_new(directory, keys.LOG_PUBLIC, f"{read_log_key(directory).verifier()}\n".encode())
    return made


def read_log_key(directory: Path) -> SignerKey:
    """The signing key. Raises FailedPrecondition naming the file, if it is missing or damaged."""
    try:
        return SignerKey.parse(_text(directory, keys.LOG_PRIVATE))
    except FormatError as error:
        raise _damaged(directory, keys.LOG_PRIVATE, error) from None


def read_log_pair(directory: Path, origin: str) -> SignerKey:
    """The signing key, if log.pub and the origin are those of the same key. Raises FailedPrecondition if not."""
    key = read_log_key(directory)
    if _text(directory, keys.LOG_PUBLIC) != str(key.verifier()):
        raise FailedPrecondition(
            "KEY_MISMATCH", f"{keys.LOG_PRIVATE} and {keys.LOG_PUBLIC} in {directory} are not of one pair; restore both"
        )
    if key.name != origin:
        raise FailedPrecondition(
            "KEY_MISMATCH",
            f"{keys.LOG_PRIVATE} in {directory} is the key of {key.name}, but ONCORDIA_LOG_ORIGIN is {origin}",
        )
    return key


def _text(directory: Path, name: str) -> str:
    return keys.read(directory, name).decode("utf-8", "replace").strip()


def _damaged(directory: Path, name: str, error: FormatError) -> FailedPrecondition:
    return FailedPrecondition("KEY_DAMAGED", f"the key {name} in {directory} can't be used: {error}; restore it")
