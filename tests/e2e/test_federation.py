"""The stack that `make up` starts, used through the `oncordia` command as people use it."""

from pathlib import Path

import pytest

from tests.e2e.expected_edges import EXPECTED, assert_edge
from tests.e2e.people import Person, until_told

QUERY = 'modality = "MR" AND under(body_part, "CHEST")'


def test_a_query_is_answered_by_all_traced_along_every_edge_and_proved(profile: Path) -> None:
    researcher, auditor = Person(profile, "researcher"), Person(profile, "auditor")
    query = researcher.json("query", "run", QUERY)
    assert [a["state"] for a in query["answers"]] == ["ANSWER_STATE_ANSWERED"] * 8
    assert query["totals"]["totals"][0]["providers"] <= 8

    # Shown first, as that waits until the trace is whole.
    researcher.run("trace", "show", query["trace_id"])
    spans = researcher.json("trace", "show", query["trace_id"])["spans"]
    asked = {a["provider"].removeprefix("providers/") for a in query["answers"]}
    for edge in EXPECTED:
        assert_edge(edge, spans, asked)
    countries = {a["provider"].removeprefix("providers/"): a["country"] for a in query["answers"]}
    for span in spans:
        if span["service"].startswith("node/"):
            assert span["country"] == countries[span["service"].removeprefix("node/")]

    entries = auditor.json("audit", "search", "--resource", query["name"])["entries"]
    kinds = [entry["type"].rpartition(".")[2] for entry in entries]
    assert kinds.count("CohortQueryCreated") == 1
    assert kinds.count("CohortQueryAnswerRecorded") == 8
    assert kinds.count("CohortQueryCompleted") == 1
    assert "PROVED" in auditor.run("audit", "prove", entries[-1]["name"])


def test_the_same_question_gets_the_same_answers_however_it_is_spelled(profile: Path) -> None:
    researcher = Person(profile, "researcher")
    first = researcher.json("query", "run", 'sex = "F" AND modality = "CT"')
    again = researcher.json("query", "run", 'modality = "ct" AND (sex = female)')
    assert all(answer["stored"] for answer in again["answers"])
    assert [answer["counts"] for answer in first["answers"]] == [answer["counts"] for answer in again["answers"]]


def test_a_mistake_in_a_filter_is_shown_where_it_is(profile: Path) -> None:
    message = Person(profile, "researcher").run("query", "run", "modalty = MR", ok=False)
    assert "cohort_query.filter" in message
    assert "modality" in message


def test_a_query_of_somebody_else_is_not_found(profile: Path) -> None:
    query = Person(profile, "researcher-1").json("query", "run", 'modality = "PT"')
    assert "NOT_FOUND" in Person(profile, "researcher-2").run("query", "show", query["name"], ok=False)
    assert "NOT_FOUND" in Person(profile, "researcher-2").run("trace", "show", query["trace_id"], ok=False)


def test_every_nodes_own_log_tells_what_the_hubs_log_tells(profile: Path) -> None:
    auditor = Person(profile, "auditor")
    query = Person(profile, "researcher").json("query", "run", 'modality = "MR"')
    until_told(auditor, query["name"], "The node of providers/", 8)
    logs = [path for path in profile.parent.glob("nodes/*/log/*") if path.is_dir()]
    assert len(logs) == 8
    for found in auditor.json("audit", "reconcile", *map(str, logs))["node_logs"]:
        assert found["both"] >= 3
        assert (found["missing"], found["unknown"], found["differing"], found["doubled"]) == ([], [], [], [])


def test_an_auditor_reads_a_querys_story_keeps_evidence_and_verifies_the_whole_log(
    profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    researcher, auditor = Person(profile, "researcher"), Person(profile, "auditor")
    query = researcher.json("query", "run", QUERY, "--purpose", "a test")
    told = until_told(auditor, query["name"], "The node of providers/", 8)
    asked = "asked 8 providers for a test: "
    assert sum(asked in sentence for sentence in told["story"]) == 1
    for answer in query["answers"]:
        assert sum(f"{answer['display_name']}, {answer['country']}, answered" in s for s in told["story"]) == 1
    assert "8 answered" in " ".join(told["story"])

    evidence = tmp_path / "evidence.tlog-proof"
    auditor.run("audit", "prove", str(told["entries"][0]), "--out", str(evidence))
    assert "PROVED: entry" in auditor.run("audit", "check", str(evidence))

    first = auditor.json("audit", "verify")
    assert first["size"] > max(told["entries"])
    assert first["wrong"] == []
    assert auditor.json("audit", "verify")["continues"] == [first["size"]]
    assert "are not yours to read" in researcher.run("audit", "story", query["name"], ok=False)
