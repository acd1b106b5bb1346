import pytest

from station.devices.gpio import Light, LightFacts
from station.devices.protocols import View
from station.errors import DeviceError, InputError, LostDeviceError

FACTS = LightFacts({"backlight": "GPIO17", "ring": "GPIO18"}, {"ring": 0.4}, settle_ms=30.0)


def test_one_view_is_lit_at_its_level_and_steady_when_settled(pins):
    light = Light(FACTS, clock=lambda: 5.0)
    back, ring = pins.pin(17), pins.pin(18)
    assert light.views == {View.BACKLIGHT, View.RING}
    assert (back.state, ring.state, ring.frequency) == (0, 0, 1000.0)
    assert light.turn_on(View.RING) == pytest.approx(5.03)
    assert (back.state, ring.state) == (0, 0.4)
    light.turn_on(View.BACKLIGHT)
    assert (back.state, ring.state) == (1, 0)
    light.turn_off()
    assert (back.state, ring.state) == (0, 0)


def test_a_lamp_that_is_on_already_is_as_steady_as_it_was(pins):
    now = [1.0]
    light = Light(FACTS, clock=lambda: now[0])
    first = light.turn_on(View.RING)
    now[0] = 9.0
    assert light.turn_on(View.RING) == first


def test_lamps_that_light_when_low_are_dark_when_high(pins):
    light = Light(LightFacts({"front": "GPIO4"}, active="low"))
    lamp = pins.pin(4)
    assert lamp.state == 1
    light.turn_on(View.FRONT)
    assert lamp.state == 0


def test_closed_lamps_are_dark_and_twice_is_once(pins):
    light = Light(FACTS)
    light.turn_on(View.BACKLIGHT)
    light.close()
    light.close()
    assert pins.pin(17).state == 0
    Light(FACTS).close()  # the pins are free again
    with pytest.raises(DeviceError, match="no lamp"):
        light.turn_on(View.BACKLIGHT)


def test_a_pin_used_twice_is_said_and_the_rest_let_go(pins):
    taken = Light(LightFacts({"front": "GPIO18"}))
    with pytest.raises(LostDeviceError, match="another device of this rig has this pin") as caught:
        Light(FACTS)
    assert caught.value.place == "light GPIO18"
    Light(LightFacts({"backlight": "GPIO17"})).close()
    taken.close()


@pytest.mark.parametrize(
    ("facts", "match"),
    [
        (LightFacts({"sideways": "GPIO4"}), "sideways"),
        (LightFacts({"ring": "GPIO4"}, {"front": 0.5}), "front"),
        (LightFacts({"ring": "GPIO4"}, {"ring": 1.5}), "level 1.5"),
        (LightFacts({"ring": "GPIO4"}, frequency_hz=0.0), "0 Hz"),
        (LightFacts({"ring": "GPIO4"}, active="on"), "neither"),
        (LightFacts({"ring": "GPIO99"}), "GPIO99"),
        (LightFacts({"ring": "lamp"}), "lamp"),
    ],
)
def test_facts_that_cannot_be_are_said(pins, facts, match):
    with pytest.raises(InputError, match=match):
        Light(facts)


def test_a_view_without_a_lamp_is_said(pins):
    with pytest.raises(DeviceError, match="no lamp for the view 'dark'"):
        Light(FACTS).turn_on(View.DARK)


def test_check_names_the_lamps_and_lights_none(pins):
    light = Light(FACTS)
    assert light.check() == "lamps for backlight, ring: 2 outputs through Mock"
    assert pins.pin(17).state == 0
