"""The two ways in which transparency log data can be wrong."""

from __future__ import annotations


class TlogError(Exception):
    """Base of both, for a caller that treats them alike. No message holds a body, a salt or a private key."""


class FormatError(TlogError, ValueError):
    """Bytes, text or a value that the format does not allow; the message names the field and the rule."""


class VerificationError(TlogError):
    """Well-formed data that fail to prove what they claim: a proof, a signature or a commitment."""
