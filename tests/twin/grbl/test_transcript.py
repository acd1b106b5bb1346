"""The peer is told all that a real Grbl 1.1h was told, when it was told, and says the same.

Every line must be byte for byte the real one's. Only numbers in reports of a machine that moves (or was stopped in
full motion by its limit switch) may differ, by what the times in the transcript leave open: they are rounded to a
millisecond and the real chip sees a byte up to a millisecond later, so 2 ms of way at the speed it has, and one step
(0.004 mm); the reported speed by one segment of 10 ms at 10 mm/s², 6 mm/min.

The build of the transcript does not look at its limit switches at a start: its switch was still pressed at the reset
after ALARM:1, and it did not say [MSG:Check Limits].
"""

import re

from station.twin.grbl import Controller, Memory
from tests.twin.grbl.transcript import events, lines, needs_transcript

LIMITS = {"B1": 0, "B2": 1, "B4": 2}
REPORT = re.compile(rb"(<\w+(?::\d)?\|MPos:)([-\d.]+)(,0\.000,0\.000\|FS:)(\d+)(,.*)")
STEP_MM, ACCELERATION = 0.004, 10.0
READ_EVERY_S, JITTER_S = 0.025, 0.003  # whoever wrote the transcript looked for new bytes about every 20 ms


def replayed() -> list[tuple[float, bytes]]:
    controller = Controller(Memory(blank=True), checks_limits=False)
    for event in events():
        controller.advance(event.at_s)
        if event.kind == ">":
            controller.receive(event.data)
        elif event.kind == "pin" and event.pin in LIMITS:
            controller.set_limit(LIMITS[event.pin], not event.high)
    controller.advance(events()[-1].at_s + 0.5)
    return [(at, line) for at, data in controller.said() for line in data[:-2].split(b"\r\n")]


def allowed_mm(speed_mm_per_min: float) -> float:
    """2 ms at the highest speed that a report with this one may have been made at, and a step."""
    return 0.002 * (speed_mm_per_min / 60.0 + 0.05 * ACCELERATION) + STEP_MM


@needs_transcript
def test_every_line_is_what_the_real_one_said():
    real, ours = lines(), replayed()
    assert len(real) == len(ours) == 143
    same = 0
    stopped_by_switch = 3.03  # mm/s when it was hit, 0.3 s after its start
    for (at, line), (_, said) in zip(real, ours, strict=True):
        same += line == said
        if line == said:
            continue
        theirs, mine = REPORT.fullmatch(line), REPORT.fullmatch(said)
        assert theirs, (at, line, said)
        assert mine, (at, line, said)
        assert theirs.group(1, 3, 5) == mine.group(1, 3, 5), (at, line, said)
        moving = line.startswith((b"<Run", b"<Hold:1"))
        speed = max(float(theirs[4]), float(mine[4])) if moving else 60.0 * stopped_by_switch
        assert moving or at > 13.0, (at, line, said)
        assert abs(float(theirs[2]) - float(mine[2])) <= allowed_mm(speed) + 1e-9, (at, line, said)
        assert abs(float(theirs[4]) - float(mine[4])) <= 0.01 * ACCELERATION * 60.0, (at, line, said)
    assert same >= 133


@needs_transcript
def test_every_line_comes_when_the_real_one_said_it():
    for (read_s, line), (said_s, _) in zip(lines(), replayed(), strict=True):
        assert -JITTER_S <= read_s - said_s <= READ_EVERY_S + JITTER_S, (read_s, said_s, line)
