"""Why a checkpoint is not cosigned. The message is for the one who asked."""

from __future__ import annotations


class Refused(Exception):
    """Base of all."""


class UnknownLog(Refused):
    """The witness knows no log of this origin."""


class NotSigned(Refused):
    """No known key of the log has signed, or a signature of one is wrong."""


class OldBeyondCheckpoint(Refused):
    """The request itself makes no sense: a tree does not shrink."""


class OtherSize(Refused):
    """The proof starts from another tree than the one that was cosigned last, of `size` leaves."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness has cosigned a tree of {size} leaves; prove from there")
        self.size = size


class Forked(Refused):
    """The log has signed another tree of the `size` that was cosigned last: it tells two stories."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness has cosigned another tree of {size} leaves")
        self.size = size


class NotProved(Refused):
    """The proof does not show that the new tree begins with the old one."""
