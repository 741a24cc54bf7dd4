"""Starts the `oncordia-node` command."""

from node.bootstrap import build
from node.entrypoints import border_commands, log_commands
from node.entrypoints.commands import app, wiring

# Their commands are added to the others by importing them.
_ = border_commands, log_commands


def main() -> None:
    wiring.build = build
    app()


if __name__ == "__main__":
    main()
