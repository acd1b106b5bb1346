"""The driver on a machine with real kinematics, in virtual time: what it does, and says when things go wrong."""

import inspect
import math
import random
import re

import pytest

from station.devices.grbl import GrblFacts, GrblStage
from station.devices.protocols import Stage
from station.errors import DeviceError, InputError, LostDeviceError, StoppedError
from station.twin.grbl import Mechanics
from station.twin.grbl.troubles import NoisyWire, Once
from tests.devices.grbl.bench import Bench, g_code_sent, machine_memory


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def stage(bench, monkeypatch):
    """Homed."""
    one = bench.stage(monkeypatch)
    one.home()
    return one


def test_it_has_every_method_of_a_stage_with_the_same_signature():
    methods = {name: one for name, one in vars(Stage).items() if inspect.isfunction(one) and name[0] != "_"}
    for name, method in methods.items():
        assert inspect.signature(method) == inspect.signature(getattr(GrblStage, name)), name


def test_it_homes_and_goes_where_it_is_sent(bench, stage):
    assert stage.position_mm() == (-1.0, -1.0, -1.0)
    assert bench.mechanics.carriage_mm == pytest.approx([-1.0, -1.0, -1.0], abs=0.005)
    for target in ((-10.0, -20.0, -5.0), (-60.0, -50.0, -40.0), (-33.333, -0.5, -39.999), (-33.333, -0.5, -39.999)):
        stage.move_to(target)
        assert stage.position_mm() == pytest.approx(target, abs=0.002)
        assert bench.mechanics.carriage_mm == pytest.approx(target, abs=0.01)
    assert stage.check() == "Grbl 1.1h, homed"
    stage.close()
    stage.close()


def test_feed_is_the_one_of_the_file(bench, monkeypatch):
    stage = bench.stage(monkeypatch, feed_mm_per_min=300.0)
    stage.home()
    began = bench.clock()
    stage.move_to((-11.0, -1.0, -1.0))
    assert bench.clock() - began == pytest.approx(10.0 / 5.0 + 5.0 / 200.0, abs=0.15)
    assert g_code_sent(bench) == [b"G21G90G94G53G1X-11.000Y-1.000Z-1.000F300"]


def test_signs_and_axes(monkeypatch):
    bench = Bench()
    stage = bench.stage(monkeypatch, axes="ZX", signs=(-1.0, 1.0))
    stage.home()
    assert stage.position_mm() == (1.0, -1.0)
    stage.move_to((30.0, -50.0))
    assert bench.mechanics.carriage_mm == pytest.approx([-50.0, -1.0, -30.0], abs=0.01)
    with pytest.raises(StoppedError, match=r"Z -1\.000 mm lies outside of the travel from -?0\.000 to 40\.000 mm"):
        stage.move_to((-1.0, -50.0))


def test_work_coordinates_do_not_matter(bench, stage):
    """Reports as WPos ($10=0), an offset in force, inches and relative ways left behind by somebody."""
    bench.memory.values[10] = 0.0
    bench.memory.systems["G54"] = (5.0, -7.0, 3.0)
    stage.stop()
    stage.home()
    stage.move_to((-20.0, -20.0, -20.0))
    assert stage.position_mm() == pytest.approx((-20.0, -20.0, -20.0), abs=0.002)
    assert bench.mechanics.carriage_mm == pytest.approx([-20.0] * 3, abs=0.01)


@pytest.mark.parametrize("target", [(0.001, -1, -1), (-60.001, -1, -1), (-1, -50.5, -1), (math.nan, -1, -1), (-1, -1)])
def test_a_bad_target_never_reaches_the_machine(bench, stage, target):
    before = bytes(bench.heard)
    with pytest.raises(StoppedError, match=r"outside of the travel|finite numbers"):
        stage.move_to(target)
    assert bytes(bench.heard) == before
    stage.move_to((-5.0, -5.0, -5.0))


def test_the_files_travel_replaces_the_machines(bench, monkeypatch):
    stage = bench.stage(monkeypatch, axes="X", lowest_mm=(-30.0,), highest_mm=(-2.0,))
    stage.home()
    with pytest.raises(StoppedError, match=r"from -30\.000 to -2\.000 mm"):
        stage.move_to((-31.0,))
    stage.move_to((-30.0,))


def test_it_must_be_homed_first_and_again_after_a_stop(bench, monkeypatch):
    stage = bench.stage(monkeypatch)
    with pytest.raises(StoppedError, match="Home it"):
        stage.move_to((-1.0, -1.0, -1.0))
    stage.home()
    stage.stop()
    with pytest.raises(StoppedError, match="Home it"):
        stage.move_to((-1.0, -1.0, -1.0))
    stage.home()
    assert g_code_sent(bench) == []


def test_a_machine_without_homing_is_allowed_by_a_fact_only(monkeypatch):
    bench = Bench(machine_memory(s22=0.0, s20=0.0))
    refused = bench.stage(monkeypatch)
    with pytest.raises(StoppedError, match=r"homing is switched off.*\$22=0.*homing = false"):
        refused.home()
    stage = bench.stage(monkeypatch, homing=False)
    stage.home()
    stage.move_to((20.0, -20.0, 0.0))
    assert stage.check() == "Grbl 1.1h, homed; its own soft limits are off ($20=0)"
    with pytest.raises(StoppedError, match=r"lies outside of the travel from -60\.000 to 60\.000 mm"):
        stage.move_to((61.0, 0.0, 0.0))
    with pytest.raises(StoppedError, match="homing = false, but this machine homes"):
        Bench().stage(monkeypatch, homing=False).home()


@pytest.mark.parametrize("boots_s", [0.2, 1.5, 3.0])
@pytest.mark.parametrize("blank", [False, True])
def test_boards_that_restart_when_opened(monkeypatch, boots_s, blank):
    bench = Bench()
    bench.troubles.resets_on_open, bench.troubles.boots_s, bench.memory.blank = True, boots_s, blank
    stage = bench.stage(monkeypatch)
    stage.home()
    stage.move_to((-2.0, -3.0, -4.0))


def test_a_machine_left_running_or_locked_is_taken_over(monkeypatch):
    bench = Bench(machine_memory(s21=0.0))
    first = bench.stage(monkeypatch, feed_mm_per_min=100.0)
    first.home()
    bench.after(0.5, lambda: pytest.MonkeyPatch().setattr(bench.troubles, "silent", True))
    with pytest.raises(LostDeviceError):  # the first process dies in the middle of a way
        first.move_to((-50.0, -1.0, -1.0))
    bench.troubles.silent = False
    second = bench.stage(monkeypatch)
    with pytest.raises(StoppedError, match="Home it"):
        second.move_to((-1.0, -1.0, -1.0))
    second.home()


def act(name):
    """What is done to the bench while the stage is on its way."""
    return {
        "limit": lambda bench: bench.mechanics.stuck.add(1),
        "reset": lambda bench: bench.power_on(0.1),
        "foreign reset": lambda bench: bench.controller.receive(b"\x18"),
        "power": lambda bench: bench.power_off(),
        "unplug": lambda bench: setattr(bench, "plugged", False),
        "stall": lambda bench: setattr(bench.chip.motion, "stalled", True),
        "door": lambda bench: bench.controller.set_door(True),
        "hold": lambda bench: bench.controller.receive(b"!"),
        "silent": lambda bench: setattr(bench.troubles, "silent", True),
        "sleep": lambda bench: bench.chip.flags.add("sleep"),
    }[name]


@pytest.mark.parametrize(
    ("trouble", "error", "words", "within_s"),
    [
        ("limit", StoppedError, r"limit switch was hit.*ALARM:1.*recover and home", 0.2),
        ("reset", StoppedError, r"started anew by itself", 0.4),
        ("foreign reset", StoppedError, r"reset while the axes moved.*ALARM:3", 0.2),
        ("power", LostDeviceError, r"says nothing any more", 1.2),
        ("unplug", LostDeviceError, r"port is gone", 0.1),
        ("stall", StoppedError, r"stands at .* and does not go on to \(-50\.000", 1.2),
        ("door", StoppedError, r"door is open.*Close it", 0.2),
        ("hold", StoppedError, r"feed hold", 0.2),
        ("silent", LostDeviceError, r"says nothing any more", 1.2),
        ("sleep", StoppedError, r"asleep", 0.4),
    ],
)
def test_what_goes_wrong_on_the_way_is_found_and_said(bench, monkeypatch, trouble, error, words, within_s):
    stage = bench.stage(monkeypatch, feed_mm_per_min=600.0)
    stage.home()
    happened = bench.clock() + 1.0
    bench.after(1.0, lambda: act(trouble)(bench))
    told = []
    monkeypatch.setattr(stage, "_halt", lambda link, halt=stage._halt: (told.append(bench.clock()), halt(link)))
    with pytest.raises(error, match=words) as caught:
        stage.move_to((-50.0, -1.0, -1.0))
    assert "bench" in str(caught.value) or "port" in str(caught.value)
    if told:
        assert told[0] - happened < within_s
    assert len(g_code_sent(bench)) == 1
    with pytest.raises(DeviceError):  # nothing moves again before a person came
        stage.move_to((-1.0, -1.0, -1.0))
    with pytest.raises(DeviceError):
        stage.home()
    assert len(g_code_sent(bench)) == 1
    bench.mechanics.stuck.clear()
    bench.plugged, bench.troubles.silent = True, False
    if trouble in ("power", "stall"):
        bench.power_on(0.5)
    bench.controller.set_door(False)
    assert re.search(words, stage.recover())
    stage.home()
    stage.move_to((-9.0, -9.0, -9.0))
    assert bench.mechanics.carriage_mm == pytest.approx([-9.0] * 3, abs=0.01)


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda bench: bench.mechanics.broken.add(0), r"did not find a limit switch.*ALARM:9"),
        (lambda bench: bench.mechanics.stuck.add(2), r"did not come free.*ALARM:8"),
        (lambda bench: bench.after(1.0, lambda: bench.controller.set_door(True)), r"door was opened during.*ALARM:7"),
        (lambda bench: bench.after(1.0, lambda: bench.controller.receive(b"\x18")), r"cut off by a reset.*ALARM:6"),
        (lambda bench: bench.after(1.0, lambda: bench.power_on(0.2)), r"started anew by itself"),
        (lambda bench: bench.after(1.0, bench.power_off), r"gave no answer to '\$H'"),
    ],
)
def test_homing_that_fails_says_why(monkeypatch, prepare, words):
    bench = Bench(machine_memory(s21=0.0))
    stage = bench.stage(monkeypatch)
    prepare(bench)
    with pytest.raises(DeviceError, match=words):
        stage.home()
    with pytest.raises(DeviceError):
        stage.move_to((-1.0, -1.0, -1.0))


def test_a_person_cannot_recover_what_is_still_wrong(bench, stage):
    bench.after(0.1, lambda: bench.controller.set_door(True))
    with pytest.raises(StoppedError, match="door is open"):
        stage.move_to((-50.0, -1.0, -1.0))
    with pytest.raises(StoppedError, match="door is open"):
        stage.recover()
    bench.controller.set_door(False)
    stage.recover()
    stage.home()


def test_alarm_1_answers_nothing_until_it_is_reset_and_a_reset_too_soon_is_swallowed(bench, stage):
    bench.after(0.3, lambda: bench.mechanics.stuck.add(0))
    with pytest.raises(StoppedError, match="ALARM:1"):
        stage.move_to((-50.0, -1.0, -1.0))
    bench.mechanics.stuck.clear()
    began = bench.clock()
    stage.recover()  # at once: Grbl forgets resets for half a second after the alarm
    assert 0.9 < bench.clock() - began < 2.5
    stage.home()


def test_a_garbled_target_is_found_on_the_way_and_halted(bench, monkeypatch):
    stage = bench.stage(monkeypatch, feed_mm_per_min=600.0)
    stage.home()
    bench.troubles.to_controller = Once(b"X-10.000", b"X-50.000")
    with pytest.raises(StoppedError, match=r"went to \(-1\d\..*off its way to \(-10\.000"):
        stage.move_to((-10.0, -1.0, -1.0))
    assert bench.mechanics.carriage_mm[0] > -13.0
    assert len(g_code_sent(bench)) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"G53G0", b"G5G0", "error:20"),
        (b"X-10.000", b"X-10.00.0", "error:1"),
        (b"X-10.000", b"X-1.000", "does not go on|off its way"),
        (b"\n", b"", "gave no answer"),
        (b"G21G90G53G0X-10.000Y-1.000Z-1.000\n", b"", "gave no answer"),
        (b"X-10.000", b"X-10.000!", "feed hold"),
        (b"X-10.000", b"X-10.000\x84", "door was opened, and is closed again"),
        (b"X-10.000", b"\x18X-10.000", "started anew by itself"),
    ],
)
def test_a_line_that_arrives_garbled_is_never_sent_again(bench, stage, old, new, words):
    bench.troubles.to_controller = Once(old, new)
    with pytest.raises(DeviceError, match=words):
        stage.move_to((-10.0, -1.0, -1.0))
    assert len(g_code_sent(bench)) <= 1
    assert bytes(bench.heard).count(b"Z-1.000") <= 1


def test_a_lost_answer_stops_and_does_not_move_twice(bench, stage):
    bench.troubles.to_host = Once(b"ok\r\n", b"o\r\n")
    with pytest.raises(LostDeviceError, match="1 garbled lines came; it is not sent again"):
        stage.move_to((-10.0, -1.0, -1.0))
    assert len(g_code_sent(bench)) == 1


def test_a_late_answer_is_waited_for(bench, stage):
    bench.troubles.late_s = 0.4
    stage.move_to((-10.0, -1.0, -1.0))
    assert bench.mechanics.carriage_mm[0] == pytest.approx(-10.0, abs=0.01)


def test_one_garbled_report_on_the_way_does_no_harm(bench, stage):
    bench.troubles.to_host = Once(b"<Run|MPos:-", b"<Run|MPos:9")
    stage.move_to((-50.0, -1.0, -1.0))
    bench.troubles.to_host = Once(b"<Run", b"<Rvn")
    stage.move_to((-5.0, -1.0, -1.0))
    assert bench.mechanics.carriage_mm[0] == pytest.approx(-5.0, abs=0.01)


def test_a_machine_moved_by_somebody_else_is_found(bench, stage):
    bench.controller.receive(b"G53G0X-20\n")
    bench.sleep(2.0)
    with pytest.raises(StoppedError, match="not where it was left"):
        stage.move_to((-10.0, -1.0, -1.0))
    assert bench.mechanics.carriage_mm[0] == pytest.approx(-20.0, abs=0.01)


def test_a_reset_between_two_ways_is_found(bench, stage):
    bench.power_on()
    bench.sleep(0.5)
    with pytest.raises(StoppedError, match="started anew"):
        stage.move_to((-10.0, -1.0, -1.0))
    assert g_code_sent(bench) == []


def test_inches_and_other_settings_that_will_not_do(bench, monkeypatch):
    bench.memory.values[13] = 1.0
    with pytest.raises(StoppedError, match=r"inches \(\$13=1\)"):
        bench.stage(monkeypatch).home()
    bench.memory.values[13] = 0.0
    bench.troubles.to_host = Once(b"$130=60.000", b"$130=90.000")
    with pytest.raises(StoppedError, match="differently each time"):
        bench.stage(monkeypatch).home()
    del bench.memory.values[121]
    with pytest.raises(StoppedError, match=r"\$121"):
        bench.stage(monkeypatch).check()


def test_soft_limits_of_the_machine_itself_are_its_last_word(bench, stage):
    bench.memory.values[130] = 20.0  # somebody made the travel shorter since the stage was homed
    with pytest.raises(StoppedError, match=r"beyond the machine's travel reached the controller.*ALARM:2"):
        stage.move_to((-30.0, -1.0, -1.0))
    bench.sleep(1.0)
    stage.recover()
    stage.home()
    with pytest.raises(StoppedError, match=r"outside of the travel from -20\.000"):
        stage.move_to((-30.0, -1.0, -1.0))


@pytest.mark.parametrize("seed", range(30))
def test_a_noisy_cable_never_makes_a_way_twice_and_never_leaves_one_unsaid(monkeypatch, seed):
    """One byte in 300 lost or garbled, both ways: each way is either arrived at and true, or an error is raised."""
    rng = random.Random(seed)
    bench = Bench(machine_memory(), Mechanics())
    stage = bench.stage(monkeypatch)
    stage.home()
    wire = NoisyWire(0.0015, 0.0015, rng)
    for _ in range(12):
        target = tuple(round(rng.uniform(low, -1.0), 3) for low in (-59.0, -49.0, -39.0))
        sent = len(re.findall(rb"X-?\d", bytes(bench.heard)))
        bench.troubles.to_controller = bench.troubles.to_host = wire
        try:
            stage.move_to(target)
        except DeviceError:
            bench.troubles.to_controller = bench.troubles.to_host = lambda data: data
            bench.sleep(1.0)
            stage.recover()
            stage.home()
        else:
            assert bench.mechanics.carriage_mm == pytest.approx(target, abs=0.02)
        assert len(re.findall(rb"X-?\d", bytes(bench.heard))) <= sent + 1
        bench.troubles.to_controller = bench.troubles.to_host = lambda data: data


@pytest.mark.parametrize(
    "facts",
    [
        {"axes": ""},
        {"axes": "XX"},
        {"axes": "W"},
        {"signs": (1.0,)},
        {"signs": (1.0, 2.0, 1.0)},
        {"lowest_mm": (0.0, 0.0, 0.0)},
        {"lowest_mm": (0.0,), "highest_mm": (0.0,), "axes": "X"},
        {"feed_mm_per_min": -1.0},
        {"answer_s": 0.0},
        {"poll_s": math.inf},
    ],
)
def test_impossible_facts_are_named(facts):
    with pytest.raises(InputError):
        GrblFacts("port", **facts)


def test_a_device_that_is_not_grbl_is_said_to_be_none(bench, monkeypatch):
    bench.troubles.to_host = lambda data: b"\x00" * len(data) + b"\n"
    with pytest.raises(LostDeviceError, match="nothing on this port speaks Grbl"):
        bench.stage(monkeypatch)


def test_hours_of_work_without_trouble(bench, stage):
    rng = random.Random(5)
    for _ in range(200):
        target = tuple(round(rng.uniform(low, -1.0), 3) for low in (-59.0, -49.0, -39.0))
        stage.move_to(target)
        assert stage.position_mm() == pytest.approx(target, abs=0.0025)
    assert bench.mechanics.carriage_mm == pytest.approx(target, abs=0.01)
    assert len(g_code_sent(bench)) == 200
