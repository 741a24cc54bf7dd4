"""Starts the `oncordia-node` command."""

from node.bootstrap import build
from node.entrypoints import border_commands
from node.entrypoints.commands import app, wiring

# Its commands are added to the others by importing it.
_ = border_commands


def main() -> None:
    wiring.build = build
    app()


if __name__ == "__main__":
    main()
