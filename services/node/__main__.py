"""Starts the `oncordia-node` command."""

from node.entrypoints.commands import app


def main() -> None:
    app()


if __name__ == "__main__":
    main()
