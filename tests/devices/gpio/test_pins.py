import os
from pathlib import Path

import gpiozero
import pytest

from station.devices.gpio import Button, InputFacts, Light, LightFacts
from station.devices.gpio.pins import pin_errors
from station.errors import LostDeviceError


@pytest.mark.skipif(Path("/dev/gpiochip0").exists(), reason="this machine has pins")
def test_a_machine_without_pins_is_said_with_what_was_tried(monkeypatch):
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    here = Path.cwd()
    with pytest.raises(LostDeviceError, match=r"light: this machine has no GPIO pins that can be used \(.*lgpio.*\)"):
        Light(LightFacts({"front": "GPIO4"}))
    assert Path.cwd() == here
    assert not list(here.glob(".lgd-nfy*"))
    assert "LG_WD" not in os.environ


def test_a_factory_asked_for_by_name_that_is_none_is_said(monkeypatch):
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "magic")
    with pytest.raises(LostDeviceError, match="magic"):
        Button(InputFacts("GPIO4"))


class Lgpio(Exception):  # noqa: N818 - lgpio's own is called `error`
    def __init__(self, value):
        super().__init__(value)
        self.value = value


Lgpio.__module__ = "lgpio"


@pytest.mark.parametrize(
    ("raised", "match"),
    [
        (Lgpio("'GPIO busy'"), "another program has this line"),
        (Lgpio("'unknown handle'"), "the line is gone"),
        (OSError(13, "Permission denied"), "Permission denied"),
    ],
)
def test_what_libraries_raise_is_ours_with_the_place(raised, match):
    with pytest.raises(LostDeviceError, match=match) as caught, pin_errors("gate GPIO17"):
        raise raised
    assert caught.value.place == "gate GPIO17"


def test_mistakes_of_ours_are_not_hidden():
    with pytest.raises(ZeroDivisionError), pin_errors("gate"):
        _ = 1 / 0
