"""`python -m insights` serves; `migrate`, `worker` and `rebuild` are its other commands."""

from __future__ import annotations

import sys

from insights.bootstrap import build
from insights.settings import InsightsSettings
from kit.service import main

match sys.argv[1:]:
    case ["worker"]:
        # Faust takes a second to import, and only the worker needs it.
        from insights.worker import work

        work()
    case ["rebuild"]:
        from insights.rebuild import rebuild

        rebuild()
    case _:
        main("insights", InsightsSettings, build)
