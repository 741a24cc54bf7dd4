"""Every method says who may call it."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor import MethodDescriptor

from kit.rpc.access import rule_of, rules
from tests.methods import METHODS


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_is_public_or_names_its_roles(method: MethodDescriptor) -> None:
    path = f"/{method.containing_service.full_name}/{method.name}"
    rule = rule_of(path, rules([method.containing_service]))
    assert rule.public != bool(rule.roles)


def test_a_method_without_a_rule_is_closed_to_everybody() -> None:
    rule = rule_of("/oncordia.query.v1.QueryBrokerService/NoSuchMethod", {})
    assert (rule.public, rule.roles) == (False, frozenset())
