"""How long contents are kept."""

import importlib
import pkgutil
from datetime import UTC, datetime, timedelta

import pytest

import oncordia.events.v1
from audit_log.domain.retention import ACCESS_TYPES, Kind, Retention, kind_of
from kit.errors import InvalidInput

DAY = timedelta(days=1)
# Of data sets, models, providers and of the log itself; or of nobody known.
OTHER = {
    "ActorKeyDestroyed",
    "ActorYearEnded",
    "BodiesExpired",
    "CertificateIssued",
    "CertificateRevoked",
    "DataIngested",
    "DataSetCreated",
    "DataSetRetired",
    "DataSetUpdated",
    "DataSetsDescribed",
    "DescriptionTaken",
    "ErasureCarriedOut",
    "InvitationCreated",
    "LedgerAccepted",
    "ModelCreated",
    "ModelUpdated",
    "ModelVersionCreated",
    "ModelVersionStageChanged",
    "NodeEventRefused",
    "NodeLogBegun",
    "NodeSwitched",
    "ProviderCreated",
    "ProviderStateChanged",
    "SubjectErased",
    "UnknownCallsRefused",
    "WithdrawalsTaken",
}
# What travels over topics that are not audited.
NOT_AUDITED = {"Assignment", "EraseSubject", "IdentitySealed", "SealedIdentity", "TaskReported", "TasksRequested"}


def test_every_event_is_of_a_kind_that_somebody_chose() -> None:
    files = [module.name for module in pkgutil.iter_modules(oncordia.events.v1.__path__)]
    every = {
        name
        for file in files
        if file.endswith("_pb2")
        for name in importlib.import_module(f"oncordia.events.v1.{file}").DESCRIPTOR.message_types_by_name
    }
    access = {name.rpartition(".")[2] for name in ACCESS_TYPES}
    assert every == access | OTHER | NOT_AUDITED
    assert not access & OTHER


def test_a_type_that_is_not_known_yet_is_kept_like_everything_else() -> None:
    assert kind_of("oncordia.events.v1.SignedIn") is Kind.ACCESS
    assert kind_of("oncordia.events.v2.SignedIn") is Kind.OTHER


@pytest.mark.parametrize("kind", Kind)
def test_less_than_a_year_is_refused_with_the_article_that_forbids_it(kind: Kind) -> None:
    kept = dict.fromkeys(Kind, 366 * DAY)
    Retention(access=kept[Kind.ACCESS], other=kept[Kind.OTHER])
    kept[kind] -= DAY
    with pytest.raises(InvalidInput, match=r"73\(1\)\(e\).*got 365") as refused:
        Retention(access=kept[Kind.ACCESS], other=kept[Kind.OTHER])
    assert [v.field for v in refused.value.violations] == [f"ONCORDIA_RETENTION_{kind.upper()}_DAYS"]


def test_who_acted_in_a_year_is_known_until_the_last_access_record_of_it_is_over() -> None:
    retention = Retention(access=366 * DAY, other=4_000 * DAY)
    assert retention.year_ends(2026) == datetime(2028, 1, 2, tzinfo=UTC)
