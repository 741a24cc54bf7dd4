"""A namespace of its own on the cluster of KUBECONFIG, for restricted pods only."""

import secrets
from collections.abc import Iterator

import pytest

from tests.cluster.cluster import Namespace, run


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    name = f"oncordia-test-{secrets.token_hex(3)}"
    run("kubectl", "create", "namespace", name)
    run("kubectl", "label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    yield Namespace(name)
    run("kubectl", "delete", "namespace", name, "--wait=true")
