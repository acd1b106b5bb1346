"""Each driver has every method of its protocol, with the same signature."""

import inspect

import pytest

from station.devices import gpio, light_gardasoft, modbus, protocols, scanner_keyboard, scanner_serial
from station.devices.thermometer_file import FileThermometer
from station.devices.thermometer_w1 import W1Thermometer

PAIRS = [
    (protocols.Light, gpio.Light),
    (protocols.Gate, gpio.Gate),
    (protocols.Tower, gpio.Tower),
    (protocols.Button, gpio.Button),
    (protocols.Interlock, gpio.Interlock),
    (protocols.Handshake, gpio.Handshake),
    (protocols.Handshake, modbus.Handshake),
    (protocols.Light, modbus.Light),
    (protocols.Light, light_gardasoft.Light),
    (protocols.Scanner, scanner_serial.Scanner),
    (protocols.Scanner, scanner_keyboard.Scanner),
    (protocols.Thermometer, FileThermometer),
    (protocols.Thermometer, W1Thermometer),
]


@pytest.mark.parametrize(("protocol", "driver"), PAIRS)
def test_every_method_with_the_same_signature(protocol, driver):
    methods = {name: one for name, one in vars(protocol).items() if inspect.isfunction(one) and name[0] != "_"}
    for name, method in methods.items():
        assert inspect.signature(method) == inspect.signature(getattr(driver, name)), name
        assert getattr(driver, name).__doc__, name


@pytest.mark.parametrize(("protocol", "driver"), PAIRS)
def test_every_property(protocol, driver):
    for name, one in vars(protocol).items():
        if isinstance(one, property):
            assert isinstance(inspect.getattr_static(driver, name), property), name
