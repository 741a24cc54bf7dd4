"""What `helm test` does: a cohort query by the `oncordia` command, its answers, its trace and its audit proof.

`check.py PROVIDERS`: how many providers must be connected and answer.
"""

import json
import subprocess
import sys
import time

QUERY = 'modality = "MR" OR modality = "CT"'
HUB_SERVICES = {"query_broker", "federation", "insights"}
DEADLINE_SECONDS = 180


def oncordia(*words):
    """What the command prints. Ends the check with the command's own words if it fails."""
    ran = subprocess.run(["oncordia", *words], capture_output=True, text=True, timeout=120)
    if ran.returncode != 0:
        sys.exit(f"FAILED: oncordia {' '.join(words)}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def asked(*words):
    return json.loads(oncordia(*words, "--json"))


def check(holds, what, found=""):
    if not holds:
        sys.exit(f"FAILED: {what}: {found}")
    print(f"ok: {what}", flush=True)


def until(read, holds):
    """The first reading that holds, or the last before the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds(found := read()) and time.monotonic() < deadline:
        time.sleep(1)
    return found


def live_providers():
    providers = asked("provider", "list").get("providers", [])
    return {p["name"].removeprefix("providers/") for p in providers if p["state"] == "PROVIDER_STATE_LIVE"}


def services_of(trace):
    return {span["service"] for span in asked("trace", "show", trace)["spans"]}


def main(wanted):
    oncordia("login", "--as", "operator")
    live = until(live_providers, lambda found: len(found) >= wanted)
    check(len(live) >= wanted, f"{wanted} providers are connected", sorted(live))

    oncordia("login", "--as", "researcher")
    query = asked("query", "run", QUERY)
    answered = {a["provider"].removeprefix("providers/") for a in query["answers"] if a.get("counts")}
    check(live <= answered, "every connected provider answered with protected counts", query["answers"])
    protected = [count["protection"]["epsilon"] > 0 for a in query["answers"] for count in a.get("counts", [])]
    check(all(protected), "every count was protected by noise", query["answers"])

    expected = HUB_SERVICES | {f"node/{provider}" for provider in live}
    services = until(lambda: services_of(query["trace_id"]), lambda found: expected <= found)
    check(expected <= services, f"the trace shows {', '.join(sorted(expected))}", sorted(services))

    oncordia("login", "--as", "auditor")

    def entries():
        return asked("audit", "search", "--resource", query["name"]).get("entries", [])

    found = until(entries, lambda e: len(e) >= len(live) + 2)
    kinds = [entry["type"].rpartition(".")[2] for entry in found]
    check("CohortQueryCreated" in kinds and "CohortQueryCompleted" in kinds, "the audit log has the query", kinds)
    check(kinds.count("CohortQueryAnswerRecorded") >= len(live), "the audit log has every answer", kinds)
    sentence = oncordia("audit", "prove", found[-1]["name"]).strip()
    check("PROVED" in sentence, sentence, sentence)


if __name__ == "__main__":
    main(int(sys.argv[1]))
