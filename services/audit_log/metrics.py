"""What the audit log measures, beside what the kit measures."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

ENTRIES = Gauge("oncordia_audit_entries", "Entries in the log")
CHECKPOINT_SIZE = Gauge("oncordia_audit_checkpoint_entries", "Entries in the newest signed checkpoint")
REPEATED = Counter("oncordia_audit_repeated_events", "Events that were delivered again and are in the log once")
SEALED = Gauge("oncordia_audit_sealed_entries", "Entries in the search index; those behind are searched one by one")
MISSING_NUMBERS = Gauge("oncordia_audit_missing_numbers", "Producer numbers that stay missing")
COSIGNED_SIZE = Gauge(
    "oncordia_audit_cosigned_checkpoint_entries", "Entries in the newest checkpoint that the witness policy accepts"
)
POLICY_LATE = Gauge(
    "oncordia_audit_witness_policy_late", "1 while the witnesses are late with what the witness policy asks for"
)
WITNESS_SIZE = Gauge(
    "oncordia_audit_witness_entries", "Entries in the newest checkpoint that the witness cosigned", ["witness"]
)
WITNESS_TIME = Gauge(
    "oncordia_audit_witness_cosigned_timestamp_seconds", "When the witness cosigned last, since 1970", ["witness"]
)
WITNESS_CONTRADICTS = Gauge(
    "oncordia_audit_witness_contradicts",
    "1 while the witness has seen another log than ours under our key",
    ["witness"],
)
EXPIRED = Counter(
    "oncordia_audit_expired_bodies", "Bodies that were deleted because the retention of their kind ended", ["kind"]
)
ERASURES_UNCONFIRMED = Gauge(
    "oncordia_audit_unconfirmed_erasures", "Erasures that some service has not confirmed yet; each is told again daily"
)
HALTED = Gauge("oncordia_audit_halted", "1 while the log takes nothing, because of a message that it can't take")
