"""What a verification found, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from cli.audit.trust import cosigned_at
from cli.audit.whole_log import Asked, Findings
from cli.errors import UserError
from tlog.numbers import Numbers, Run
from tlog.text import encode_base64


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences: what was proved; what is missing, of events or cosignatures, or doubled; what could not be proved."""

    proved: tuple[str, ...]
    wrong: tuple[str, ...]
    not_proved: tuple[str, ...]


def words_of(found: Findings, asked: Asked) -> Words:
    """The findings as a person reads them."""
    return Words(tuple(_proved(found)), tuple(_wrong(found, asked)), tuple(_not_proved(found, asked)))


def json_of(found: Findings, words: Words) -> dict[str, object]:
    """For programs: the checkpoint, each producer's numbers, and the sentences."""
    checkpoint = found.signed.checkpoint
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": encode_base64(checkpoint.root),
        "verified_before": found.since,
        "continues": [one.size for one in found.earlier],
        "cosignatures": {one.key.name: one.time for one in found.signed.cosignatures},
        "producers": {
            producer: {
                "highest": seen.runs[-1].end,
                "missing": [asdict(gap) for gap in seen.gaps()],
                "repeated": [asdict(run) for run in found.walked.repeats.get(producer, Numbers()).runs],
            }
            for producer, seen in sorted(found.walked.numbers.items())
        },
        **asdict(words),
    }


def _proved(found: Findings) -> Iterator[str]:
    checkpoint = found.signed.checkpoint
    yield f"{checkpoint.origin} signed this log of {checkpoint.size:,} entries"
    before = f"; the first {found.since:,} were verified before" if found.since else ""
    yield f"all entries lead to the signed root, and every tile fits{before}"
    for one in found.earlier:
        yield f"it continues the log of {one.size:,} entries that was seen before: nothing was changed or removed since"
    for cosigned in found.signed.cosignatures:
        yield f"the witness {cosigned.key.name} has seen this checkpoint, {cosigned_at(cosigned)}"
    for producer, seen in sorted(found.walked.numbers.items()):
        if not seen.gaps() and producer not in found.walked.repeats:
            yield f"events 1 to {seen.runs[-1].end:,} of {producer} are there, each once"


def _wrong(found: Findings, asked: Asked) -> Iterator[str]:
    for producer, seen in sorted(found.walked.numbers.items()):
        if gaps := seen.gaps():
            yield f"events {_ranges(gaps)} of {producer} are missing; the newest may still come"
        if producer in found.walked.repeats:
            yield f"events {_ranges(found.walked.repeats[producer].runs)} of {producer} are there more than once"
    try:
        asked.trust.require(found.signed)
    except UserError as error:
        yield str(error)


def _not_proved(found: Findings, asked: Asked) -> Iterator[str]:
    if not asked.trust.needs_witnesses:
        yield "that everybody is shown this log and no other: no witness is asked for (--witness, --policy)"
    if not found.earlier:
        yield "that nothing was removed before today: no earlier checkpoint is known here (--checkpoint, or come again)"
    yield "what the events said: only their records were read"


def _ranges(runs: tuple[Run, ...], most: int = 20) -> str:
    shown = [f"{run.start:,}" if run.start == run.end else f"{run.start:,} to {run.end:,}" for run in runs[:most]]
    return ", ".join(shown) + (f" and {len(runs) - most:,} more ranges" if len(runs) > most else "")
