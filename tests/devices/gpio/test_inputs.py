import time

import pytest

from station.devices.gpio import Button, InputFacts, Interlock, InterlockFacts
from station.errors import InputError, LostDeviceError

QUICK = InputFacts("GPIO22", debounce_ms=10.0)


def press(pin, for_s):
    pin.drive_low()
    time.sleep(for_s)
    pin.drive_high()


def test_a_press_between_two_calls_is_kept(pins):
    button = Button(QUICK)
    press(pins.pin(22), 0.02)
    assert button.wait(0.1)
    assert not button.wait(0.05)
    button.close()


def test_a_press_in_time_counts_once_however_long_it_is_held(pins, later):
    button = Button(QUICK)
    later(0.03, pins.pin(22).drive_low)
    assert button.wait(1.0)
    assert not button.wait(0.1)
    assert button.check() == "button, pressed: 1 input through Mock"
    pins.pin(22).drive_high()
    assert not button.wait(0.05)
    button.close()


def test_bounces_count_once_and_spikes_not_at_all(pins):
    now_s = [0.0]  # a machine that stands still for a while must not make presses of bounces

    def sleep(seconds):
        now_s[0] += seconds

    def bounce():
        pin.drive_low()
        sleep(0.001)
        pin.drive_high()

    button, pin = Button(QUICK, clock=lambda: now_s[0], sleep=sleep), pins.pin(22)
    for _ in range(5):
        bounce()
    assert not button.wait(0.05)
    bounce()
    bounce()
    pin.drive_low()
    assert button.wait(0.2)
    assert not button.wait(0.05)
    button.close()


def test_a_button_held_when_the_station_comes_up_is_no_press(pins):
    pins.pin(22).pull = "up"
    pins.pin(22).drive_low()
    button = Button(InputFacts("GPIO22", active="low", pull="none", debounce_ms=10.0))
    assert not button.wait(0.05)
    button.close()


def test_a_button_that_was_closed_and_opened_again_hears_its_edges(pins):
    Button(QUICK).close()
    assert pins.pin(22).when_changed is None
    button = Button(QUICK)
    press(pins.pin(22), 0.02)
    assert button.wait(0.1)
    button.close()


def test_times_of_another_clock_are_not_believed(pins):
    button = Button(QUICK)
    hear = pins.pin(22).when_changed
    hear(1.7e9, False)  # since 1970, as early kernels had it
    time.sleep(0.02)
    hear(1.7e9 + 0.02, True)
    assert button.wait(0.05)
    button.close()


def test_a_closed_button_is_gone(pins):
    button = Button(QUICK)
    button.close()
    with pytest.raises(LostDeviceError, match="button GPIO22"):
        button.wait(0.1)


def test_a_noisy_line_that_nobody_asks_about_keeps_its_level(pins):
    button, pin = Button(InputFacts("GPIO22", debounce_ms=400.0)), pins.pin(22)
    for _ in range(3000):
        pin.drive_low()
        pin.drive_high()
    assert not button.wait(0.05)
    press(pin, 0.5)
    assert button.wait(0.1)
    button.close()


@pytest.mark.parametrize(
    ("facts", "match"),
    [
        (InputFacts("GPIO22", pull="sideways"), "sideways"),
        (InputFacts("GPIO22", active="down"), "neither"),
        (InputFacts("GPIO22", debounce_ms=-1.0), "-1 ms"),
        (InputFacts("GPIO2", pull="down"), "pull"),
    ],
)
def test_facts_that_cannot_be_are_said(pins, facts, match):
    with pytest.raises(InputError, match=match):
        Button(facts)


def test_an_open_contact_or_wire_stops_at_once_and_a_closed_one_counts_when_it_stands(pins):
    door, stop = pins.pin(5), pins.pin(6)
    interlock = Interlock(
        InterlockFacts({"the door is open": "GPIO5", "the emergency stop is pressed": "GPIO6"}, debounce_ms=30.0)
    )
    assert interlock.stopped_by() == "the door is open and the emergency stop is pressed"  # nothing is wired
    door.drive_low()
    stop.drive_low()
    time.sleep(0.04)
    assert interlock.stopped_by() == ""
    door.drive_high()
    assert interlock.stopped_by() == "the door is open"
    door.drive_low()
    assert interlock.stopped_by() == "the door is open"
    time.sleep(0.04)
    assert interlock.stopped_by() == ""
    assert interlock.check() == "nothing stops the machine: 2 inputs through Mock"
    interlock.close()
    interlock.close()


def test_contacts_that_stop_nothing_are_refused(pins):
    with pytest.raises(InputError, match="open wire"):
        Interlock(InterlockFacts({"the door is open": "GPIO5"}, pull="down"))
    with pytest.raises(InputError, match="without contacts"):
        Interlock(InterlockFacts({}))


def test_a_door_that_was_open_between_two_questions_is_said_once(pins):
    interlock, door = Interlock(InterlockFacts({"the door is open": "GPIO5"}, debounce_ms=10.0)), pins.pin(5)
    door.drive_low()
    time.sleep(0.03)
    interlock.stopped_by()
    assert interlock.stopped_by() == ""
    door.drive_high()
    time.sleep(0.03)
    door.drive_low()
    time.sleep(0.03)
    assert interlock.check().startswith("nothing stops")
    assert interlock.stopped_by() == "the door is open (it was, meanwhile)"
    assert interlock.stopped_by() == ""
    interlock.close()
