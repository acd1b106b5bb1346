"""The real driver and the Grbl peer over a real pseudo-terminal and a TCP port, in real time, with real trouble."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from station.devices.grbl import GrblFacts, GrblStage, find
from station.errors import DeviceError, LostDeviceError, StoppedError
from station.twin.grbl import GrblPeer
from station.twin.grbl.troubles import Once, Troubles
from tests.rig.motion_bench import needs_motion_stage, quick_peer, write_row

pytestmark = needs_motion_stage
TRANSPORTS = {"pty": False, "TCP": True}


@pytest.fixture(params=TRANSPORTS)
def transport(request):
    return request.param


@pytest.fixture
def peer(transport):
    with quick_peer(TRANSPORTS[transport]) as one:
        yield one


def homed(peer: GrblPeer, **facts) -> GrblStage:
    stage = GrblStage(GrblFacts(peer.port, **{"boot_s": 3.0, **facts}))
    stage.home()
    return stage


def carriage(peer: GrblPeer) -> list[float]:
    return peer.with_controller(lambda controller: list(controller.chip.mechanics.carriage_mm))


def test_a_day_at_work(peer, transport):
    stage = homed(peer, feed_mm_per_min=2400.0)
    assert stage.check() == "Grbl 1.1h, homed"
    began = time.monotonic()
    targets = [(-50.0, -1.0, -20.0), (-10.0, -40.0, -20.0), (-30.5, -20.25, -1.125), (-1.0, -1.0, -1.0)]
    for target in targets:
        stage.move_to(target)
        assert stage.position_mm() == pytest.approx(target, abs=0.003)
        assert carriage(peer) == pytest.approx(target, abs=0.02)
    write_row(transport, "homed, four ways", "every position is the machine's own", time.monotonic() - began)
    stage.close()


def test_find_says_what_is_there_and_moves_nothing(peer, transport):
    if transport == "pty":
        found = find([peer.port, "/dev/does-not-exist"])
        assert [(one.kind, one.driver, one.where) for one in found] == [("stage", "grbl", peer.port)]
        assert b"\n" not in peer.heard
        assert b"\x18" not in peer.heard


FAULTS = {
    "limit switch hit": (lambda peer: peer.mechanics.stuck.add(1), StoppedError, "ALARM:1", 0.6),
    "power fails and returns": (lambda peer: peer.power_on(0.3), StoppedError, "started anew", 1.2),
    "power fails": (lambda peer: peer.power_off(), LostDeviceError, "says nothing", 1.8),
    "cable pulled": (lambda peer: peer.unplug(), LostDeviceError, "port is gone|takes nothing|says nothing", 1.8),
    "steps stall": (
        lambda peer: peer.with_controller(lambda one: setattr(one.chip.motion, "stalled", True)),
        StoppedError,
        "does not go on",
        1.8,
    ),
    "door opened": (
        lambda peer: peer.with_controller(lambda one: one.set_door(True)),
        StoppedError,
        "door is open",
        0.6,
    ),
    "feed hold pressed": (
        lambda peer: peer.with_controller(lambda one: one.receive(b"!")),
        StoppedError,
        "feed hold",
        0.6,
    ),
    "reset by another program": (
        lambda peer: peer.with_controller(lambda one: one.receive(b"\x18")),
        StoppedError,
        "ALARM:3",
        0.6,
    ),
    "answers lost": (lambda peer: setattr(peer.troubles, "silent", True), LostDeviceError, "says nothing", 1.8),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_on_the_way(peer, transport, fault):
    act, error, words, within_s = FAULTS[fault]
    stage = homed(peer, feed_mm_per_min=900.0)
    when = [0.0]

    def happen() -> None:
        time.sleep(0.5)
        when[0] = time.monotonic()
        act(peer)

    thread = threading.Thread(target=happen)
    stamps: list[float] = []
    halt = stage._halt
    stage._halt = lambda link: (stamps.append(time.monotonic()), halt(link))  # type: ignore[method-assign]
    thread.start()
    with pytest.raises(error, match=words) as caught:
        stage.move_to((-55.0, -1.0, -1.0))
    ended = time.monotonic()
    thread.join()
    took = (stamps[0] if stamps else ended) - when[0]
    write_row(transport, fault, f"{type(caught.value).__name__}: {caught.value.sentence}", took)
    assert took < within_s + 1.0  # a busy machine is slow
    assert bytes(peer.heard).count(b"G53") == 1
    with pytest.raises(DeviceError):
        stage.home()
    if fault == "cable pulled":
        with pytest.raises(LostDeviceError):
            stage.recover()
        return
    peer.mechanics.stuck.clear()
    peer.troubles.silent = False
    if fault in ("power fails", "steps stall"):
        peer.power_on(0.3)
    peer.with_controller(lambda one: one.set_door(False))
    time.sleep(0.6)
    stage.recover()
    stage.home()
    stage.move_to((-9.0, -8.0, -7.0))
    assert carriage(peer) == pytest.approx([-9.0, -8.0, -7.0], abs=0.02)
    stage.close()


GARBLED = {
    "the target's digits change": (b"X-20.000", b"X-50.000", "off its way"),
    "the end of the line is lost": (b"F900\n", b"F900", "gave no answer"),
    "a digit too few arrives": (b"X-20.000", b"X-2.000", "does not go on"),
    "a letter changes": (b"G53", b"W53", "does not take"),
}


@pytest.mark.parametrize("fault", GARBLED)
def test_garbled_lines_never_move_twice(peer, transport, fault):
    old, new, words = GARBLED[fault]
    stage = homed(peer, feed_mm_per_min=900.0)
    peer.troubles.to_controller = Once(old, new)
    began = time.monotonic()
    with pytest.raises(DeviceError, match=words) as caught:
        stage.move_to((-20.0, -1.0, -1.0))
    sentence = f"{type(caught.value).__name__}: {caught.value.sentence}"
    write_row(transport, f"{fault} ({old!r} → {new!r})", sentence, time.monotonic() - began)
    assert bytes(peer.heard).count(b"Y-1.000") == 1
    assert carriage(peer)[0] > -26.0
    stage.recover()
    stage.home()
    stage.close()


@pytest.mark.parametrize("boots_s", [0.3, 1.5])
def test_boards_that_restart_when_opened(transport, boots_s):
    troubles = Troubles(resets_on_open=True, boots_s=boots_s)
    with quick_peer(TRANSPORTS[transport], troubles) as peer:
        began = time.monotonic()
        stage = homed(peer)
        took = time.monotonic() - began
        write_row(transport, f"the board restarts when opened, for {boots_s} s", "waited for it; homed", took)
        stage.move_to((-3.0, -3.0, -3.0))
        stage.close()


def test_late_answers_are_waited_for(peer, transport):
    stage = homed(peer)
    peer.troubles.late_s = 0.3
    began = time.monotonic()
    stage.move_to((-20.0, -2.0, -2.0))
    write_row(transport, "every answer comes 0.3 s late", "waited; arrived once", time.monotonic() - began)
    assert bytes(peer.heard).count(b"G53") == 1
    stage.close()


def test_stop_from_another_thread_slows_down_and_loses_no_step(peer, transport):
    stage = homed(peer, feed_mm_per_min=900.0)
    caught: list[DeviceError] = []

    def go() -> None:
        try:
            stage.move_to((-55.0, -1.0, -1.0))
        except DeviceError as error:
            caught.append(error)

    mover = threading.Thread(target=go)
    mover.start()
    time.sleep(0.6)
    began = time.monotonic()
    stage.stop()
    took = time.monotonic() - began
    mover.join()
    assert caught
    write_row(transport, "stop() from another thread", f"{type(caught[0]).__name__}: {caught[0].sentence}", took)
    counted = peer.with_controller(lambda one: one.chip.position_mm())
    assert counted == pytest.approx(carriage(peer), abs=0.02)  # no step was lost
    assert counted[0] > -30.0
    with pytest.raises(StoppedError, match="Home it"):
        stage.move_to((-1.0, -1.0, -1.0))
    stage.home()
    stage.close()


def test_stop_during_homing(peer, transport):
    peer.mechanics.carriage_mm[2] = -55.0
    stage = GrblStage(GrblFacts(peer.port))
    caught: list[DeviceError] = []

    def go() -> None:
        try:
            stage.home()
        except DeviceError as error:
            caught.append(error)

    mover = threading.Thread(target=go)
    mover.start()
    time.sleep(0.8)
    stage.stop()
    mover.join()
    assert caught
    write_row(transport, "stop() during homing", f"{type(caught[0]).__name__}: {caught[0].sentence}", 0.0)
    stage.home()
    stage.close()


DRIVER = """
import sys
from station.devices.grbl import GrblFacts, GrblStage
stage = GrblStage(GrblFacts(sys.argv[1], feed_mm_per_min=900.0))
stage.home()
print("homed", flush=True)
while True:
    stage.move_to((-30.0, -1.0, -1.0))
    stage.move_to((-2.0, -1.0, -1.0))
"""


def test_kill_9_in_the_middle_of_a_way(peer, transport):
    """The machine ends the one way that it has, and stands; the next process takes it over."""
    process = subprocess.Popen([sys.executable, "-c", DRIVER, peer.port], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"homed\n"
    time.sleep(0.7)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(2.2)
    first = bytes(peer.heard).count(b"G53")
    assert first == 1
    assert carriage(peer) == pytest.approx([-30.0, -1.0, -1.0], abs=0.02)
    stage = GrblStage(GrblFacts(peer.port))
    with pytest.raises(StoppedError, match="Home it") as caught:
        stage.move_to((-2.0, -1.0, -1.0))
    stage.home()
    stage.move_to((-2.0, -1.0, -1.0))
    write_row(transport, "kill -9 on the way", f"stood at its target; then: {caught.value.sentence}", 0.0)
    stage.close()


def test_a_port_with_nothing_on_it_is_said_to_be_so(peer, transport):
    peer.power_off()
    began = time.monotonic()
    with pytest.raises(LostDeviceError, match="nothing on this port speaks Grbl") as caught:
        GrblStage(GrblFacts(peer.port, boot_s=1.0))
    write_row(
        transport, "no power when it is opened", f"LostDeviceError: {caught.value.sentence}", time.monotonic() - began
    )


def test_a_port_that_is_not_there(transport):
    port = "socket://127.0.0.1:9" if transport == "TCP" else "/dev/serial/by-id/nothing"
    with pytest.raises(LostDeviceError, match="cannot be opened") as caught:
        GrblStage(GrblFacts(port))
    write_row(transport, "no port", f"LostDeviceError: {caught.value.sentence}", 0.0)
