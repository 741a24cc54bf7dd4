"""golang.org/x/mod/sumdb, which verifies Go's own checksum database, in the program of the folder sumdb.

Sumdb judges what it is given: that every file is read is the program's doing.
"""

import subprocess
from pathlib import Path

from tests.integration.foreign import go
from tests.integration.foreign.standing_log import StandingLog
from tests.integration.foreign.verifier import Refused, Verifier


def sumdb() -> Verifier:
    go.require()
    program = go.build(Path(__file__).parent / "sumdb")

    def verify(url: str, log: StandingLog) -> None:
        ran = subprocess.run(
            [program, "-url", url, "-key", str(log.key)], capture_output=True, text=True, timeout=60, check=False
        )
        if ran.returncode == 1 and ran.stderr.startswith("sumdb: REFUSED: "):
            raise Refused(ran.stderr)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout.startswith(f"sumdb: VERIFIED: {log.size} entries, tree hash ")

    return verify
