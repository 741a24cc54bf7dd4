"""The provider's disclosure rules, from a YAML file."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from cohort.errors import did_you_mean
from node.domain.errors import PolicyError
from node.domain.policy import ProviderPolicy
from node.domain.rules import AnswerRules


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)

    epsilon_per_count: Decimal = AnswerRules().epsilon_per_count
    minimum_count: int = AnswerRules().minimum_count
    rounding: int = AnswerRules().rounding
    max_studies: int = AnswerRules().max_studies
    max_series: int = AnswerRules().max_series
    site_budget: Decimal = ProviderPolicy().site_budget
    organisation_budget: Decimal | None = None
    epoch_threshold: int = ProviderPolicy().epoch_threshold
    published_totals_rounded_to: int = ProviderPolicy().published_totals_rounded_to


def read_policy(path: Path) -> ProviderPolicy:
    """The rules of a file; what it leaves out, or a file that isn't there, means the defaults.

    Raises PolicyError naming the file and the field.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        file = _File.model_validate(content)
        return ProviderPolicy(
            AnswerRules(file.epsilon_per_count, file.minimum_count, file.rounding, file.max_studies, file.max_series),
            file.site_budget,
            file.organisation_budget,
            file.epoch_threshold,
            file.published_totals_rounded_to,
        )
    except FileNotFoundError:
        return ProviderPolicy()
    except ValidationError as error:
        raise PolicyError(f"{path}: {_explained(error)}") from error
    except PolicyError as error:
        raise PolicyError(f"{path}: {error}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyError(f"{path}: can't be read as YAML ({type(error).__name__})") from error


def _explained(error: ValidationError) -> str:
    sentences = []
    for problem in error.errors(include_url=False, include_input=False):
        field = ".".join(map(str, problem["loc"])) or "the file"
        hint = did_you_mean(field, _File.model_fields) if problem["type"] == "extra_forbidden" else ""
        sentences.append(f"{field}: {problem['msg']}.{hint}")
    return " ".join(sentences)
