"""All that a Grbl says is understood; all else is noise, and never an exception."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.devices.grbl.said import (
    Alarm,
    Banner,
    Dialect,
    Message,
    Noise,
    Ok,
    Refused,
    Setting,
    StartupLine,
    Status,
    understand,
)
from tests.twin.grbl.transcript import lines, needs_transcript

LINES = [
    b"<Run|MPos:3.696,0.000,0.000|FS:276,0|WCO:0.000,0.000,0.000>",
    b"<Hold:1|WPos:6.980,0.000,0.000|Bf:15,128|FS:30,0|Pn:XZ|Ov:100,100,100|A:SF>",
    b"ALARM:1",
    b"error:22",
    b"[PRB:0.000,0.000,0.000:0]",
    b"$102=250.000",
    b">G21:error:7",
]


@needs_transcript
def test_everything_in_the_transcript_is_understood():
    said = [understand(line) for _, line in lines()]
    assert not [one for one in said if isinstance(one, Noise)]
    kinds = {kind: sum(isinstance(one, kind) for one in said) for kind in (Status, Ok, Refused, Alarm, Banner)}
    assert kinds == {Status: 16, Ok: 19, Refused: 9, Alarm: 1, Banner: 4}
    assert [one.number for one in said if isinstance(one, Refused)] == [7, 8, 2, 22, 20, 5, 3, 11, 10]
    assert sum(isinstance(one, Setting) for one in said) == 2 * 34 + 2
    assert [one.error for one in said if isinstance(one, StartupLine)] == [7, 7]
    assert {one.sub for one in said if isinstance(one, Status) and one.state == "Hold"} == {0, 1}


def test_fields_come_and_go():
    full = understand(
        b"<Hold:1|WPos:1.5,-2.000,0.000|Bf:15,128|Ln:99|FS:276,500|Pn:XYZPDHRS|WCO:0.1,0,0|Ov:90,25,110|A:SFM>"
    )
    assert full == Status(
        "Hold", 1, (), (1.5, -2.0, 0.0), (0.1, 0.0, 0.0), 276.0, 500.0, "XYZPDHRS", "SFM", (90, 25, 110), (15, 128), 99
    )
    assert understand(b"<Idle|MPos:0.000,0.000|F:0>\r") == Status("Idle", None, (0.0, 0.0), feed_mm_per_min=0.0)
    four_axes = understand(b"<Alarm:11|MPos:0,0,0,45.000|Bf:100,1023|FS:0,0,0|Pn:E|H:0|T:0|TLR:0|Sd:0|FW:grblHAL>")
    assert isinstance(four_axes, Status)
    assert (four_axes.state, four_axes.sub, four_axes.machine_mm[3]) == ("Alarm", 11, 45.0)


@pytest.mark.parametrize(
    "state", ["Idle", "Run", "Jog", "Alarm", "Check", "Home", "Sleep", "Door:0", "Door:1", "Door:2"]
)
def test_every_state_is_known(state):
    said = understand(f"<{state}|MPos:0.000,0.000,0.000|FS:0,0>".encode())
    assert isinstance(said, Status)
    assert state == (said.state if said.sub is None else f"{said.state}:{said.sub}")


def test_banners_tell_whose_it_is():
    assert understand(b"Grbl 1.1h ['$' for help]") == Banner(Dialect.GRBL, "1.1h")
    assert understand(b"GrblHAL 1.1f ['$' or '$HELP' for help]") == Banner(Dialect.GRBLHAL, "1.1f")
    assert understand(b"Grbl 3.9 [FluidNC v3.9.1 (wifi) '$' for help]") == Banner(Dialect.FLUIDNC, "3.9")


def test_the_rest():
    assert understand(b"ALARM:9\r") == Alarm(9)
    assert understand(b"error:13") == Refused(13)
    assert understand(b"[MSG:'$H'|'$X' to unlock]") == Message("MSG", "'$H'|'$X' to unlock")
    assert understand(b"[GC:G0 G54 G17]") == Message("GC", "G0 G54 G17")
    assert understand(b"$130=200.000") == Setting("130", "200.000")
    assert understand(b">G21G90:ok") == StartupLine("G21G90", None)
    assert understand(b">G2:error:26") == StartupLine("G2", 26)
    assert understand(b"\r") is None


@pytest.mark.parametrize(
    "line",
    [
        b"o",
        b"okok",
        b"error:",
        b"ALARM:x",
        b"<Idle|MPos:0.000,0.000,0.000|FS:0,0",
        b"<Idle|FS:0,0>",
        b"<Idlf|MPos:0.000,0.000,0.000|FS:0,0>",
        b"<Run|MPos:0.0.0,0.000,0.000|FS:0,0>",
        b"<Run|MPos:nan,0.000,0.000|FS:0,0>",
        b"<Run|MPos:1e9,0.000,0.000|FS:0,0>",
        b"<Run|MPos:0.000,0.000,0.000|FS:0>",
        b"<Run|MPos:0.000,0.000,0.000|MPos:0.000,0.000,0.000>",
        b"<Run|MPos:0.000,0.000,0.000<Run|MPos:0.000,0.000,0.000>",
        b"\xff\xfe\x00ok",
        b"Grbl",
    ],
)
def test_what_is_cut_or_garbled_is_noise(line):
    assert isinstance(understand(line), Noise)


@given(st.binary(max_size=300))
def test_any_bytes_do(raw):
    understand(raw)


@given(st.integers(0, 10**9), st.sampled_from(LINES))
def test_a_garbled_line_never_gives_numbers_that_are_none(seed, line):
    rng, raw = random.Random(seed), bytearray(line)
    for _ in range(rng.randint(1, 4)):
        if raw:
            raw[rng.randrange(len(raw))] = rng.randrange(256)
    said = understand(bytes(raw))
    if isinstance(said, Status):
        assert all(math.isfinite(one) for one in (*said.machine_mm, *said.work_mm, *said.offset_mm))
        assert bool(said.machine_mm) != bool(said.work_mm)
