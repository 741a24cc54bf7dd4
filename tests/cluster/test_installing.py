"""One evaluation hub and two nodes, from install to uninstall. The tests are steps: each goes on where one ended."""

import json
import sys
from typing import Any

import pytest
import yaml

from stack.demo.deal import deal, package
from stack.demo.providers import CollectionId, DemoProvider, ProviderCode, load_providers
from tests.cluster.cluster import HUB_CHART, NODE_CHART, REPOSITORY, Namespace, helm, run, say, until

HUB = "hub"
KEYS = "oncordia-keys"
EVALUATION = ("--set=evaluation.enabled=true", "--set=tests.providers=2")
# Small real collections, which as Parquet fit into a ConfigMap (1 MiB).
SHARES = {"demo-ghent": ("BE", "mediastinal_lymph_node_seg"), "demo-lyon": ("FR", "vestibular_schwannoma_seg")}
MAPPING = REPOSITORY / "services" / "stack" / "demo" / "mapping.yaml"
# What `helm uninstall` leaves, as the charts' READMEs say: what is lost for ever when it is deleted.
CLAIMS = {
    "persistentvolumeclaim/data-hub-audit-log-0",
    "persistentvolumeclaim/data-hub-kafka-0",
    "persistentvolumeclaim/data-hub-postgres-0",
    *(f"persistentvolumeclaim/data-{node}-0" for node in SHARES),
}
KINDS = (
    "pods,services,deployments,statefulsets,replicasets,jobs,configmaps,secrets,networkpolicies,"
    "persistentvolumeclaims,poddisruptionbudgets,serviceaccounts,roles,rolebindings"
)
MADE_BY_KUBERNETES = {"configmap/kube-root-ca.crt", "serviceaccount/default"}

pytestmark = pytest.mark.usefixtures("namespace")


@pytest.fixture(scope="module")
def given(namespace: Namespace, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What an operator and the providers' staff have before they install: names of keys, invitations and data."""
    folder = tmp_path_factory.mktemp("data")
    rules = load_providers()[0].rules
    shares = tuple(
        DemoProvider(ProviderCode(node), node, country, rules, (CollectionId(collection),))
        for node, (country, collection) in SHARES.items()
    )
    deal(package(), shares, lambda code: folder / code / "series.parquet")
    for node in SHARES:
        namespace.kubectl("create", "configmap", f"{node}-data", f"--from-file={folder / node / 'series.parquet'}")
    names = {f"configmap/{node}-data" for node in SHARES}
    names |= {f"secret/{node}-invitation" for node in SHARES}
    return names | {f"secret/{KEYS}-{group}" for group in ("handles", "ca", "log")}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The manifests of `oncordia admin keys init`, by name of the Secret."""
    folder = tmp_path_factory.mktemp("keys")
    manifest = run(sys.executable, "-m", "cli", "admin", "keys", "init", str(folder), "--manifest", KEYS)
    return {secret["metadata"]["name"]: yaml.safe_dump(secret) for secret in yaml.safe_load_all(manifest)}


@pytest.fixture(scope="module")
def memory() -> dict[str, Any]:
    """What later steps compare with."""
    return {}


def providers(namespace: Namespace) -> dict[str, Any]:
    listed = json.loads(namespace.oncordia(HUB, "provider", "list", "--json", who="operator"))["providers"]
    kept = ("state", "country", "certificate_serial", "epoch")
    return {provider["name"]: {name: provider[name] for name in kept} for provider in listed}


def query(namespace: Namespace, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(namespace.oncordia(HUB, "query", "show", name, "--json", who="researcher"))
    return found


def tree_size(namespace: Namespace) -> int:
    """Entries in the audit log, from its checkpoint (c2sp.org/tlog-checkpoint: the second line)."""
    return int(namespace.oncordia(HUB, "audit", "checkpoint", who="auditor").splitlines()[1])


def test_a_service_whose_key_is_missing_does_not_start_and_names_it(namespace: Namespace, keys: dict[str, str]) -> None:
    for name, manifest in keys.items():
        if name != f"{KEYS}-ca":
            namespace.apply(manifest)
    say("installing the hub without its certificate authority's key")
    namespace.install(HUB, HUB_CHART, *EVALUATION)

    def named() -> bool:
        return "the key ca.key is not in /keys" in namespace.logs(f"deploy/{HUB}-federation", "federation")

    until("federation's complaint", named, lambda: namespace.kubectl("get", "pods,events"))
    assert "`oncordia admin keys init` makes the keys" in namespace.logs(f"deploy/{HUB}-federation", "federation")


def test_the_hub_is_ready_once_its_keys_are_there(namespace: Namespace, keys: dict[str, str]) -> None:
    namespace.apply(keys[f"{KEYS}-ca"])
    # Not to wait out the kubelet's back-off.
    namespace.kubectl(
        "delete", "pod", f"--selector=app.kubernetes.io/component=federation,app.kubernetes.io/instance={HUB}"
    )
    say("waiting for the hub")
    namespace.ready(HUB)


def test_nodes_join_by_invitation(namespace: Namespace, given: set[str]) -> None:
    mapping = json.dumps(yaml.safe_load(MAPPING.read_text()))
    for node, (country, _) in SHARES.items():
        say(f"{node}: inviting and installing")
        created = ("provider", "create", node, "--name", f"{node} (invented)", "--country", country)
        namespace.oncordia(HUB, *created, who="operator")
        invitation = json.loads(namespace.oncordia(HUB, "provider", "invite", node, "--json", who="operator"))
        namespace.kubectl(
            "create", "secret", "generic", f"{node}-invitation", f"--from-literal=token={invitation['token']}"
        )
        namespace.install(
            node,
            NODE_CHART,
            f"--set=hub.enrolmentAddress={invitation['enrolment_address']}",
            f"--set=hub.caFingerprint={invitation['ca_fingerprint']}",
            f"--set=hub.invitationSecret={node}-invitation",
            f"--set=source.configMap={node}-data",
            f"--set-json=mapping={mapping}",
        )
    for node in SHARES:
        # Ready means connected: a node's probe asks its link.
        namespace.ready(node)
    assert {p["state"] for p in providers(namespace).values()} == {"PROVIDER_STATE_LIVE"}
    assert {p["country"] for p in providers(namespace).values()} == {"BE", "FR"}


def test_a_query_is_answered_traced_and_proved(namespace: Namespace, memory: dict[str, Any]) -> None:
    helm_test(namespace)
    listed = json.loads(namespace.oncordia(HUB, "query", "list", "--json", who="researcher"))["cohort_queries"]
    memory["query"] = query(namespace, listed[0]["name"])
    assert len(memory["query"]["answers"]) == len(SHARES)
    memory["providers"] = providers(namespace)
    memory["size"] = tree_size(namespace)
    assert memory["size"] > 0


def test_an_upgrade_keeps_what_is_known(namespace: Namespace, memory: dict[str, Any]) -> None:
    passwords = namespace.get("secret", f"{HUB}-evaluation")[0]["data"]
    say("upgrading the hub: hook jobs, then every pod anew")
    namespace.install(HUB, HUB_CHART, *EVALUATION, "--set=podAnnotations.upgraded=yes")
    namespace.ready(HUB)
    say("upgrading the nodes")
    for node in SHARES:
        namespace.install(node, NODE_CHART, "--reuse-values", "--set=podAnnotations.upgraded=yes")
    for node in SHARES:
        namespace.ready(node)
    assert namespace.get("secret", f"{HUB}-evaluation")[0]["data"] == passwords
    assert providers(namespace) == memory["providers"]
    assert query(namespace, memory["query"]["name"]) == memory["query"]
    assert tree_size(namespace) >= memory["size"]
    helm_test(namespace)


def test_an_uninstall_leaves_volumes_keys_and_what_was_given(namespace: Namespace, given: set[str]) -> None:
    for release in (*SHARES, HUB):
        say(f"uninstalling {release}")
        helm("uninstall", release, f"--namespace={namespace.name}", "--wait")
    until("the end of all pods", lambda: not namespace.names("pods"), lambda: namespace.kubectl("get", "pods"))
    assert namespace.names(KINDS) - MADE_BY_KUBERNETES == CLAIMS | given


def helm_test(namespace: Namespace) -> None:
    """Runs `helm test`; what the pod said is shown if it failed, for then the pod stays."""
    say("helm test")
    try:
        helm("test", HUB, f"--namespace={namespace.name}", "--timeout=15m")
    except AssertionError:
        say(namespace.logs(f"{HUB}-test", "check"))
        raise
