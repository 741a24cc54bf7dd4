"""Collects witnesses' cosignatures, and publishes each checkpoint that meets the policy.

In rounds: all witnesses are asked for the same checkpoint, because those of a quorum must have seen the same one. A
round is over when the policy is met, or after some seconds, so that a witness that is away holds up nobody but those
who insist on it. Nothing here is waited for by the log itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from audit_log.application.faults import Fault, FaultPoint
from audit_log.application.ports import Checkpoints, CosignedCheckpoints
from audit_log.application.prove import Prove
from audit_log.application.show_cosigned import ShowCosigned
from audit_log.application.witnesses import (
    Cosigned,
    HasSize,
    NotCosigned,
    Trouble,
    TroubleKind,
    Watch,
    Witnesses,
    WitnessSilent,
)
from audit_log.domain.published import Published
from audit_log.domain.round import Round, cosignature_of, cosignatures_in, round_of
from kit.errors import OncordiaError
from tlog.add_checkpoint import AddCheckpoint
from tlog.errors import VerificationError
from tlog.keys import VerifierKey
from tlog.note import Note
from tlog.policy import Policy, Witness

PATIENCE_SECONDS = 15.0
"""How long a round waits for the policy to be met: longer than a witness is given to answer."""
_FIRST_WAIT_SECONDS = 0.5
_CONTRADICTED = (409, 422)


@dataclass(slots=True)
class CollectCosignatures:
    """Run `aim` once and `follow` for each witness, together. Make a new one after any error.

    `wake` is set by whoever signs a checkpoint. `pace`: seconds between rounds at least. `longest_wait`: of a witness
    that does not answer; `patience`: of a round whose policy isn't met.
    """

    policy: Policy
    checkpoints: Checkpoints
    cosigned: CosignedCheckpoints
    show: ShowCosigned
    prove: Prove
    witnesses: Witnesses
    watch: Watch
    wake: asyncio.Event
    pace: float
    longest_wait: float
    fault: Fault
    patience: float = PATIENCE_SECONDS
    _round: Round | None = None
    _began: float = 0.0
    _is_stale: bool = False
    _stored: Published | None = None
    _next_round: asyncio.Event = field(default_factory=asyncio.Event)
    _sizes: dict[VerifierKey, int] = field(default_factory=dict)

    async def aim(self) -> None:
        """Begins rounds and publishes what they come to, until cancelled."""
        await self._recall()
        while True:
            self.wake.clear()
            if self._round is not None and self._round.is_met(self.policy):
                await self._publish(self._round)
            if self._is_over():
                await self._begin()
            age = _now() - self._began
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), self.pace - age if age < self.pace else self.pace)

    async def follow(self, witness: Witness) -> None:
        """Asks a witness for what each round lacks of it, until cancelled."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            asked = await self._lacking(witness.key)
            trouble = await self._ask(witness, asked)
            if trouble is None:
                wait = _FIRST_WAIT_SECONDS
                continue
            # What it has may be another thing when it is asked again.
            self._sizes.pop(witness.key, None)
            self.watch.troubled(witness, trouble)
            await asyncio.sleep(min(wait, self.longest_wait))
            wait *= 2

    async def _recall(self) -> None:
        self._stored = stored = await self.cosigned.newest()
        if stored is None:
            return
        known = cosignatures_in(stored.note, self.policy)
        for witness in self.policy.witnesses:
            if witness.key in known:
                self.watch.cosigned(witness, stored.size, known[witness.key].time)
        if self.policy.is_met(known.keys()):
            # Should a crash have kept it from its file.
            await self.show(stored)
            self.watch.published(stored.size)

    def _is_over(self) -> bool:
        if self._round is None or self._is_stale:
            return True
        age = _now() - self._began
        if self._round.is_met(self.policy):
            return age >= self.pace
        if age >= self.patience:
            self.watch.late(self._round.checkpoint.size)
            return True
        return False

    async def _begin(self) -> None:
        newest = await self.checkpoints.newest()
        if newest is None or (self._round is not None and newest.size <= self._round.checkpoint.size):
            return
        self._round = round_of(newest, self._stored, self.policy)
        self._began, self._is_stale = _now(), False
        for key in self._round.cosignatures:
            self._sizes[key] = newest.size
        self._next_round.set()
        self._next_round = asyncio.Event()
        # It may need no witness, or none more.
        self.wake.set()

    async def _publish(self, met: Round) -> None:
        published = met.cosigned(self.policy)
        if published != self._stored:
            if not await self.cosigned.replace(published):
                # Another replica was faster.
                self._stored = await self.cosigned.newest()
                return
            self.fault(FaultPoint.COSIGNED_COMMITTED)
            self._stored = published
            self.watch.published(published.size)
        await self.show(published)

    async def _lacking(self, key: VerifierKey) -> Published:
        while self._round is None or not self._round.lacks(key):
            await self._next_round.wait()
        return self._round.checkpoint

    async def _ask(self, witness: Witness, asked: Published) -> Trouble | None:
        # Once more from the size that it answers; should that not do, somebody else is asking it too.
        for _ in range(2):
            old = self._sizes.get(witness.key, 0)
            if old > asked.size:
                return await self._is_ahead(old, asked)
            try:
                proof = (await self.prove.consistency(old, asked.size))[1] if old else ()
                answer = await self.witnesses.ask(witness.url, AddCheckpoint(old, proof, Note.parse(asked.note)))
            except WitnessSilent as silent:
                return Trouble(TroubleKind.SILENT, str(silent))
            except OncordiaError as error:
                return Trouble(TroubleKind.DAMAGED, error.message)
            match answer:
                case Cosigned():
                    return self._take(witness, asked, answer)
                case HasSize(size) if size != old:
                    self._sizes[witness.key] = size
                case HasSize(size) if size == asked.size:
                    return Trouble(TroubleKind.CONTRADICTS, f"it has cosigned another tree of {size} entries than ours")
                case NotCosigned(status, words) if old and status in _CONTRADICTED:
                    return Trouble(
                        TroubleKind.CONTRADICTS,
                        f"it has cosigned a tree of {old} entries that ours does not continue; it says: {words}",
                    )
                case NotCosigned(status, words):
                    return Trouble(TroubleKind.REFUSES, f"it answers with status {status}: {words}")
                case HasSize(size):
                    return Trouble(TroubleKind.REFUSES, f"it asks for a proof from {size}, and was given one")
        return Trouble(TroubleKind.REFUSES, "its size changes while it is asked; does another log use its name?")

    async def _is_ahead(self, size: int, asked: Published) -> Trouble | None:
        """A witness that has cosigned more than it is asked for: a later checkpoint of ours, or none of ours."""
        newest = await self.checkpoints.newest()
        signed = newest.size if newest is not None else 0
        if size > signed:
            return Trouble(
                TroubleKind.CONTRADICTS, f"it has cosigned a tree of {size} entries, and ours has signed {signed}"
            )
        following = self._next_round
        self._is_stale = True
        self.wake.set()
        if self._round is not None and self._round.checkpoint == asked:
            await following.wait()
        return None

    def _take(self, witness: Witness, asked: Published, answer: Cosigned) -> Trouble | None:
        try:
            cosignature = cosignature_of(witness.key, Note.parse(asked.note).text, answer.signatures)
        except VerificationError as error:
            return Trouble(TroubleKind.REFUSES, f"its cosignature does not hold: {error}")
        self._sizes[witness.key] = asked.size
        self.watch.cosigned(witness, asked.size, cosignature.time)
        # It may come late, when the round is about another checkpoint.
        if self._round is not None and self._round.checkpoint == asked:
            self._round = self._round.with_also(witness.key, cosignature)
            self.wake.set()
        return None


def _now() -> float:
    return asyncio.get_running_loop().time()
