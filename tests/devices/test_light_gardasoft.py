import pytest

from station.devices.light_gardasoft import Light, LightFacts
from station.devices.protocols import View
from station.errors import DeviceError, InputError, LostDeviceError
from tests.peers.gardasoft import Controller, Served

CHANNELS = {"backlight": 1, "ring": 3}


@pytest.fixture(params=[False, True], ids=["silent", "echoing"])
def controller(request):
    return Controller(echo=request.param)


@pytest.fixture
def where(controller):
    served = Served(controller)
    yield served.where
    served.close()


def percents(controller):
    return [percent for _, percent, _, _ in controller.channels.values()]


def test_the_peer_says_what_the_manuals_say():
    controller = Controller()
    assert controller.answer("VR") == "RT420-20 (HW02) V031\r\n>"  # RT 20 series, 12.3.1
    assert controller.answer("RS1,50; RW2,100") == ">"
    assert controller.answer("XX1") == "Err 2\r\n>"  # PP420, appendix B
    assert controller.answer("RS1,0,5") == "Err 4\r\n>"
    assert controller.answer("RS1,0,5,1") == "Err 4\r\n>"
    assert controller.answer("RS1,half") == "Err 3\r\n>"
    assert controller.answer("RS9,50") == "Err 1\r\n>"


def test_continuous_one_view_alone_dark_on_open_and_on_close(controller, where):
    now = [10.0]
    light = Light(LightFacts(where, CHANNELS, {"ring": 0.255}), clock=lambda: now[0])
    assert light.views == {View(view) for view in CHANNELS}
    assert percents(controller) == [0.0, 50.0, 0.0, 50.0]  # the others are not ours
    assert light.turn_on(View.RING) == pytest.approx(10.02)
    assert controller.channels[3][:2] == (0, 25.5)
    now[0] = 11.0
    assert light.turn_on(View.RING) == pytest.approx(11.02)
    light.turn_on(View.BACKLIGHT)
    assert percents(controller)[:3] == [100.0, 50.0, 0.0]
    assert light.check() == "light controller RT420-20 (HW02) V031, continuous, channels 2"
    light.close()
    assert percents(controller)[:3] == [0.0, 50.0, 0.0]


def test_switched_and_pulsed(controller, where):
    light = Light(LightFacts(where, CHANNELS, mode="switched"))
    light.turn_on(View.RING)
    assert controller.channels[3][:2] == (2, 100.0)
    light.close()
    facts = LightFacts(where, CHANNELS, {"ring": 3.5}, "pulsed", pulse_us=50.0, delay_us=12.5, retrigger_us=2000.0)
    light = Light(facts)
    light.turn_on(View.RING)
    assert controller.channels[3] == (1, 350.0, 0.05, 0.013)
    assert controller.heard[-1] == "RT3,0.05,0.013,350,2"
    assert controller.channels[1][1] == 0.0
    light.close()


def test_errors_are_told_in_words(controller, where):
    with pytest.raises(DeviceError, match=r"refuses RS7,0: a value is not possible \(error 1\)") as caught:
        Light(LightFacts(where, {"ring": 7}))
    assert caught.value.place == f"light {where}"
    light = Light(LightFacts(where, CHANNELS))
    controller.error = 36
    with pytest.raises(DeviceError, match=r"reports: an output is short circuited \(error 36\)"):
        light.check()
    light.check()
    controller.error = 99
    with pytest.raises(DeviceError, match=r"see its manual \(error 99\)"):
        light.check()
    with pytest.raises(DeviceError, match="no lamp for the view 'dark'"):
        light.turn_on(View.DARK)
    light.close()


def test_a_silent_controller_is_said_in_time_and_set_anew_when_it_is_back(controller, where):
    light = Light(LightFacts(where, CHANNELS, timeout_ms=150.0))
    light.turn_on(View.RING)
    controller.silent = True
    with pytest.raises(LostDeviceError, match="does not answer"):
        light.turn_on(View.RING)
    controller.silent = False
    controller.channels = dict.fromkeys(controller.channels, (0, 80.0, 1.0, 1.0))  # it was off and on again
    light.turn_on(View.RING)
    assert percents(controller) == [0.0, 80.0, 100.0, 80.0]
    light.close()


def test_what_does_not_speak_so_is_said(controller, where):
    controller.version = "OK"
    with pytest.raises(LostDeviceError, match=r"does not speak Gardasoft's dialect|does not answer"):
        Light(LightFacts(where, CHANNELS, timeout_ms=50.0))
    controller.silent = True
    with pytest.raises(LostDeviceError, match="does not answer"):
        Light(LightFacts(where, CHANNELS, timeout_ms=50.0))


@pytest.mark.parametrize(
    ("facts", "match"),
    [
        (LightFacts("x", {"sideways": 1}), "sideways"),
        (LightFacts("x", {"ring": 1}, {"front": 1.0}), "front"),
        (LightFacts("x", {"ring": 1}, {"ring": 1.5}), "not within 0 to 1$"),
        (LightFacts("x", {"ring": 1}, mode="strobe"), "'strobe'"),
        (LightFacts("x", {"ring": 1, "dark": 1}), "once"),
        (LightFacts("x", {"ring": 0}), "from 1"),
        (LightFacts("x", {"ring": 1}, mode="pulsed", pulse_us=0.0), "length"),
    ],
)
def test_facts_that_cannot_be_are_said(facts, match):
    with pytest.raises(InputError, match=match):
        Light(facts)
