import pytest

from station.devices.gpio import Tower, TowerFacts
from station.devices.protocols import TowerSign
from station.errors import InputError

FULL = TowerFacts("GPIO5", "GPIO6", "GPIO13", "GPIO19", "GPIO26", "GPIO21")
LAMPS = {"red": 5, "yellow": 6, "green": 13, "blue": 19, "white": 26, "buzzer": 21}


def lit(pins):
    return {name for name, number in LAMPS.items() if pins.pin(number).state}


@pytest.mark.parametrize(
    ("sign", "lamps"),
    [
        (TowerSign.OFF, set()),
        (TowerSign.READY, {"white"}),
        (TowerSign.BUSY, {"white"}),
        (TowerSign.PASS, {"green"}),
        (TowerSign.FAIL, {"yellow"}),
        (TowerSign.UNDECIDED, {"blue"}),
        (TowerSign.ERROR, {"red", "buzzer"}),
    ],
)
def test_each_sign_has_its_colour_and_no_other(pins, soon, sign, lamps):
    tower = Tower(FULL)
    tower.show(TowerSign.ERROR)
    tower.show(sign)
    assert soon(lambda: lit(pins) == lamps)
    tower.close()
    tower.close()
    assert lit(pins) == set()


def test_every_sign_has_a_look(pins):
    tower = Tower(FULL)
    for sign in TowerSign:
        tower.show(sign)
        assert f"shows {sign}" in tower.check()
    tower.close()


@pytest.mark.parametrize(
    ("sign", "number", "flashes"),
    [(TowerSign.PASS, 13, False), (TowerSign.BUSY, 13, True), (TowerSign.UNDECIDED, 6, True)],
)
def test_three_lamps_do_by_flashing(pins, soon, sign, number, flashes):
    tower = Tower(TowerFacts("GPIO5", "GPIO6", "GPIO13"))
    pin = pins.pin(number)
    tower.show(sign)
    assert soon(lambda: pin.state == 1)
    assert soon(lambda: pin.state == 0, timeout_s=0.6) == flashes
    tower.close()


def test_lamps_that_light_when_low(pins):
    tower = Tower(TowerFacts("GPIO5", "GPIO6", "GPIO13", active="low"))
    tower.show(TowerSign.PASS)
    assert [pins.pin(number).state for number in (5, 6, 13)] == [1, 1, 0]
    tower.close()


def test_a_level_that_is_none_is_said(pins):
    with pytest.raises(InputError, match="neither"):
        Tower(TowerFacts("GPIO5", "GPIO6", "GPIO13", active="bright"))
