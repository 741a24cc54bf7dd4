from pathlib import Path

from stack.home import Home
from stack.ports import Ports
from stack.postgres import Postgres
from stack.services import HUB, Deployment, NodeProcess


def deployment(tmp_path: Path) -> Deployment:
    home = Home(tmp_path)
    postgres = Postgres(home.postgres, 5, home.passwords)
    postgres.make_passwords()
    return Deployment(home, Ports(home.ports), "127.0.0.1:6", postgres)


def test_every_process_is_told_where_the_shared_things_are(tmp_path: Path) -> None:
    here = deployment(tmp_path)
    for spec in here.hub():
        assert spec.env["ONCORDIA_KAFKA_BOOTSTRAP"] == "127.0.0.1:6"
        assert spec.env["ONCORDIA_OIDC_ISSUER"] == here.issuer_url
        assert spec.env["ONCORDIA_DATA_DIR"] == str(tmp_path / "data" / spec.name)


def test_every_service_has_the_database_role_of_its_name_and_no_other_password(tmp_path: Path) -> None:
    here = deployment(tmp_path)
    specs = {spec.name: spec for spec in here.hub()}
    passwords = here.postgres.passwords()
    for name, spec in specs.items():
        url = spec.env.get("ONCORDIA_DATABASE_URL", "")
        known = [role for role, password in passwords.items() if password in url]
        assert known == ([] if name == "issuer" else [name.removesuffix("-worker")])


def test_no_two_processes_listen_at_one_address(tmp_path: Path) -> None:
    here = deployment(tmp_path)
    listens = [value for spec in here.hub() for name, value in spec.env.items() if name.endswith("_LISTEN")]
    assert len(listens) == len(set(listens))


def test_the_addresses_stay_over_a_restart(tmp_path: Path) -> None:
    assert deployment(tmp_path).endpoints() == deployment(tmp_path).endpoints()


def test_endpoints_name_every_listening_service(tmp_path: Path) -> None:
    endpoints = deployment(tmp_path).endpoints()
    assert {str(row.name) for row in HUB if row.listens} <= set(endpoints)
    assert endpoints["issuer"].startswith("http://127.0.0.1:")
    assert "federation.border" in endpoints


def test_a_node_has_a_directory_of_its_own_and_no_way_to_kafka_or_postgres(tmp_path: Path) -> None:
    spec = deployment(tmp_path).node(NodeProcess("demo-lyon", "FR"))
    assert spec.env["ONCORDIA_DATA_DIR"] == str(tmp_path / "nodes" / "demo-lyon")
    assert not {"ONCORDIA_KAFKA_BOOTSTRAP", "ONCORDIA_DATABASE_URL", "ONCORDIA_KEYS_DIR"} & set(spec.env)
