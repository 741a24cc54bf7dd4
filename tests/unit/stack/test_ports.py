import socket
from pathlib import Path

import pytest

from stack.errors import PortInUseError
from stack.ports import LOOPBACK, Ports, first_ephemeral_port, is_free


def test_every_name_has_a_port_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    memory = tmp_path / "ports.json"
    first = Ports(memory)
    given = {name: first.port(name) for name in ("a", "b", "c")}
    assert len(set(given.values())) == 3
    second = Ports(memory)
    assert {name: second.port(name) for name in given} == given


def test_ports_are_below_those_of_outgoing_connections() -> None:
    assert Ports().port("a") < first_ephemeral_port()


def test_a_port_taken_meanwhile_is_exchanged_unless_it_must_last(tmp_path: Path) -> None:
    memory = tmp_path / "ports.json"
    port = Ports(memory).port("issuer")
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)
        with pytest.raises(PortInUseError, match=f"Port {port} of issuer is in use"):
            Ports(memory).port("issuer", fixed=True)
        assert Ports(memory).port("issuer") != port


def test_a_port_that_the_user_asked_for_is_named_when_it_is_taken() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(PortInUseError, match=rf"{taken} of kafka .*`--port kafka=NUMBER"):
            Ports(wanted={"kafka": taken}).port("kafka")
