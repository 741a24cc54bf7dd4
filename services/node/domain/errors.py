"""Errors of a node. Each message says what is wrong and what to do, and holds no personal data."""


class NodeError(Exception):
    """Base of what can go wrong at a node and is the provider's to mend."""


class PolicyError(NodeError):
    """The provider's disclosure rules contradict themselves or are out of range."""


class MappingError(NodeError):
    """The mapping file is wrong, or doesn't fit the data that it maps."""


class SourceError(NodeError):
    """A source of data is missing or can't be read."""


class DiskFullError(NodeError):
    """There is no room to note what must be noted before anything is released; it can be done once there is."""


class SnapshotError(NodeError):
    """A snapshot can't be written or read."""


class LedgerError(NodeError):
    """The ledger can't be trusted or written, so nothing may be released."""
