"""Names of the catalogue's resources."""

from __future__ import annotations

import re
from typing import NewType

from kit.errors import InvalidInput

ProviderName = NewType("ProviderName", str)
"""`providers/{id}`."""
DataSetName = NewType("DataSetName", str)
"""`dataSets/{provider id}.{data set id}`. A provider id holds no dot, so the first dot parts them."""

_PROVIDER = re.compile(r"providers/([a-z0-9-]{3,40})")
_DATA_SET_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_DATA_SET = re.compile(rf"dataSets/([a-z0-9-]{{3,40}})\.({_DATA_SET_ID.pattern})")
_DESCRIPTION = re.compile(rf"({_PROVIDER.pattern})/description")


def provider_name(text: str, field: str) -> ProviderName:
    """Raises InvalidInput naming the field."""
    if _PROVIDER.fullmatch(text) is None:
        raise InvalidInput.of(field, "must be providers/ and 3 to 40 of a-z, 0-9 and hyphen")
    return ProviderName(text)


def data_set_name(text: str, field: str) -> DataSetName:
    """Raises InvalidInput naming the field."""
    if _DATA_SET.fullmatch(text) is None:
        raise InvalidInput.of(field, "must be dataSets/, the provider's id, a dot and the data set's id")
    return DataSetName(text)


def is_data_set_id(text: str) -> bool:
    """Whether it can be an id within a provider."""
    return _DATA_SET_ID.fullmatch(text) is not None


def name_of(provider: ProviderName, data_set_id: str) -> DataSetName:
    """The name of a provider's data set. Raises InvalidInput naming data_set_id."""
    if not is_data_set_id(data_set_id):
        raise InvalidInput.of("data_set_id", "must be 1 to 100 of A-Z, a-z, 0-9, _, . and -")
    return DataSetName(f"dataSets/{provider.removeprefix('providers/')}.{data_set_id}")


def provider_of(name: DataSetName) -> ProviderName:
    """The provider that holds a data set."""
    return ProviderName("providers/" + name.removeprefix("dataSets/").partition(".")[0])


def description_of(provider: ProviderName) -> str:
    """`providers/{id}/description`: on whose behalf a node is asked."""
    return f"{provider}/description"


def described_provider(text: str) -> ProviderName | None:
    """The provider of a `providers/{id}/description`, or None if it isn't one."""
    match = _DESCRIPTION.fullmatch(text)
    return None if match is None else ProviderName(match.group(1))


def is_description(text: str) -> bool:
    """Whether it is a `providers/{id}/description`."""
    return described_provider(text) is not None
