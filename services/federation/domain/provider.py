"""A provider, and where its node stands. A silent node never looks like one without cases."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import NewType

from kit.errors import FailedPrecondition, FieldViolation, InvalidInput

ProviderId = NewType("ProviderId", str)

_COLLECTION = "providers/"
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]")
_COUNTRY = re.compile(r"[A-Z]{2}")
MAX_DISPLAY_NAME = 120


class ProviderState(Enum):
    """The names are those of oncordia.federation.v1.ProviderState without the prefix."""

    NEVER_CONNECTED = "NEVER_CONNECTED"
    LIVE = "LIVE"
    STALE = "STALE"
    DRAINING = "DRAINING"
    DISABLED_BY_PROVIDER = "DISABLED_BY_PROVIDER"
    DISABLED_BY_HUB = "DISABLED_BY_HUB"


class Link(Enum):
    """The border link of the provider's node."""

    NEVER = "never"
    UP = "up"
    DRAINING = "draining"
    DOWN = "down"


class Switch(Enum):
    """Who can switch a provider off. Each can only switch on again what it switched off itself."""

    HUB = "hub"
    STEWARD = "steward"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class Provider:
    """An organisation that holds data and runs a node. `off` holds who has switched it off."""

    id: ProviderId
    display_name: str
    country: str
    organisation: str
    create_time: datetime
    state_time: datetime
    link: Link = Link.NEVER
    off: frozenset[Switch] = frozenset()
    node_version: str = ""
    epoch: str = ""
    certificate_serial: str = ""
    certificate_expire_time: datetime | None = None

    @property
    def name(self) -> str:
        return resource_name(self.id)

    @property
    def state(self) -> ProviderState:
        """A switch that is off hides the link; the hub's hides the provider's own."""
        if Switch.HUB in self.off:
            return ProviderState.DISABLED_BY_HUB
        if self.off:
            return ProviderState.DISABLED_BY_PROVIDER
        match self.link:
            case Link.NEVER:
                return ProviderState.NEVER_CONNECTED
            case Link.UP:
                return ProviderState.LIVE
            case Link.DRAINING:
                return ProviderState.DRAINING
            case Link.DOWN:
                return ProviderState.STALE

    @property
    def enabled(self) -> bool:
        return not self.off

    def linked(self, link: Link, now: datetime) -> Provider:
        """With its node's link as it is now."""
        return self._since(replace(self, link=link), now)

    def switched_off(self, by: Switch, now: datetime) -> Provider:
        """Off, as `by` wants it. Twice is the same as once."""
        return self._since(replace(self, off=self.off | {by}), now)

    def switched_on(self, by: Switch, now: datetime) -> Provider:
        """Without the switch of `by`. Raises FailedPrecondition if only others hold the provider off."""
        if self.off and by not in self.off:
            raise FailedPrecondition("SWITCHED_OFF_BY_OTHERS", f"{self.name} was switched off {_whom(self.off)}")
        return self._since(replace(self, off=self.off - {by}), now)

    def told(self, *, node_version: str | None = None, epoch: str | None = None) -> Provider:
        """With what its node says of itself."""
        return replace(
            self,
            node_version=self.node_version if node_version is None else node_version,
            epoch=self.epoch if epoch is None else epoch,
        )

    def certified(self, serial: str, expire_time: datetime) -> Provider:
        """With its newest certificate."""
        return replace(self, certificate_serial=serial, certificate_expire_time=expire_time)

    def _since(self, changed: Provider, now: datetime) -> Provider:
        return changed if changed.state is self.state else replace(changed, state_time=now)


def new_provider(name: str, display_name: str, country: str, organisation: str, now: datetime) -> Provider:
    """A registered provider whose node has never connected. Raises InvalidInput naming all that is wrong."""
    violations = []
    identifier = name.removeprefix(_COLLECTION)
    if not name.startswith(_COLLECTION) or not _ID.fullmatch(identifier):
        violations.append(
            FieldViolation("provider.name", "must be providers/{id}; id is 3 to 40 of a-z, 0-9 and hyphen between them")
        )
    if not 1 <= len(display_name) <= MAX_DISPLAY_NAME or not display_name.isprintable():
        violations.append(
            FieldViolation("provider.display_name", f"must have 1 to {MAX_DISPLAY_NAME} printable characters")
        )
    if not _COUNTRY.fullmatch(country):
        violations.append(FieldViolation("provider.country", "must be two capital letters (ISO 3166-1 alpha-2)"))
    if not 1 <= len(organisation) <= MAX_DISPLAY_NAME:
        violations.append(
            FieldViolation(
                "provider.organisation",
                f"must be the organisation claim of its stewards' tokens, 1 to {MAX_DISPLAY_NAME} characters",
            )
        )
    if violations:
        raise InvalidInput(violations)
    return Provider(ProviderId(identifier), display_name, country, organisation, now, now)


def resource_name(provider: ProviderId) -> str:
    """`providers/{id}`."""
    return _COLLECTION + provider


def provider_id(name: str, field: str) -> ProviderId:
    """The id in a resource name. Raises InvalidInput naming the field."""
    identifier = name.removeprefix(_COLLECTION)
    if not name.startswith(_COLLECTION) or not _ID.fullmatch(identifier):
        raise InvalidInput.of(field, "must be providers/{id}")
    return ProviderId(identifier)


def _whom(off: frozenset[Switch]) -> str:
    if Switch.HUB in off:
        return "by the hub's operator, who alone can switch it on again"
    if Switch.STEWARD in off:
        return "by its steward, who can switch it on again"
    return "at its node; `oncordia-node enable` there switches it on again"
