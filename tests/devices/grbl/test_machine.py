"""What a machine is by its settings, and how long its ways take: held to a real one and to a sum of small steps."""

import math

import pytest

from station.devices.grbl.machine import Axis, machine_of, way_s
from station.devices.grbl.said import Dialect

GENERIC = {"20": "0", "21": "0", "22": "1", "23": "0", "24": "25.000", "25": "500.000", "26": "250", "27": "1.000"}
GENERIC |= {f"{block + axis}": text for block, text in ((100, "250.000"), (110, "500.000")) for axis in range(3)}
GENERIC |= {f"{block + axis}": text for block, text in ((120, "10.000"), (130, "200.000")) for axis in range(3)}


def test_ways_take_as_long_as_the_real_one_took():
    """Grbl 1.1h, 10 mm/s²: 5 mm at F300 stood after 1.5 s; G0 from 7.024 to 1 peaked after 0.776 s of 1.552 s."""
    axes = machine_of(GENERIC, "XYZ", Dialect.GRBL).axes
    assert way_s(axes, (0, 0, 0), (5, 0, 0), 300.0) == pytest.approx(1.5)
    assert way_s(axes, (7.024, 0, 0), (1, 0, 0), 0.0) == pytest.approx(2 * math.sqrt(6.024 / 10.0))
    assert way_s(axes, (1, 1, 1), (1, 1, 1), 300.0) == 0.0


@pytest.mark.parametrize("target", [(3.0, 4.0, 0.0), (50.0, -20.0, 1.0), (0.0, 0.0, -0.01), (0.1, 190.0, 0.1)])
@pytest.mark.parametrize("feed", [0.0, 100.0, 1e6])
def test_ways_take_as_long_as_a_sum_over_small_steps(target, feed):
    axes = (
        Axis(0.01, 10.0, 100.0, 200, -200, 0),
        Axis(0.01, 20.0, 50.0, 200, -200, 0),
        Axis(0.01, 5.0, 10.0, 9, -9, 0),
    )
    length = math.hypot(*target)
    shares = [abs(one) / length for one in target]
    top = min(
        [axis.rate_mm_per_s / share for axis, share in zip(axes, shares, strict=True) if share] + [feed / 60 or 1e9]
    )
    gain = min(axis.acceleration_mm_per_s2 / share for axis, share in zip(axes, shares, strict=True) if share)
    done, time_s, steps = 0.0, 0.0, 20000
    for at in range(steps):
        middle = (at + 0.5) / steps * length
        done = min(top, math.sqrt(2 * gain * middle), math.sqrt(2 * gain * (length - middle)))
        time_s += length / steps / done
    assert way_s(axes, (0, 0, 0), target, feed) == pytest.approx(time_s, rel=0.01)


def test_travel_lies_where_grbl_puts_it():
    assert machine_of(GENERIC, "XYZ", Dialect.GRBL).axes[0].lowest_mm == -200.0
    low_corner = GENERIC | {"23": "3"}
    for options, dialect, expected in (
        ("V", Dialect.GRBL, (-200.0, 0.0)),
        ("VZ", Dialect.GRBL, (0.0, 200.0)),
        ("V", Dialect.GRBLHAL, (-200.0, 0.0)),
    ):
        axis = machine_of(low_corner, "XYZ", dialect, options).axes[1]
        assert (axis.lowest_mm, axis.highest_mm) == expected
    forced = machine_of(low_corner | {"22": "9"}, "XYZ", Dialect.GRBLHAL)
    assert (forced.axes[0].highest_mm, forced.axes[2].highest_mm) == (200.0, 0.0)
    unhomed = machine_of(GENERIC | {"22": "0"}, "X", Dialect.GRBL)
    assert not unhomed.homes
    assert (unhomed.axes[0].lowest_mm, unhomed.axes[0].highest_mm) == (-200.0, 200.0)


def test_homing_is_given_the_time_that_it_may_take():
    """Each axis: 300 mm at 500 mm/min is 36 s, 5 mm at 25 mm/min 12 s, two pull-offs, four pauses, ramps."""
    assert machine_of(GENERIC, "X", Dialect.GRBL).homing_s == pytest.approx(36 + 12 + 0.24 + 1 + 4 * 5 / 6, abs=0.01)


@pytest.mark.parametrize("name", ["100", "110", "120", "130"])
@pytest.mark.parametrize("text", [None, "", "abc", "nan", "inf", "0.000", "-1"])
def test_a_setting_that_is_missing_or_nonsense_is_named(name, text):
    settings = dict(GENERIC)
    settings.pop(name)
    if text is not None:
        settings[name] = text
    with pytest.raises(KeyError, match=name):
        machine_of(settings, "XYZ", Dialect.GRBL)


@pytest.mark.parametrize("name", ["24", "25", "110", "130"])
def test_a_setting_that_cannot_be_is_named(name):
    """Grbl takes $24=0 and $25=0; nothing homes at that speed."""
    with pytest.raises(KeyError, match=name):
        machine_of(GENERIC | {name: "0.000"}, "XYZ", Dialect.GRBL)


def test_a_machine_that_does_not_home_needs_no_speeds_for_it():
    assert machine_of(GENERIC | {"22": "0", "24": "0.000"}, "XYZ", Dialect.GRBL).homing_s == 0.0
