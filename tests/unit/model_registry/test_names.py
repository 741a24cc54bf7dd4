"""Names of models and versions."""

import pytest
import semver
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidInput
from model_registry.domain.names import is_version, model_of, new_model_name, new_version_name, version_name

VERSIONS = st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(-[0-9A-Za-z.-]{0,8})?", fullmatch=True)


@given(VERSIONS)
def test_versions_are_those_of_semver(text: str) -> None:
    assert is_version(text) == semver.Version.is_valid(text)


@given(st.text(max_size=20))
def test_a_version_name_leads_back_to_its_model(text: str) -> None:
    model = new_model_name("nodule-finder")
    try:
        name = new_version_name(model, text)
    except InvalidInput as error:
        assert error.violations[0].field == "version"  # noqa: PT017
        return
    assert model_of(name) == model
    assert version_name(name, "name") == name


@pytest.mark.parametrize("text", ["", "Nodule", "ab", "1st", "a" * 64, "a/b", "a.b"])
def test_an_id_that_cannot_be_is_refused_by_its_field(text: str) -> None:
    with pytest.raises(InvalidInput, match="model_id"):
        new_model_name(text)
