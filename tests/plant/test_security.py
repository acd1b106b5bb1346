"""The hub as hw/plant/nats-server.conf sets it up: TLS, and each station under its own subject alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from station.errors import InputError, ServiceError
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.plant.collector import Collector
from station.plant.database import PlantDatabase
from station.plant.facts import HubFacts, PlantFacts, RelayFacts
from station.plant.hub import connected
from station.plant.relay import Relay
from tests.genealogy.builders import NOW

from .peers import NATS, Hub, until
from .test_intake import count, feed, fill
from .test_relay import running

EXAMPLE = Path(__file__).parents[2] / "hw" / "plant" / "nats-server.conf"
pytestmark = pytest.mark.skipif(NATS is None, reason="needs nats-server (Debian: apt install nats-server)")


def certificate(folder: Path) -> None:
    """A certificate for this machine, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "hub.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "hub.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def secret(folder: Path, word: str) -> str:
    path = folder / f"{word}.password"
    path.write_text(f"{word}\n")
    path.chmod(0o600)
    return path.name


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Hub]:
    """The example's hub: its own settings but for folders and port."""
    certificate(tmp_path)
    text = EXAMPLE.read_text().replace("/etc/nats/", f"{tmp_path}/").replace("/var/lib/nats", f"{tmp_path}/js")
    hub = Hub(tmp_path / "closed")
    hub.settings = text.replace("0.0.0.0:4222", f"127.0.0.1:{hub.port}")
    hub.start()
    yield hub
    hub.kill()


def reach(hub: Hub) -> str:
    return f"tls://localhost:{hub.port}"


def test_stations_and_plant_over_tls(closed: Hub, plant: PlantDatabase, genealogy: Genealogy, tmp_path: Path) -> None:
    fill(genealogy, 3)
    (genealogy.home.path / "hub.crt").write_bytes((tmp_path / "hub.crt").read_bytes())
    (plant.home.path / "hub.crt").write_bytes((tmp_path / "hub.crt").read_bytes())
    mine = {"ca_file": "hub.crt", "servers": (reach(closed),)}
    stop = threading.Event()
    relay = Relay(
        genealogy,
        RelayFacts(
            **mine,  # type: ignore[arg-type]
            user="cell-1",
            password_file=secret(genealogy.home.path, "change-me-1"),
            look_s=0.1,
            ask_s=0.3,
        ),
        station="cell-1",
        stop=stop,
        clock=lambda: NOW,
    )
    facts = HubFacts(**mine, user="plant", password_file=secret(plant.home.path, "change-me-plant"))  # type: ignore[arg-type]
    with running(relay, Collector(plant, PlantFacts(hub=facts), stop=stop, clock=lambda: NOW), stop=stop):
        until(lambda: relay.state.arrived == 6)
    assert count(plant, feed) == 6


def test_a_station_speaks_for_itself_alone(closed: Hub, tmp_path: Path) -> None:
    facts = HubFacts((reach(closed),), "cell-1", secret(tmp_path, "change-me-1"), "hub.crt")

    async def complaints() -> list[str]:
        async with connected(facts, tmp_path, name="test", inbox="cell-1") as hub:
            for subject in ("station.cell-2.entries", "$JS.API.STREAM.PURGE.STATIONS", "station.cell-2.head"):
                await hub.client.publish(subject, b"")
            for subject in ("station.>", "_INBOX_cell-2.>", "$JS.>"):
                await hub.client.subscribe(subject)
            await hub.client.flush()
            for _ in range(100):  # nats-py hands them on by and by
                if len(hub.complaints) == 6:
                    break
                await asyncio.sleep(0.05)
            with pytest.raises(ServiceError, match=r"(?i)permissions violation"):
                hub.check()
            return list(hub.complaints)

    found = asyncio.run(complaints())
    assert len(found) == 6, found


def test_a_station_under_a_name_that_is_not_its_own(closed: Hub, genealogy: Genealogy, tmp_path: Path) -> None:
    fill(genealogy, 1)
    (genealogy.home.path / "hub.crt").write_bytes((tmp_path / "hub.crt").read_bytes())
    facts = RelayFacts(
        (reach(closed),), "cell-1", secret(genealogy.home.path, "change-me-1"), "hub.crt", station="cell-2", ask_s=0.2
    )
    stop = threading.Event()
    relay = Relay(genealogy, facts, station="cell-1", stop=stop, clock=lambda: NOW)
    with running(relay, stop=stop):
        until(lambda: "permissions violation" in relay.state.trouble.lower())


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (HubFacts(("tls://localhost:PORT",), ca_file="hub.crt"), "does not know this user"),
        (HubFacts(("tls://localhost:PORT",)), "certificate is not accepted"),
        (HubFacts(("tls://127.0.0.1:PORT",), ca_file="hub.crt"), "certificate is not accepted"),
    ],
)
def test_turned_away(closed: Hub, tmp_path: Path, facts: HubFacts, words: str) -> None:
    real = HubFacts(tuple(one.replace("PORT", str(closed.port)) for one in facts.servers), ca_file=facts.ca_file)
    with pytest.raises(ServiceError, match=words):
        asyncio.run(_connect(real, tmp_path))


def test_a_password_is_not_told_to_a_hub_without_tls(hub: Hub, tmp_path: Path) -> None:
    certificate(tmp_path)
    facts = HubFacts((f"tls://localhost:{hub.port}",), "cell-1", secret(tmp_path, "change-me-1"), "hub.crt")
    with pytest.raises(ServiceError, match="does not offer TLS"):
        asyncio.run(_connect(facts, tmp_path))


async def _connect(facts: HubFacts, folder: Path) -> None:
    async with connected(facts, folder, name="test", inbox="test"):
        pass


def test_a_password_that_everybody_may_read(tmp_path: Path) -> None:
    home = StationHome(tmp_path / "home")
    home.prepare()
    path = home.path / secret(home.path, "change-me-1")
    path.chmod(0o644)
    facts = HubFacts(("nats://127.0.0.1:1",), "cell-1", path.name)
    with pytest.raises(InputError, match="everybody on this computer"):
        asyncio.run(_connect(facts, home.path))
