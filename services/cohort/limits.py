"""How large a cohort query may be. They bound the work of every service that takes one."""

MAX_TEXT_BYTES = 16 * 1024
"""Bytes of a filter in UTF-8, as written and in canonical form."""
MAX_DEPTH = 32
"""Levels of nesting; a predicate alone is one level."""
MAX_PREDICATES = 500
MAX_SET_VALUES = 1_000
"""Values of one in()."""
MAX_VALUE_CHARS = 256
"""Characters of one text value."""
MAX_VIOLATIONS = 50
"""Violations named at once."""
MAX_DAYS = 36_525
"""Days of within_days(): a century."""
