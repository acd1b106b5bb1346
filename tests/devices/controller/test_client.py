"""The client towards controllers that the emulator cannot be: mute, wrong, late, of another kind. A small fake on a
pty answers; what a real controller does is in tests/rig/controller."""

import os
import pty
import threading
import time
import tty

import pytest

from station.devices.controller import (
    Controller,
    ControllerFacts,
    Gate,
    GateFacts,
    Interlock,
    InterlockFacts,
    Light,
    LightFacts,
    find,
)
from station.errors import DeviceError, InputError, LostDeviceError
from tests.peers.controller import frame

VERSION = "ok station-controller firmware=9.9.9 protocol=1 build=0 reset=power-on"
PING = "ok start=0 door=1 estop=1 trigger=0 starts=3 triggers=0 gate=0"


class Fake:
    """Answers each line with what `replies` has for its command: a text, bytes as they are, or None."""

    def __init__(self):
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self.replies = {"version": VERSION, "hello": "ok", "ping": PING}
        self.heard: list[bytes] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        rest = b""
        while True:
            rest += os.read(self._master, 4096)
            *lines, rest = rest.split(b"\n")
            for line in lines:
                if line == b"end":
                    return
                self.heard.append(line)
                number, _, command = line.decode().partition("*")[0].partition(" ")
                reply = self.replies.get(command, "ok")
                if callable(reply):
                    reply = reply(int(number))
                if isinstance(reply, str):
                    reply = frame(f"{number} {reply}")
                if reply is not None:
                    os.write(self._master, reply)

    def of(self, command):
        return [line for line in self.heard if line.split(b"*")[0].endswith(b" " + command)]

    def close(self):
        os.write(self._slave, b"\nend\n")
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)


@pytest.fixture
def fake():
    one = Fake()
    yield one
    one.close()


@pytest.fixture
def opened(fake):
    controller = Controller(ControllerFacts(fake.port, answer_s=0.3))
    yield controller
    controller.close()


def test_a_port_that_is_not_there():
    with pytest.raises(LostDeviceError, match="cannot be opened"):
        Controller(ControllerFacts("/dev/is-not-there"))


def test_a_mute_device_is_given_up_in_time(fake):
    fake.replies["version"] = None
    began = time.monotonic()
    with pytest.raises(LostDeviceError, match="no controller answers there"):
        Controller(ControllerFacts(fake.port, answer_s=0.05, boot_s=0.4))
    assert time.monotonic() - began < 3.0


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (VERSION.replace("protocol=1", "protocol=2"), "speaks protocol 2, this station 1"),
        (VERSION.replace("protocol=1 ", ""), r"speaks protocol \?"),
        ("ok grinder firmware=1 protocol=1", "not our controller"),
        ("error unknown", "not our controller"),
    ],
)
def test_another_device_or_version_is_refused(fake, reply, words):
    fake.replies["version"] = reply
    with pytest.raises(DeviceError, match=words):
        Controller(ControllerFacts(fake.port, answer_s=0.3))


def test_a_controller_that_is_not_well_is_refused(fake):
    fake.replies["hello"] = "error self-test"
    with pytest.raises(DeviceError, match="memory or program are damaged"):
        Controller(ControllerFacts(fake.port, answer_s=0.3))


def test_a_second_try_is_the_very_same_line(fake, opened):
    tries = []

    def second(number):
        tries.append(number)
        return "ok" if len(tries) == 2 else None

    fake.replies["pass 2000"] = second
    Gate(GateFacts(), opened).let_through()
    assert len(fake.of(b"pass 2000")) == 2
    assert len(set(fake.of(b"pass 2000"))) == 1
    assert tries[0] == tries[1]


@pytest.mark.parametrize("first", [b"garbage\n", b"\xff\xfe\n", frame("? crc"), frame("1 ok").replace(b"ok", b"oj")])
def test_garbled_answers_are_asked_again(fake, opened, first):
    answers = [first, "ok"]
    fake.replies["reject"] = lambda number: answers.pop(0) if answers else "ok"
    Gate(GateFacts(), opened).hold()
    assert len(set(fake.of(b"reject"))) == 1


def test_answers_to_other_numbers_and_events_are_passed_over(fake, opened):
    fake.replies["reject"] = lambda number: (
        frame(f"{number - 1} error range") + frame("! 7 start 1") + frame(f"{number} ok")
    )
    Gate(GateFacts(), opened).hold()
    assert len(fake.of(b"reject")) == 1


def test_without_answers_it_is_lost_for_good_and_falls_silent(fake, opened):
    fake.replies["pass 2000"] = None
    gate = Gate(GateFacts(), opened)
    with pytest.raises(LostDeviceError, match="does not answer"):
        gate.let_through()
    heard = len(fake.heard)
    with pytest.raises(LostDeviceError, match="does not answer"):
        gate.hold()
    with pytest.raises(LostDeviceError, match="does not answer"):
        opened.latest()
    time.sleep(0.35)
    assert len(fake.heard) == heard  # not even the keep-alive: the controller must take us for dead


@pytest.mark.parametrize("word", ["session", "sequence"])
def test_a_controller_that_forgot_us_is_lost(fake, opened, word):
    fake.replies["reject"] = f"error {word}"
    with pytest.raises(LostDeviceError):
        opened.request("reject")
    with pytest.raises(LostDeviceError):
        opened.request("light")


def test_a_refusal_is_no_loss(fake, opened):
    fake.replies["lamps 1"] = "error range"
    with pytest.raises(DeviceError, match="outside what the controller can do") as refused:
        opened.request("lamps 1")
    assert not isinstance(refused.value, LostDeviceError)
    opened.request("reject")


@pytest.mark.parametrize("event", ["! 0 boot firmware=1", "! 3 silent"])
def test_what_the_controller_says_of_itself_is_a_loss(fake, opened, event):
    fake.replies["light"] = lambda number: frame(event) + frame(f"{number} ok")
    with pytest.raises(LostDeviceError):
        opened.request("light")


def test_inputs_that_make_no_sense_are_an_error(fake, opened):
    fake.replies["ping"] = "ok door=maybe"
    with pytest.raises(DeviceError, match="it answers"):
        opened.inputs()
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline:  # the keep-alive does not go on with the old ones either
        try:
            opened.latest()
        except LostDeviceError:
            return
        time.sleep(0.02)
    raise AssertionError("the inputs stood still unnoticed")


def test_another_device_is_not_found(fake):
    fake.replies["version"] = b"Grbl 1.1h ['$' for help]\r\n"
    assert find([fake.port]) == []
    fake.replies["version"] = VERSION
    assert [one.words for one in find([fake.port])] == ["station-controller 9.9.9, build 0"]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (LightFacts({"backlite": (1,)}), "'backlite' is no view"),
        (LightFacts({"ring": (0,)}), "lamps are 1 to 8"),
        (LightFacts({"ring": ()}), "lamps are 1 to 8"),
        (LightFacts({"ring": (1,)}, {"ring": 1.5}), "level 1.5 of ring"),
        (LightFacts({"ring": (1,)}, {"ring": float("nan")}), "level nan of ring"),
        (LightFacts({"ring": (1,)}, {"dark": 0.5}), "'dark' is no view with a channel"),
    ],
)
def test_facts_that_cannot_be(opened, facts, words):
    with pytest.raises(InputError, match=words):
        Light(facts, opened)


def test_a_gate_that_would_stay_open_is_refused(opened):
    with pytest.raises(InputError, match="1 to 10000 ms"):
        Gate(GateFacts(open_ms=60000), opened)


def test_a_door_that_opened_and_closed_between_two_questions_is_said_once(fake, opened):
    interlock = Interlock(InterlockFacts(), opened)
    fake.replies["ping"] = PING.replace("estop=0", "estop=1")
    assert interlock.stopped_by() == ""
    fake.replies["reject"] = lambda number: frame("! 7 door 0") + frame("! 8 door 1") + frame(f"{number} ok")
    Gate(GateFacts(), opened).hold()
    assert interlock.stopped_by() == "the door was open"
    assert interlock.stopped_by() == ""
    assert Interlock(InterlockFacts(door=False), opened).stopped_by() == ""
