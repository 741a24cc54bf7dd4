"""`python -m witness`: the witness alone."""

from witness.command import app

app(prog_name="python -m witness")
