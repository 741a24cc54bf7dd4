"""The cluster of KUBECONFIG, by kubectl and helm as an operator uses them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
HUB_CHART = REPOSITORY / "helm" / "oncordia-hub"
NODE_CHART = REPOSITORY / "helm" / "oncordia-node"
# A busy machine starts a dozen Python services on one core: no test here is about speed.
DEADLINE_SECONDS = 900


def run(*command: str, stdin: str | None = None, ok: bool = True) -> str:
    """What the command prints; with `ok=False` also what it says to stderr, and it must fail."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=1800, check=False)
    assert (done.returncode == 0) is ok, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout if ok else done.stdout + done.stderr


def images() -> list[str]:
    """Values that name the images of `make images`."""
    tag = ["--set", f"image.tag={os.environ['TAG']}"] if "TAG" in os.environ else []
    return ["--set", f"image.registry={os.environ.get('REGISTRY', 'localhost')}", *tag]


def helm(*words: str, ok: bool = True) -> str:
    return run("helm", *words, ok=ok)


def say(sentence: str) -> None:
    """Progress, for whoever waits."""
    print(f"\n  {time.strftime('%H:%M:%S')} {sentence}", flush=True)


def until(what: str, holds: Callable[[], bool], words: Callable[[], str] = lambda: "") -> None:
    """Waits for the condition; `words` tell more when it didn't come."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not come within {DEADLINE_SECONDS} s\n{words()}"
        time.sleep(1)


@dataclass(frozen=True)
class Namespace:
    """One namespace, and the releases in it."""

    name: str

    def kubectl(self, *words: str, stdin: str | None = None, ok: bool = True) -> str:
        return run("kubectl", "--namespace", self.name, *words, stdin=stdin, ok=ok)

    def get(self, *what: str) -> list[dict[str, Any]]:
        found = json.loads(self.kubectl("get", *what, "--output=json"))
        items: list[dict[str, Any]] = found.get("items", [found])
        return items

    def names(self, *what: str) -> set[str]:
        """As `kind/name`."""
        return set(self.kubectl("get", *what, "--output=name").split())

    def apply(self, manifest: str) -> None:
        self.kubectl("apply", "--filename=-", stdin=manifest)

    def install(self, release: str, chart: Path, *words: str) -> None:
        helm("upgrade", "--install", release, str(chart), f"--namespace={self.name}", *images(), *words)

    def ready(self, release: str) -> None:
        """Waits until all of a release is rolled out and no old pod is left."""

        def pods() -> list[dict[str, Any]]:
            return self.get("pods", f"--selector=app.kubernetes.io/instance={release}")

        def holds() -> bool:
            for kind in ("deployments", "statefulsets"):
                for item in self.get(kind, f"--selector=app.kubernetes.io/instance={release}"):
                    status, wanted = item["status"], item["spec"]["replicas"]
                    if (
                        status.get("observedGeneration") != item["metadata"]["generation"]
                        or status.get("replicas", 0) != wanted
                        or status.get("readyReplicas", 0) != wanted
                        or status.get("updatedReplicas", 0) != wanted
                    ):
                        return False
            return all("deletionTimestamp" not in pod["metadata"] for pod in pods())

        until(f"release {release}", holds, lambda: self.kubectl("get", "pods,events", "--output=wide"))

    def oncordia(self, release: str, *words: str, who: str) -> str:
        """What the `oncordia` command prints in the release's pod for it, to somebody signed in anew."""
        pod = ("exec", f"deploy/{release}-cli", "--", "oncordia")
        self.kubectl(*pod, "login", "--as", who)
        return self.kubectl(*pod, *words)

    def logs(self, pod: str, container: str) -> str:
        """All that a container says, of its last run if it is between two; nothing before its first."""
        for words in (["--previous"], []):
            command = ["kubectl", "--namespace", self.name, "logs", pod, f"--container={container}", *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return done.stdout
        return ""
