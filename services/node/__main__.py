"""Starts the `oncordia-node` command."""

from node.entrypoints import border_commands
from node.entrypoints.commands import app

# Its commands are added to the others by importing it.
_ = border_commands


def main() -> None:
    app()


if __name__ == "__main__":
    main()
