"""The keys of a log and of a witness, and what a command says."""

from typer.testing import Result

from tlog.keys import KeyType, SignerKey

KEY = SignerKey("example.invalid/log", KeyType.ED25519, bytes(range(32)))
WITNESS = SignerKey("example.invalid/witness", KeyType.COSIGNATURE, bytes(range(1, 33)))


def says(result: Result) -> str:
    """Both outputs, without the line ends of a narrow terminal."""
    return " ".join(result.output.split())
