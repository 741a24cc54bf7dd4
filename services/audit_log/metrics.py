"""What the audit log measures, beside what the kit measures."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

ENTRIES = Gauge("oncordia_audit_entries", "Entries in the log")
CHECKPOINT_SIZE = Gauge("oncordia_audit_checkpoint_entries", "Entries in the newest signed checkpoint")
REPEATED = Counter("oncordia_audit_repeated_events", "Events that were delivered again and are in the log once")
SEALED = Gauge("oncordia_audit_sealed_entries", "Entries in the search index; those behind are searched one by one")
MISSING_NUMBERS = Gauge("oncordia_audit_missing_numbers", "Producer numbers that stay missing")
HALTED = Gauge("oncordia_audit_halted", "1 while the log takes nothing, because of a message that it can't take")
