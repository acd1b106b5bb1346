import pytest

from station.devices.modbus import Handshake, HandshakeFacts, Light, LightFacts
from station.errors import InputError, LostDeviceError
from station.facts import facts_of


@pytest.mark.parametrize(
    ("facts", "match"),
    [
        (LightFacts("tcp://h", {"sideways": 1}), "sideways"),
        (LightFacts("tcp://h", {"ring": 1}, {"front": 0.5}), "front"),
        (LightFacts("tcp://h", {"ring": 1}, {"ring": 0.0}), "level 0 of ring"),
        (LightFacts("tcp://h", {"ring": 1, "front": 1}), "same register"),
        (LightFacts("tcp://h", {"ring": 70000}), "65535"),
        (LightFacts("tcp://h", {"ring": 1}, setup={"mode": 1}), "'mode'"),
        (LightFacts("tcp://h", {"ring": 1}, parity="X"), "parity"),
        (LightFacts("tcp://", {"ring": 1}), "no tcp://host:port"),
        (LightFacts("tcp://h:port", {"ring": 1}), "no tcp://host:port"),
    ],
)
def test_light_facts_that_cannot_be_are_said(facts, match):
    with pytest.raises(InputError, match=match):
        Light(facts)


@pytest.mark.parametrize(
    "facts", [HandshakeFacts(plc_silent_s=0.0), HandshakeFacts(device_id=300), HandshakeFacts(port=70000)]
)
def test_handshake_facts_that_cannot_be_are_said(facts):
    with pytest.raises(InputError, match="plc_silent_s is"):
        Handshake(facts)


def test_an_address_that_is_not_ours_is_said():
    with pytest.raises(LostDeviceError, match="nothing can listen on this address"):
        Handshake(HandshakeFacts("192.0.2.1", 15020))


def test_facts_come_from_a_table():
    table = {"where": "/dev/ttyUSB0", "registers": {"ring": 3}, "levels": {"ring": 1}, "setup": {"9": 2}}
    assert facts_of(LightFacts, table, "light") == LightFacts("/dev/ttyUSB0", {"ring": 3}, {"ring": 1.0}, {"9": 2})
    with pytest.raises(InputError, match="'channels' is unknown"):
        facts_of(LightFacts, {**table, "channels": 1}, "light")
