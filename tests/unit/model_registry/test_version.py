"""Versions: their stages, and when others see them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import FailedPrecondition
from model_registry.domain.access import Viewer
from model_registry.domain.card import ModelCard
from model_registry.domain.model import About, Model, Task
from model_registry.domain.names import ModelName, VersionName
from model_registry.domain.stage import Stage, following
from model_registry.domain.version import Artefact, ModelVersion, moved, registered

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STAGES = st.sampled_from(Stage)


def new() -> ModelVersion:
    card = ModelCard("use", "data", "limits", "Apache-2.0", "org")
    return registered(VersionName("models/m/versions/1.0.0"), Artefact("a" * 64, "https://example.org/m"), card, NOW)


def walked(wishes: list[Stage]) -> list[ModelVersion]:
    """The version after each wish that was granted."""
    path = [new()]
    for wish in wishes:
        try:
            path.append(moved(path[-1], wish, "", NOW))
        except FailedPrecondition:
            assert wish not in following(path[-1].stage)
    return path


@given(st.lists(STAGES, max_size=12))
def test_no_way_leads_back_to_development_or_out_of_the_archive(wishes: list[Stage]) -> None:
    stages = [version.stage for version in walked(wishes)]
    first_other = next((i for i, s in enumerate(stages) if s is not Stage.DEVELOPMENT), len(stages))
    assert Stage.DEVELOPMENT not in stages[first_other:]
    if Stage.ARCHIVED in stages:
        assert set(stages[stages.index(Stage.ARCHIVED) :]) == {Stage.ARCHIVED}


@given(st.lists(STAGES, max_size=12))
def test_a_version_comes_into_service_only_by_validation_and_pilot(wishes: list[Stage]) -> None:
    stages = [version.stage for version in walked(wishes)]
    if Stage.IN_SERVICE in stages:
        before = stages[: stages.index(Stage.IN_SERVICE)]
        assert Stage.VALIDATION in before
        assert Stage.PILOT in before


@given(st.lists(STAGES, max_size=12))
def test_nothing_but_the_stage_ever_changes_and_what_was_published_stays_so(wishes: list[Stage]) -> None:
    path = walked(wishes)
    assert {(v.name, v.artefact, v.card, v.create_time) for v in path} == {
        (path[0].name, path[0].artefact, path[0].card, path[0].create_time)
    }
    shown = [v.published for v in path]
    assert shown == sorted(shown)
    assert path[-1].published == any(v.stage not in (Stage.DEVELOPMENT, Stage.ARCHIVED) for v in path)


def test_a_move_based_on_an_older_state_is_refused() -> None:
    version = new()
    later = moved(version, Stage.VALIDATION, version.etag, NOW)
    with pytest.raises(FailedPrecondition, match="has changed"):
        moved(later, Stage.PILOT, version.etag, NOW)


def test_what_is_in_development_is_seen_by_its_organisation_and_by_who_sees_all() -> None:
    model = Model(ModelName("models/m"), "org", About("M", "", Task.OTHER), False, NOW, NOW)
    version = new()
    seen = {v: v.sees_version(model, version) for v in (Viewer("org", False), Viewer("x", False), Viewer("x", True))}
    assert list(seen.values()) == [True, False, True]
    # A token without an organisation owns nothing, not even what has none.
    assert not Viewer("", False).sees(replace(model, organisation=""))
