"""Who may call which method: read from the method's option in its proto. Without the option nobody may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf.descriptor import ServiceDescriptor

from kit.identity.caller import Role
from oncordia.type.v1 import access_pb2, role_pb2


@dataclass(frozen=True, slots=True)
class Rule:
    public: bool
    roles: frozenset[Role]


NOBODY = Rule(public=False, roles=frozenset())

# Health and reflection tell what is served, and nothing that anybody owns.
_OPEN_SERVICES = (
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
    "grpc.reflection.v1.ServerReflection",
)


def rules(services: Iterable[ServiceDescriptor]) -> dict[str, Rule]:
    """The rule of each method, by its path `/package.Service/Method`."""
    result: dict[str, Rule] = {}
    for service in services:
        for method in service.methods:
            result[f"/{service.full_name}/{method.name}"] = _rule(method.GetOptions().Extensions[access_pb2.access])
    return result


def rule_of(path: str, known: dict[str, Rule]) -> Rule:
    """The rule of a method; nobody may call what has none."""
    if path.split("/")[1] in _OPEN_SERVICES:
        return Rule(public=True, roles=frozenset())
    return known.get(path, NOBODY)


def _rule(option: access_pb2.Access) -> Rule:
    names = (role_pb2.Role.Name(role).removeprefix("ROLE_") for role in option.roles)
    return Rule(public=option.public, roles=frozenset(Role[name] for name in names))
