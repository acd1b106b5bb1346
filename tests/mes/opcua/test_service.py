"""The service around the server: what the plant says, the certificate, failures that are seen and tried again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from station.cycle.state import Board, Snapshot
from station.errors import InputError
from station.facts import facts_of
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.mes.opcua import service as services
from station.mes.opcua.certificate import server_certificate
from station.mes.opcua.facts import POLICIES, OpcUaFacts
from station.mes.opcua.service import OpcUaService

NOW = datetime.now(UTC)


def test_what_the_plant_says_is_read_from_a_table() -> None:
    facts = facts_of(OpcUaFacts, {"port": 4841, "policies": ["Aes256_Sha256_RsaPss"], "anonymous": True}, "opcua")
    assert (facts.port, facts.policies, facts.anonymous) == (4841, ("Aes256_Sha256_RsaPss",), True)
    plain = OpcUaFacts()
    assert (plain.policies, plain.anonymous, plain.unencrypted) == (POLICIES, False, False)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"port": 70000}, "70000 is not a port"),
        ({"policies": ["Basic128Rsa15"]}, "'Basic128Rsa15' is not one of"),
        ({"policies": []}, "nobody can connect"),
        ({"certificate": "a.der"}, "belong together"),
        ({"clients": 0}, "not a number of clients"),
        ({"polices": []}, "the key 'polices' is unknown"),
    ],
)
def test_what_cannot_be_meant_is_refused(table: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        facts_of(OpcUaFacts, table, "opcua")


def test_the_certificate_is_made_once_and_only_the_station_reads_its_key(tmp_path: Path) -> None:
    home = StationHome(tmp_path)
    first = server_certificate(home, OpcUaFacts(name="cell-3.plant"), "cell-3", NOW)
    made = x509.load_der_x509_certificate(first.certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["cell-3.plant"]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [first.application_uri]
    assert first.application_uri == "urn:cell-3.plant:station:cell-3"
    assert first.private_key.stat().st_mode & 0o777 == 0o600
    assert first.private_key.parent == home.keys / "opcua"
    before = first.certificate.read_bytes(), first.private_key.read_bytes()
    again = server_certificate(home, OpcUaFacts(name="another name"), "cell-4", NOW)
    assert (again.certificate.read_bytes(), again.private_key.read_bytes()) == before
    assert again.application_uri == first.application_uri, "clients know the station by it"


def test_an_old_certificate_is_warned_of_and_still_shown(tmp_path: Path) -> None:
    home = StationHome(tmp_path)
    assert server_certificate(home, OpcUaFacts(), "cell-3", NOW).warning == ""
    soon = server_certificate(home, OpcUaFacts(), "cell-3", NOW + timedelta(days=3640))
    assert "expires on" in soon.warning
    late = server_certificate(home, OpcUaFacts(), "cell-3", NOW + timedelta(days=3660))
    assert "expired on" in late.warning


def test_a_certificate_of_the_plant_must_be_readable(tmp_path: Path) -> None:
    (tmp_path / "c.der").write_bytes(b"nothing")
    facts = OpcUaFacts(certificate=str(tmp_path / "c.der"), private_key=str(tmp_path / "k.pem"))
    with pytest.raises(InputError, match="no certificate"):
        server_certificate(StationHome(tmp_path), facts, "cell-3", NOW)


def test_a_taken_port_is_said_once_and_tried_again_until_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(services, "LONGEST_WAIT_S", 0.2)
    stop, said = threading.Event(), list[str]()
    with Genealogy.open(StationHome(tmp_path)) as genealogy, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = OpcUaService(
            genealogy,
            Board(Snapshot()),
            OpcUaFacts(host="127.0.0.1", port=port, name="127.0.0.1"),
            lambda _user, _token: False,
            lambda: NOW,
            said=said.append,
        )
        thread = threading.Thread(target=service.run, args=(stop,))
        thread.start()
        try:
            until = time.monotonic() + 20
            while not service.failure and time.monotonic() < until:
                time.sleep(0.02)
            assert service.failure == f"The OPC UA server does not run: port {port} is taken by another program."
            assert service.endpoint == ""
            time.sleep(0.5)  # several attempts
            assert said == [service.failure]
            taken.close()
            assert service.listens.wait(30)
            assert (service.failure, service.endpoint) == ("", f"opc.tcp://127.0.0.1:{port}/station")
        finally:
            stop.set()
            thread.join(10)
    assert not thread.is_alive()
    assert service.endpoint == ""


def test_nothing_heavy_is_imported_until_it_serves() -> None:
    code = "import sys, station.mes.opcua.service; print([m for m in sys.modules if m.startswith('asyncua')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"
