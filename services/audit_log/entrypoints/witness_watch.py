"""Tells operators how the witnesses do: by metrics, and by a log line at each change."""

from __future__ import annotations

from audit_log import metrics
from audit_log.application.witnesses import Trouble, TroubleKind
from kit.telemetry.log import logger
from tlog.policy import Witness

_log = logger(__name__)


class WitnessWatch:
    """For one process; a new leader's collecting is told of by the same."""

    def __init__(self) -> None:
        self._troubled: dict[str, TroubleKind] = {}
        self._late = False
        self._unwritable = False

    def cosigned(self, witness: Witness, size: int, time: int) -> None:
        metrics.WITNESS_SIZE.labels(witness.name).set(size)
        metrics.WITNESS_TIME.labels(witness.name).set(time)
        metrics.WITNESS_CONTRADICTS.labels(witness.name).set(0)
        if self._troubled.pop(witness.name, None) is not None:
            _log.info("the witness cosigns again", witness=witness.name, size=size)

    def troubled(self, witness: Witness, trouble: Trouble) -> None:
        contradicts = trouble.kind is TroubleKind.CONTRADICTS
        metrics.WITNESS_CONTRADICTS.labels(witness.name).set(int(contradicts))
        if self._troubled.get(witness.name) is trouble.kind:
            return
        self._troubled[witness.name] = trouble.kind
        if contradicts:
            _log.error(
                "a witness contradicts the log: somebody may have shown it another log, signed with our key; or ours "
                "was restored from an older backup",
                witness=witness.name,
                reason=trouble.words,
            )
        elif trouble.kind is TroubleKind.DAMAGED:
            _log.error("the log can't prove to a witness that it grew", witness=witness.name, reason=trouble.words)
        else:
            _log.warning(
                "no cosignature: " + trouble.kind.value, witness=witness.name, url=witness.url, reason=trouble.words
            )

    def published(self, size: int) -> None:
        metrics.COSIGNED_SIZE.set(size)
        metrics.POLICY_LATE.set(0)
        self._unwritable = False
        if self._late:
            self._late = False
            _log.info("the witness policy is met again", size=size)

    def late(self, size: int) -> None:
        metrics.POLICY_LATE.set(1)
        if not self._late:
            self._late = True
            _log.warning("the witness policy is not met, so nothing newer is published as cosigned", size=size)

    def unwritable(self, where: str) -> None:
        if not self._unwritable:
            self._unwritable = True
            _log.error("the cosigned checkpoint can't be written: free space or mend the disk", full=where)
