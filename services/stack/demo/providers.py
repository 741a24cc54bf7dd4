"""The providers of the demo: who they are, what they demand, which collections they hold."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NewType

import yaml

from stack.errors import StackError

ProviderCode = NewType("ProviderCode", str)
CollectionId = NewType("CollectionId", str)

PROVIDERS_FILE = Path(__file__).with_name("providers.yaml")


@dataclass(frozen=True)
class Rules:
    """What a provider demands for every count; names and meanings are those of the node's settings."""

    epsilon_per_count: Decimal
    minimum_count: int
    rounding: int
    max_studies: int
    max_series: int


@dataclass(frozen=True)
class DemoProvider:
    """One invented provider."""

    code: ProviderCode
    name: str
    country: str
    """ISO 3166-1 alpha-2."""
    rules: Rules
    collections: tuple[CollectionId, ...]


def load_providers(path: Path = PROVIDERS_FILE) -> tuple[DemoProvider, ...]:
    """Read the providers. Raises StackError naming the entry that can't be read."""
    entries = yaml.safe_load(path.read_text())["providers"]
    return tuple(_provider(entry, f"{path.name}: provider {number}") for number, entry in enumerate(entries, 1))


def _provider(entry: dict[str, object], where: str) -> DemoProvider:
    try:
        rules, collections = entry["rules"], entry["collections"]
        assert isinstance(rules, dict)  # noqa: S101 - told below
        assert isinstance(collections, list)  # noqa: S101 - told below
        return DemoProvider(
            code=ProviderCode(str(entry["code"])),
            name=str(entry["name"]),
            country=str(entry["country"]),
            rules=Rules(**{**rules, "epsilon_per_count": Decimal(str(rules["epsilon_per_count"]))}),
            collections=tuple(CollectionId(str(collection)) for collection in collections),
        )
    except (KeyError, TypeError, AssertionError) as error:
        raise StackError(f"{where}: expected code, name, country, rules and collections ({error!r}).") from None
