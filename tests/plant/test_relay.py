"""From a station's disk to the plant's database, through a real hub and a real PostgreSQL that come and go."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from station.genealogy.follow import position
from station.genealogy.home import StationHome
from station.genealogy.proof.checkpoints import Signer, sign_checkpoint
from station.genealogy.proof.keys import signing_key
from station.genealogy.schema import checkpoints
from station.genealogy.store import Genealogy
from station.plant.collector import Collector
from station.plant.database import PlantDatabase, schema_of
from station.plant.facts import HubFacts, PlantFacts, RelayFacts, StreamFacts
from station.plant.relay import FOLLOWER, Relay
from tests.genealogy.builders import NOW

from .peers import NATS, Hub, Server, until
from .test_intake import count, faults, feed, fill, refused

STREAM = StreamFacts(duplicates_s=2.0, deliver_again_s=2.0, most_gb=0.1)


def collector_of(plant: PlantDatabase, hub: Hub, stop: threading.Event, stream: StreamFacts = STREAM) -> Collector:
    return Collector(plant, PlantFacts(hub=HubFacts((hub.url,)), stream=stream), stop=stop, clock=lambda: NOW)


def relay_of(genealogy: Genealogy, hub: Hub, stop: threading.Event, **facts: str) -> Relay:
    known = RelayFacts(servers=(hub.url,), look_s=0.1, ask_s=0.3, longest_pause_s=1.0, **facts)  # type: ignore[arg-type]
    return Relay(genealogy, known, station="cell-3", stop=stop, clock=lambda: NOW)


@contextmanager
def running(*made: Relay | Collector, stop: threading.Event) -> Iterator[None]:
    threads = [threading.Thread(target=one.run) for one in made]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()


def arrived(plant: PlantDatabase, cursor: int) -> bool:
    return any(one.cursor >= cursor for one in plant.stations())


def test_there_and_known_to_be_there(plant: PlantDatabase, hub: Hub, genealogy: Genealogy) -> None:
    fill(genealogy, 30)
    signed = sign_checkpoint(genealogy, Signer(signing_key(genealogy.home.keys), "station.example/cell-3"), at=NOW)
    assert signed.checkpoint.size == 61  # the key is announced first
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop, url="https://cell-3:8080")
    with running(relay, collector_of(plant, hub, stop), stop=stop):
        until(lambda: relay.state.arrived == 61)
        fill(genealogy, 1, first=30)
        until(lambda: relay.state.arrived == 63)
        until(lambda: plant.stations()[0].url == "https://cell-3:8080")
    assert relay.state.trouble == ""
    assert position(genealogy, FOLLOWER) == 63
    assert faults(plant, "cell-3") == []
    assert count(plant, feed) == 63
    with plant.engine.connect() as connection:
        connection.execution_options(schema_translate_map={None: schema_of("cell-3")})
        assert connection.execute(select(checkpoints.c.note)).scalars().all() == [signed.data.decode()]


def test_the_hub_is_away_and_comes_again(plant: PlantDatabase, hub: Hub, genealogy: Genealogy) -> None:
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop)
    with running(relay, collector_of(plant, hub, stop), stop=stop):
        until(lambda: relay.state.connected)
        hub.kill()
        fill(genealogy, 5)  # the cell goes on
        until(lambda: "cannot be reached" in relay.state.trouble)
        hub.start()
        until(lambda: relay.state.arrived == 10)
        assert relay.state.trouble == ""


def test_the_hub_lost_what_it_acknowledged(plant: PlantDatabase, hub: Hub, genealogy: Genealogy) -> None:
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop)
    fill(genealogy, 3)
    with running(relay, collector_of(plant, hub, stop), stop=stop):
        until(lambda: relay.state.arrived == 6)
    fill(genealogy, 3, first=3)
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop)
    with running(relay, stop=stop):
        until(lambda: relay.state.sent == 12)  # nobody collects
    hub.lose_everything()
    hub.start()
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop)
    with running(relay, collector_of(plant, hub, stop), stop=stop):
        until(lambda: relay.state.arrived == 12)
    assert count(plant, feed) == 12


def test_a_plant_restored_from_an_older_backup(
    server: Server, plant: PlantDatabase, hub: Hub, genealogy: Genealogy, tmp_path: Path
) -> None:
    fill(genealogy, 4)
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop)
    with running(relay, collector_of(plant, hub, stop), stop=stop):
        until(lambda: relay.state.arrived == 8)
    with PlantDatabase.open(tmp_path / "anew", server.database()) as anew:
        stop = threading.Event()
        relay = relay_of(genealogy, hub, stop)
        with running(relay, collector_of(anew, hub, stop), stop=stop):
            until(lambda: relay.state.arrived == 8)
        assert count(anew, feed) == 8
        assert faults(anew, "cell-3") == []


def test_postgresql_is_away_and_comes_again(
    server: Server, plant: PlantDatabase, hub: Hub, genealogy: Genealogy
) -> None:
    stop = threading.Event()
    relay, collector = relay_of(genealogy, hub, stop), collector_of(plant, hub, stop)
    fill(genealogy, 1)
    with running(relay, collector, stop=stop):
        until(lambda: relay.state.arrived == 2)
        server.stop()
        fill(genealogy, 5, first=1)
        until(lambda: relay.state.sent == 12)
        until(lambda: collector.state.trouble != "")
        server.start()
        until(lambda: relay.state.arrived == 12, 90.0)  # it recovers first
        until(lambda: collector.state.trouble == "")


def test_a_full_hub_throws_nothing_away(plant: PlantDatabase, hub: Hub, genealogy: Genealogy) -> None:
    small = replace(STREAM, most_gb=0.001)
    stop = threading.Event()
    collector = collector_of(plant, hub, stop, small)
    with running(collector, stop=stop):
        until(lambda: collector.state.connected)
    for n in range(4):
        genealogy.add_event("note", "cell-3", {"text": f"{n}" * 400_000}, at=NOW)
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop)
    with running(relay, stop=stop):
        until(lambda: "full" in relay.state.trouble)
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop)
    with running(relay, collector_of(plant, hub, stop, small), stop=stop):
        until(lambda: relay.state.arrived == 4)
    assert faults(plant, "cell-3") == []


def test_what_is_larger_than_a_portion(plant: PlantDatabase, hub: Hub, genealogy: Genealogy) -> None:
    large = random.Random(2).randbytes(9 * 1024 * 1024)
    genealogy.add_event("note", "cell-3", {"text": "x" * 5 * 1024 * 1024}, at=NOW, document=large)
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop)
    with running(relay, collector_of(plant, hub, stop), stop=stop):
        until(lambda: relay.state.arrived == 1)
    assert faults(plant, "cell-3") == []


def test_another_chain_under_the_same_name(
    plant: PlantDatabase, hub: Hub, genealogy: Genealogy, tmp_path: Path
) -> None:
    fill(genealogy, 2)
    stop = threading.Event()
    relay = relay_of(genealogy, hub, stop)
    with running(relay, collector_of(plant, hub, stop), stop=stop):
        until(lambda: relay.state.arrived == 4)
    with Genealogy.open(StationHome(tmp_path / "other")) as other:
        fill(other, 3, "T")
        stop = threading.Event()
        relay = relay_of(other, hub, stop)
        with running(relay, collector_of(plant, hub, stop), stop=stop):
            until(lambda: "another chain" in relay.state.trouble)
            until(lambda: count(plant, refused) == 6)
            ends = time.monotonic() + 1.5  # longer than the relay waits between two looks
            while time.monotonic() < ends:
                assert "another chain" in relay.state.trouble
                time.sleep(0.02)
    assert count(plant, feed) == 4


@pytest.mark.skipif(NATS is None, reason="needs nats-server")
def test_a_wrong_password(genealogy: Genealogy, tmp_path: Path) -> None:
    closed = Hub(tmp_path / "closed", 'authorization { user: "cell-3", password: "right" }')
    closed.start()
    try:
        secret = genealogy.home.path / "hub.password"
        secret.write_text("wrong\n")
        secret.chmod(0o600)
        stop = threading.Event()
        relay = relay_of(genealogy, closed, stop, user="cell-3", password_file="hub.password")
        with running(relay, stop=stop):
            until(lambda: "does not know this user" in relay.state.trouble)
            secret.write_text("right\n")
            until(lambda: "stream" in relay.state.trouble or relay.state.connected)
    finally:
        closed.kill()
