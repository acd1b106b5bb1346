"""Against a real mosquitto: TLS, password, acknowledged, retained, last will; killed, stopped, frozen in the middle."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from station.background import in_background
from station.cycle.state import Board, Fault, FaultKind, Needs, Progress, QueueEntry, Snapshot
from station.cycle.transitions import Event, State
from station.errors import InputError
from station.facts import facts_of
from station.genealogy.follow import position
from station.genealogy.pause import Pause
from station.genealogy.store import Genealogy
from station.mes.push.mqtt import MqttFacts, MqttPush
from station.mes.push.state_message import state_bytes
from tests.genealogy.builders import draft, evidence

from .broker import PASSWORD, Mosquitto, free_port
from .conftest import Start, now
from .receiver import until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(tmp_path / "broker")
    yield made
    made.close()


@pytest.fixture
def board() -> Board:
    return Board(Snapshot(station_id="cell-3", rig="twin", simulated=True, state=State.READY))


def commit(genealogy: Genealogy, count: int = 1) -> list[str]:
    return [genealogy.commit(draft(), evidence(n, size=20), committed=now()).id for n in range(count)]


def settings(genealogy: Genealogy, broker: Mosquitto, **changes: Any) -> MqttFacts:
    folder = genealogy.home.path
    (folder / "mqtt.password").write_text(PASSWORD + "\n")
    (folder / "mqtt.password").chmod(0o600)
    given = {
        "host": "localhost",
        "port": broker.port,
        "ca_file": str(broker.ca),
        "username": "station",
        "password_file": "mqtt.password",
        "timeout_s": 2.0,
        "keepalive_s": 5,
        **changes,
    }
    return MqttFacts(**given)


def push(genealogy: Genealogy, broker: Mosquitto, board: Board, **changes: Any) -> MqttPush:
    facts = settings(genealogy, broker, **changes)
    return MqttPush(facts, genealogy, board, now, pause=Pause(first_s=0.05, most_s=0.3))


def test_records_events_and_state(genealogy: Genealogy, broker: Mosquitto, board: Board, start: Start):
    broker.up()
    heard = broker.reader("station/cell-3/#")
    one = push(genealogy, broker, board, start="beginning", api_url="https://cell-3.example")
    sent = commit(genealogy, 3)
    event = genealogy.add_event("stopped", "cell-3", {"reason": "Ende der Schicht – fertig"}, at=now()).id
    stop = start(one.run)
    until(lambda: heard.ids("records") == sent and heard.ids("events") == [event])
    until(lambda: one.status().behind == 0)
    message = next(message for _, topic, message in heard.heard() if topic == "station/cell-3/records")
    assert message["type"] == "inspection.committed"
    assert message["data"]["url"] == f"https://cell-3.example/v1/records/{sent[0]}"
    assert not any(retained for retained, topic, _ in heard.heard() if not topic.endswith("/state"))
    assert one.status().sentence == ""

    entry = QueueEntry("MO-1", "S-1", "RING", Progress.MEASURING)
    board.publish(queue=(entry, QueueEntry("MO-2", "S-2", "RING")))
    board.happens(Event.PART)
    until(lambda: heard.states()[-1] == "measuring")
    state = broker.retained("station/cell-3/state")
    assert state is not None
    assert state["online"] is True
    assert state["measuring"]["serial"] == "S-1"
    assert state["waiting"] == 1
    assert state["state_40100"] == "Operational: SingleExecution"
    fault = Fault("f-1", FaultKind.INTERLOCK, Needs.LOOK)
    board.happens(Event.FAIL, message="The door is open.", fault=fault)
    until(lambda: heard.states()[-1] == "fault")
    state = broker.retained("station/cell-3/state")
    assert state is not None
    assert state["fault"] == {"id": "f-1", "kind": "interlock", "needs": "look"}
    assert state["message"] == "The door is open."

    stop.set()
    until(lambda: heard.states()[-1] == "offline")
    time.sleep(0.3)
    assert heard.states().count("offline") == 1, "said once: a goodbye leaves no will"
    assert broker.retained("station/cell-3/state") == {"online": False, "station": "cell-3", "state": "offline"}


def test_a_broker_that_restarts(genealogy: Genealogy, broker: Mosquitto, board: Board, start: Start):
    """A reader whose session the broker keeps gets every record, in order."""
    broker.up()
    heard = broker.reader("station/cell-3/records")
    one = push(genealogy, broker, board)
    start(one.run)
    until(lambda: one.status().behind == 0 and one.status().sentence == "")
    sent = commit(genealogy, 5)
    until(lambda: heard.ids("records") == sent)
    for _ in range(3):
        writing = in_background(lambda: commit(genealogy, 15), "writer")
        time.sleep(0.1)
        broker.down()
        sent += writing.result()
        sent += commit(genealogy, 2)
        until(lambda: bool(one.status().sentence))
        assert one.status().behind is not None
        broker.up()
        until(lambda: one.status().behind == 0, 20)
    until(lambda: list(dict.fromkeys(heard.ids("records"))) == sent, 20)
    until(lambda: one.status().sentence == "")


def test_a_broker_that_is_killed_forgets_and_is_told_again(
    genealogy: Genealogy, broker: Mosquitto, board: Board, start: Start
):
    broker.up()
    one = push(genealogy, broker, board)
    start(one.run)
    until(lambda: one.status().sentence == "")
    assert (broker.retained("station/cell-3/state") or {}).get("state") == "ready"
    broker.down(signal.SIGKILL)
    sent = commit(genealogy, 3)
    until(lambda: "the broker" in one.status().sentence)
    assert one.status().behind == 3
    assert one.status().failing_since
    (broker.folder / "mosquitto.db").unlink(missing_ok=True)
    broker.up()
    until(lambda: one.status().behind == 0 and one.status().sentence == "")
    assert (broker.retained("station/cell-3/state") or {}).get("state") == "ready"
    assert len(sent) == 3


def test_a_frozen_broker(genealogy: Genealogy, broker: Mosquitto, board: Board, start: Start):
    """It takes bytes and acknowledges nothing: the position stands still, the cell commits, and it goes on after."""
    broker.up()
    heard = broker.reader("station/cell-3/records")
    one = push(genealogy, broker, board, timeout_s=0.5)
    start(one.run)
    until(lambda: one.status().sentence == "" and one.status().behind == 0)
    assert broker.process is not None
    broker.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    sent = commit(genealogy, 5)
    assert time.monotonic() - begun < 2.0
    until(lambda: "within 0.5 s" in one.status().sentence)
    assert one.status().behind == 5
    assert position(genealogy, "mqtt:mqtt") == 0
    broker.process.send_signal(signal.SIGCONT)
    until(lambda: one.status().behind == 0, 20)
    until(lambda: list(dict.fromkeys(heard.ids("records"))) == sent)


def test_the_last_will_of_a_killed_station(genealogy: Genealogy, broker: Mosquitto, board: Board):
    broker.up()
    heard = broker.reader("station/cell-3/state")
    facts = settings(genealogy, broker)
    command = [
        sys.executable,
        "-m",
        "tests.mes.push.mqtt_worker",
        str(genealogy.home.path),
        str(facts.port),
        facts.ca_file,
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        until(lambda: heard.states()[-1:] == ["ready"], 30)
    finally:
        process.kill()
        process.wait(5)
    until(lambda: heard.states()[-1:] == ["offline"])
    assert broker.retained("station/cell-3/state") == {"online": False, "station": "cell-3", "state": "offline"}


def test_who_is_turned_away_says_so(genealogy: Genealogy, broker: Mosquitto, board: Board, start: Start):
    broker.up()
    (genealogy.home.path / "wrong").write_text("wrong")
    (genealogy.home.path / "wrong").chmod(0o600)
    denied = push(genealogy, broker, board, password_file="wrong", client_id="a")
    start(denied.run)
    strange = push(genealogy, broker, board, ca_file="", name="strange")
    start(strange.run)
    nowhere = push(genealogy, broker, board, port=free_port(), name="nowhere")
    start(nowhere.run)
    until(lambda: denied.status().sentence.endswith("the broker turns the station away (Not authorized)"))
    until(lambda: "the broker's certificate is not accepted" in strange.status().sentence)
    until(lambda: "the broker cannot be reached (Connection refused)" in nowhere.status().sentence)
    (genealogy.home.path / "wrong").write_text(PASSWORD)
    until(lambda: denied.status().sentence == "")


def test_a_topic_that_is_not_allowed_holds_the_records(
    genealogy: Genealogy, broker: Mosquitto, board: Board, start: Start
):
    """The broker's list lets this user show the state and nothing else; MQTT 5 says so at each message."""
    broker.up()
    secret = genealogy.home.path / "mute"
    secret.write_text("mute")
    secret.chmod(0o600)
    one = push(genealogy, broker, board, username="mute", password_file="mute", start="beginning")
    commit(genealogy, 2)
    start(one.run)
    until(lambda: "does not take what is published to station/cell-3/records (Not authorized)" in one.status().sentence)
    assert one.status().behind == 2
    assert genealogy.events("push-given-up") == ()


def test_a_broker_that_knows_only_3_1_1(genealogy: Genealogy, broker: Mosquitto, board: Board, start: Start):
    """A door in front of mosquitto that answers MQTT 5 as such a broker does: MQTT 3.1.1, 3.1.2.2 and 3.2.2.3."""
    broker.up()
    door = socket.create_server(("127.0.0.1", 0))
    levels: list[int] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        sink.close()

    def serve() -> None:
        while True:
            try:
                guest, _ = door.accept()
            except OSError:
                return
            first = guest.recv(65536)
            level = first[first.index(b"MQTT") + 4]
            levels.append(level)
            if level != 4:
                guest.sendall(b"\x20\x02\x00\x01")
                guest.close()
                continue
            behind = socket.create_connection(("127.0.0.1", broker.plain_port))
            behind.sendall(first)
            for pair in ((guest, behind), (behind, guest)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    heard = broker.reader("station/cell-3/records")
    one = push(genealogy, broker, board, port=door.getsockname()[1], tls=False, start="beginning")
    sent = commit(genealogy, 3)
    start(one.run)
    until(lambda: heard.ids("records") == sent)
    assert levels[:2] == [5, 4]
    door.close()


def test_an_unforeseen_error_does_not_silence_the_station(
    genealogy: Genealogy, broker: Mosquitto, board: Board, start: Start, monkeypatch: pytest.MonkeyPatch
):
    broker.up()
    shown: list[Snapshot] = []

    def sometimes(snapshot: Snapshot) -> bytes:
        shown.append(snapshot)
        if len(shown) < 3:
            raise RuntimeError("never thought of")
        return state_bytes(snapshot)

    monkeypatch.setattr("station.mes.push.mqtt.state_bytes", sometimes)
    one = push(genealogy, broker, board, start="beginning")
    commit(genealogy)
    start(one.run)
    until(lambda: "RuntimeError: never thought of" in one.status().sentence)
    until(lambda: one.status().behind == 0 and one.status().sentence == "")


def test_one_that_is_no_broker(genealogy: Genealogy, broker: Mosquitto, board: Board, start: Start):
    """Garbage, silence, hanging up: seen, tried again, and no thread is left behind."""
    door = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def serve() -> None:
        for number in range(10_000):
            try:
                guest, _ = door.accept()
            except OSError:
                return
            if number % 3 == 0:
                guest.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + os.urandom(200))
                guest.close()
            elif number % 3 == 1:
                guest.close()
            else:
                kept.append(guest)

    threading.Thread(target=serve, daemon=True).start()
    one = push(genealogy, broker, board, port=door.getsockname()[1], tls=False, timeout_s=0.2)
    before = threading.active_count()
    stop = start(one.run)
    until(lambda: len(kept) >= 3, 20)
    assert "the broker" in one.status().sentence
    stop.set()
    until(lambda: threading.active_count() <= before, 10)
    door.close()
    for guest in kept:
        guest.close()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"host": ""}, "host must be"),
        ({"port": 70000}, "port must be"),
        ({"topic": "a/+"}, "topic must not"),
        ({"topic": ""}, "topic must not"),
        ({"keepalive_s": 1}, "keepalive_s"),
        ({"username": "", "password_file": "x"}, "a password needs a username"),
        ({"verdicts": ["OK"]}, "'OK' is not a verdict"),
        ({"client_id": "x" * 65}, "client_id"),
        ({"password": "x"}, "the key 'password' is unknown here"),
    ],
)
def test_settings_that_are_refused(changes: dict[str, Any], sentence: str):
    with pytest.raises(InputError, match=sentence):
        facts_of(MqttFacts, {"host": "broker.example", **changes}, "services.toml: mqtt")


def test_a_station_id_that_is_no_topic(genealogy: Genealogy):
    board = Board(Snapshot(station_id="cell/3"))
    with pytest.raises(InputError, match="'cell/3' cannot be part of a topic"):
        MqttPush(MqttFacts(host="broker.example"), genealogy, board, now)
