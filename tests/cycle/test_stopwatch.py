"""Where the time of a cycle goes: phases add up, and what the station itself adds is told from what it waits for."""

from __future__ import annotations

from station.cycle.stopwatch import ADDED, ALL, PhaseTime, Stopwatch, budget


def test_a_phase_that_comes_again_adds_up_and_one_that_fails_counts() -> None:
    now = iter([0.0, 1.0, 5.0, 7.0, 10.0, 14.0])
    watch = Stopwatch(lambda: next(now))
    with watch("camera"):
        pass
    with watch("camera"):
        pass
    try:
        with watch("commit"):
            raise OSError
    except OSError:
        pass
    assert watch.seconds == {"camera": 3.0, "commit": 4.0}


def test_what_the_station_adds_is_told_from_light_camera_and_vision() -> None:
    cycles = [
        {"order": 0.002, "light": 0.05, "camera": 0.1, "vision": 0.03, "commit": 0.01},
        {"order": 0.004, "light": 0.05, "camera": 0.1, "vision": 0.05, "commit": 0.01},
        {"order": 0.006, "light": 0.05, "camera": 0.1, "vision": 0.04, "commit": 0.01, "overlay": 0.02},
    ]
    rows = {row.phase: row for row in budget(cycles)}
    assert list(rows) == ["order", "light", "camera", "vision", "commit", "overlay", ADDED, ALL]
    assert _rounded(rows["overlay"]) == (0.0, 20.0)
    assert _rounded(rows[ADDED]) == (14.0, 36.0)
    assert _rounded(rows[ALL]) == (214.0, 226.0)
    assert budget([]) == []


def _rounded(row: PhaseTime) -> tuple[float, float]:
    return round(row.median_ms, 6), round(row.high_ms, 6)
