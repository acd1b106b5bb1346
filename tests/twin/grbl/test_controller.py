"""The peer by itself: what the transcript does not show, held to Grbl's own documents and to exact kinematics."""

import math

import pytest

from station.twin.grbl import Controller, Mechanics, Memory


class Desk:
    """A controller in virtual time."""

    def __init__(self, mechanics=None, **settings):
        memory = Memory()
        memory.values |= {int(name[1:]): value for name, value in settings.items()}
        self.controller = Controller(memory, mechanics)
        self.wait(0.1)

    def wait(self, seconds):
        self.controller.advance(self.controller.chip.now_s + seconds)
        return b"".join(line for _, line in self.controller.said()).decode()

    def say(self, data, seconds=0.1):
        self.controller.receive(data)
        return self.wait(seconds)


FAST = {"s24": 120.0, "s25": 1200.0, "s26": 20.0, "s110": 3000.0, "s111": 3000.0, "s112": 3000.0}
FAST |= {"s120": 200.0, "s121": 200.0, "s122": 200.0, "s130": 60.0, "s131": 60.0, "s132": 60.0}


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("X1", 0),
        ("(remark) g1 x1 f100 ; more", 0),
        ("", 0),
        ("1X", 1),
        ("G", 2),
        ("X-", 2),
        ("G0.5X1", 23),
        ("G2X1Y1I1", 20),
        ("M7", 20),
        ("D1", 20),
        ("G0G1X1F1", 21),
        ("G90G91", 21),
        ("G1X1", 22),
        ("M3.5", 23),
        ("G1G92X1F1", 24),
        ("X1X2", 25),
        ("G92", 26),
        ("N99999999X1", 27),
        ("G4", 28),
        ("G10L2X1", 28),
        ("G59.1", 23),
        ("G80G53X0", 31),
        ("F-1", 4),
        ("P1", 36),
        ("G0X1K1", 36),
        ("T300", 38),
        ("X" + "1" * 79, 11),
        ("$130=-5", 4),
        ("$0=2", 6),
        ("$20=1", 10),
        ("$Q", 2),
        ("$7=1", 3),
        ("$J=X1", 22),
        ("$J=G1X1F1", 16),
        ("$H", 5),
    ],
)
def test_answers(line, error):
    said = Desk().say(line.encode() + b"\n")
    assert said.splitlines()[-1] == (f"error:{error}" if error else "ok")


def test_a_way_takes_its_time_to_the_step():
    """50 mm/s at most, 200 mm/s²: 30-40-0 mm is 50 mm long; X alone would allow 83 mm/s, Y 62.5, together 62.5."""
    desk = Desk(**FAST)
    desk.say(b"G91G0X30Y40\n", 0.0)
    top, gain = 50.0 / 0.8, 200.0 / 0.8
    whole = 50.0 / top + top / gain
    for at in (0.05, 0.3, whole / 2, whole - 0.05):
        ramp = min(at, whole - at)
        way = gain * ramp**2 / 2 if ramp < top / gain else top**2 / gain / 2 + top * (ramp - top / gain)
        way = way if at <= whole / 2 else 50.0 - way
        desk.controller.advance(0.1 + 0.0012 + 0.003 + at)  # the line's bytes, its planning
        x, y, _ = desk.controller.chip.position_mm()
        assert math.hypot(x, y) == pytest.approx(way, abs=0.002 * top + 0.006)
        assert y == pytest.approx(x * 4 / 3, abs=0.006)
    desk.wait(0.2)
    assert desk.controller.chip.position_mm() == (30.0, 40.0, 0.0)


def test_a_hold_slows_down_and_goes_on_to_the_same_place():
    desk = Desk(**FAST)
    desk.say(b"G91G1X20F1200\n", 0.4)
    assert desk.say(b"!", 0.03).count("<") == 0
    assert "Hold:1" in desk.say(b"?", 0.01)
    assert "Hold:0" in desk.say(b"?", 0.2) or "Hold:0" in desk.say(b"?")
    held = desk.controller.chip.position_mm()[0]
    assert 6.0 < held < 12.0
    assert desk.say(b"G0X1\n") == ""  # a line in a hold waits
    desk.say(b"~", 2.0)
    assert desk.controller.chip.position_mm() == (21.0, 0.0, 0.0)


def test_homing_finds_the_switches_and_says_nothing_meanwhile():
    machine = Mechanics()
    desk = Desk(machine, s22=1.0, **FAST)
    assert "<Alarm|" in desk.say(b"?")
    assert desk.say(b"G0X1\n") == "error:9\r\n"
    assert desk.say(b"$H\n") == ""
    assert desk.say(b"?", 0.5) == ""
    said = desk.wait(8.0)
    assert said.startswith("<Home|")
    assert said.endswith("ok\r\n")
    assert desk.controller.chip.position_mm() == (-1.0, -1.0, -1.0)
    assert machine.carriage_mm == pytest.approx([-1.0] * 3, abs=0.01)


def test_homing_to_the_low_corner():
    machine = Mechanics([-40.0, -30.0, -20.0], (-60.0, -60.0, -60.0), frozenset({0, 1}))
    desk = Desk(machine, s22=1.0, s23=3.0, **FAST)
    assert desk.say(b"$H\n", 15.0) == "ok\r\n"
    assert desk.controller.chip.position_mm() == (-59.0, -59.0, -1.0)
    assert machine.carriage_mm == pytest.approx([-59.0, -59.0, -1.0], abs=0.01)


def test_homing_without_a_switch_is_alarm_9_after_the_whole_search():
    machine = Mechanics()
    machine.broken.add(2)
    desk = Desk(machine, s22=1.0, **FAST)
    search = 1.5 * 60.0 / 20.0
    assert "ALARM" not in desk.say(b"$H\n", search)
    said = desk.wait(1.0)
    assert said.splitlines() == ["ALARM:9", "ok", "", "Grbl 1.1h ['$' for help]", "[MSG:'$H'|'$X' to unlock]"]


def test_a_soft_limit_stops_first_and_then_locks():
    desk = Desk(Mechanics(), s22=1.0, s20=1.0, **FAST)
    desk.say(b"$X\n")
    desk.controller.chip.motion.steps = (-2500, -2500, -2500)
    said = desk.say(b"G1X-20F600\nG1X-70\n", 2.0)
    assert said.splitlines() == ["ok", "ALARM:2", "[MSG:Reset to continue]"]
    assert desk.say(b"?", 1.0) == ""
    assert desk.say(b"\x18").splitlines()[:3] == ["ok", "", "Grbl 1.1h ['$' for help]"]


def test_a_reset_in_the_half_second_after_a_hard_limit_is_forgotten():
    machine = Mechanics()
    desk = Desk(machine, s21=1.0, **FAST)
    desk.say(b"G91G0X-20\n", 0.3)
    machine.stuck.add(0)
    assert desk.wait(0.1) == "ALARM:1\r\n"
    assert desk.say(b"\x18", 2.0) == "[MSG:Reset to continue]\r\n"
    machine.stuck.clear()
    assert "unlock" in desk.say(b"\x18")
    machine.stuck.add(0)
    assert "[MSG:Check Limits]" in desk.say(b"\x18")


def test_bytes_beyond_the_buffer_are_lost():
    desk = Desk(**FAST)
    desk.say(b"!")
    desk.say(b"G4P0\n" * 40)
    assert len(desk.controller.chip.received) == 127
    assert desk.say(b"~", 1.0).count("ok") == 25


def test_the_planner_takes_fifteen_blocks_and_then_keeps_the_answer_back():
    desk = Desk(s110=60.0, s10=3.0)
    assert desk.say(b"G91\n" + b"G1X1F60\n" * 14).count("ok") == 15
    assert "|Bf:1,127|" in desk.say(b"?")
    assert desk.say(b"G1X1\nG1X1\n").count("ok") == 1
    assert "|Bf:0,127|" in desk.say(b"?")
    assert desk.wait(2.0).count("ok") == 1


def test_jogs_are_cancelled():
    desk = Desk(**FAST)
    assert desk.say(b"$J=G91X50F600\n", 0.5) == "ok\r\n"
    assert "<Jog|" in desk.say(b"?")
    assert desk.say(b"G0X0\n") == "error:9\r\n"
    desk.say(b"\x85", 0.5)
    assert "<Idle|MPos:" in desk.say(b"?")
    assert 5.0 < desk.controller.chip.position_mm()[0] < 9.0


def test_the_door_holds_and_a_closed_one_goes_on():
    desk = Desk(**FAST)
    desk.say(b"M3S100\nG91G1X20F1200\n", 0.4)
    desk.controller.set_door(True)
    assert "[MSG:Check Door]" in desk.wait(0.02)
    assert "<Door:2|" in desk.say(b"?", 0.01)
    desk.wait(0.5)
    assert "<Door:1|" in desk.say(b"?")
    assert "<Door:1|" in desk.say(b"~?")
    desk.controller.set_door(False)
    assert "<Door:0|" in desk.say(b"?")
    desk.say(b"~", 2.0)
    assert desk.controller.chip.position_mm() == (20.0, 0.0, 0.0)


def test_sleep_and_check_mode():
    desk = Desk()
    assert desk.say(b"$C\n") == "[MSG:Enabled]\r\nok\r\n"
    assert desk.say(b"G0X10\n") == "ok\r\n"
    assert "<Check|MPos:0.000" in desk.say(b"?")
    assert "[MSG:Disabled]" in desk.say(b"$C\n")
    assert "[MSG:Sleeping]" in desk.say(b"$SLP\n")
    assert "<Sleep|" in desk.say(b"?")
    assert "unlock" in desk.say(b"\x18")


def test_coordinates():
    desk = Desk(**FAST)
    desk.say(b"G10L2P1X5Y-2\nG92Z3\nG0X0\n", 1.0)
    assert desk.controller.chip.position_mm() == (5.0, 0.0, 0.0)
    said = desk.say(b"$#\n")
    assert "[G54:5.000,-2.000,0.000]" in said
    assert "[G92:0.000,0.000,-3.000]" in said
    assert "WCO:5.000,-2.000,-3.000" in desk.say(b"?")
    desk.say(b"G53G0X-1\nG28.1\nG20G91G0X1\n", 2.0)
    assert desk.controller.chip.position_mm()[0] == pytest.approx(24.4, abs=0.004)
    assert "G20 G91" in desk.say(b"$G\n")


def test_startup_lines_run_at_a_start():
    desk = Desk()
    desk.say(b"$N0=G20G91\n$N1=G2\n")
    assert ">G20G91:ok\r\n>G2:error:20" in desk.say(b"\x18")
