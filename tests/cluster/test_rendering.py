"""What the charts make of values: rendered by helm, checked by the cluster's own API server."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.cluster import HUB_CHART, NODE_CHART, REPOSITORY, Namespace, helm

EXAMPLES = {
    "hub-evaluation": (HUB_CHART, HUB_CHART / "examples" / "evaluation.yaml"),
    "hub-production": (HUB_CHART, HUB_CHART / "examples" / "production.yaml"),
    "node": (NODE_CHART, NODE_CHART / "examples" / "node.yaml"),
}

Object = dict[str, Any]


def rendered(chart: Path, *words: str) -> list[Object]:
    text = helm("template", "example", str(chart), "--kube-version=1.34.0", *words)
    return [item for item in yaml.safe_load_all(text) if item]


@pytest.fixture(scope="module", params=EXAMPLES, ids=list(EXAMPLES))
def example(request: pytest.FixtureRequest) -> tuple[Path, Path, list[Object]]:
    chart, values = EXAMPLES[request.param]
    return chart, values, rendered(chart, f"--values={values}")


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    for item in objects:
        name = f"{item['kind']}/{item['metadata']['name']}"
        if item["kind"] == "Pod":
            yield name, item["spec"]
        elif "template" in item.get("spec", {}):
            yield name, item["spec"]["template"]["spec"]


def test_the_linter_finds_nothing(example: tuple[Path, Path, list[Object]]) -> None:
    chart, values, _ = example
    assert "0 chart(s) failed" in helm("lint", str(chart), f"--values={values}", "--kube-version=1.34.0", "--strict")


def test_the_api_server_takes_every_object_in_a_namespace_for_restricted_pods(
    namespace: Namespace, example: tuple[Path, Path, list[Object]]
) -> None:
    said = namespace.kubectl(
        "apply", "--dry-run=server", "--validate=strict", "--filename=-", stdin=yaml.safe_dump_all(example[2])
    )
    assert len(said.splitlines()) == len(example[2])


def test_no_pod_can_write_to_its_image_or_ask_the_cluster(example: tuple[Path, Path, list[Object]]) -> None:
    for name, spec in pods(example[2]):
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        for container in spec.get("initContainers", []) + spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name


@pytest.mark.parametrize("chart", [HUB_CHART, NODE_CHART], ids=["hub", "node"])
def test_a_chart_installs_the_images_of_its_own_release(chart: Path) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert yaml.safe_load((chart / "Chart.yaml").read_text())["appVersion"] == project["version"]


def test_a_service_is_given_no_keys_but_its_own() -> None:
    objects = rendered(HUB_CHART, f"--values={EXAMPLES['hub-production'][1]}")
    given = {
        name.removeprefix("Deployment/example-").removeprefix("StatefulSet/example-"): {
            source["secret"]["name"].removeprefix("oncordia-keys-")
            for volume in spec["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
        }
        for name, spec in pods(objects)
        if not name.startswith("Job/")
    }
    assert given.pop("federation") == {"handles", "ca"}
    assert given.pop("audit-log") == {"handles", "log"}
    assert given.pop("insights-worker") == set()
    assert set(given) == {"catalogue", "query-broker", "model-registry", "insights"}
    assert all(keys == {"handles"} for keys in given.values())


def test_spans_are_taken_from_the_hubs_own_pods_alone() -> None:
    objects = rendered(HUB_CHART, f"--values={EXAMPLES['hub-production'][1]}")
    policies = {o["metadata"]["name"]: o["spec"] for o in objects if o["kind"] == "NetworkPolicy"}
    own = {"app.kubernetes.io/name": "oncordia-hub", "app.kubernetes.io/instance": "example"}
    assert policies["example"]["ingress"] == []
    assert policies["example-otlp"]["ingress"] == [
        {"ports": [{"port": "otlp"}], "from": [{"podSelector": {"matchLabels": own}}]}
    ]
    assert [name for name, spec in policies.items() if '"otlp"' in json.dumps(spec)] == ["example-otlp"]


def test_a_node_takes_no_connections() -> None:
    objects = rendered(NODE_CHART, f"--values={EXAMPLES['node'][1]}")
    assert "Service" not in {item["kind"] for item in objects}
    (policy,) = [item["spec"] for item in objects if item["kind"] == "NetworkPolicy"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == []


def test_two_replicas_are_never_both_evicted() -> None:
    words = (f"--values={EXAMPLES['hub-production'][1]}", "--set=services.catalogue.replicas=1")
    budgets = {o["metadata"]["name"] for o in rendered(HUB_CHART, *words) if o["kind"] == "PodDisruptionBudget"}
    assert "example-query-broker" in budgets
    assert "example-catalogue" not in budgets


def test_only_the_audit_log_is_given_the_witness_policy_and_another_one_starts_it_anew(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    digests = set()
    for text in ("# nobody\nquorum none\n", "quorum none\n"):
        policy.write_text(text)
        objects = rendered(
            HUB_CHART, f"--values={EXAMPLES['hub-production'][1]}", f"--set-file=auditLog.witnessPolicy={policy}"
        )
        (found,) = [
            o for o in objects if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "example-witness-policy"
        ]
        assert found["data"] == {"policy": text}
        assert [name for name, spec in pods(objects) if "witness-policy" in json.dumps(spec)] == [
            "StatefulSet/example-audit-log"
        ]
        (log,) = [o for o in objects if o["kind"] == "StatefulSet"]
        digests.add(log["spec"]["template"]["metadata"]["annotations"]["checksum/witness-policy"])
        (container,) = log["spec"]["template"]["spec"]["containers"]
        assert {"name": "ONCORDIA_WITNESS_POLICY", "value": "/witness-policy/policy"} in container["env"]
    assert len(digests) == 2


REFUSED = {
    "nobody can sign in": ("hub-production", "oidc.issuer=", "oidc.issuer is empty"),
    "no database": ("hub-production", "database.existingSecret=", "database.existingSecret is empty"),
    "no Kafka": ("hub-production", "kafka.bootstrap=", "kafka.bootstrap is empty"),
    "nodes can't find the border": ("hub-production", "federation.borderAddress=", "federation.borderAddress is empty"),
    "a password for Kafka that is not used": ("hub-production", "kafka.securityProtocol=SSL", "use SASL_SSL"),
    "no password for Kafka": ("hub-production", "kafka.saslSecret=", "needs kafka.saslSecret"),
    "evaluation beside an identity provider": ("hub-production", "evaluation.enabled=true", "or turn it off"),
    "a second audit log": ("hub-production", "services.audit-log.replicas=2", "audit-log"),
    "a policy that says nothing": ("hub-production", "auditLog.witnessPolicy=group", "has no quorum line"),
    "a misspelt value": ("hub-production", "logLevels=info", "logLevels"),
    "no invitation": ("node", "hub.invitationSecret=", "hub.invitationSecret is empty"),
    "no data": ("node", "source.existingClaim=", "source is empty"),
    "two sources": ("node", "source.configMap=more", "choose one"),
    "a rule that isn't one": ("node", "policy.minimum=5", "minimum"),
}


@pytest.mark.parametrize(("example_name", "value", "words"), REFUSED.values(), ids=list(REFUSED))
def test_what_could_not_work_is_refused_with_the_way_out(example_name: str, value: str, words: str) -> None:
    chart, values = EXAMPLES[example_name]
    said = helm("template", "x", str(chart), "--kube-version=1.34.0", f"--values={values}", f"--set={value}", ok=False)
    assert words in said
