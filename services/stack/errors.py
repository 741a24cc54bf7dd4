"""What can stop the embedded stack, each with the way out."""


class StackError(Exception):
    """The stack cannot go on. The text says what is wrong and what to do."""


class PortInUseError(StackError):
    """A port that must not change is taken by another program."""


class AlreadyRunningError(StackError):
    """Another stack holds the same home directory."""


class DownloadFailedError(StackError):
    """A jar could not be had, or is not the one that the lock file names."""


class ProcessFailedError(StackError):
    """A process ended, or never became ready, while the stack was starting."""
