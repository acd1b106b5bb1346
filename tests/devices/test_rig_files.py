"""A rig's file: what it may say, what it must say, and one sentence for what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.devices.drivers import DRIVERS
from station.devices.rig_file import is_twin, read_rig
from station.errors import InputError

HW = Path(__file__).parents[2] / "hw"
GOOD = """
name = "bench"
[cell]
exposure_us = 2000
[camera]
driver = "files"
folder = "pictures"
serial = "C-1"
width_px = 400
height_px = 300
exposure_us = 2000
[light]
driver = "gpio"
pins = { backlight = "GPIO12" }
[gate]
driver = "gpio"
pin = "GPIO17"
[tower]
driver = "gpio"
red = "GPIO22"
yellow = "GPIO23"
green = "GPIO24"
[scanner]
driver = "serial"
port = "/dev/null"
"""


def read(tmp_path: Path, text: str):
    path = tmp_path / "rig.toml"
    path.write_text(text, encoding="utf-8")
    return read_rig(path)


@pytest.mark.parametrize("path", sorted(p for p in HW.glob("*.toml") if p.name != "twin.toml"), ids=lambda p: p.stem)
def test_the_rigs_that_ship_can_be_read(path: Path) -> None:
    assert not is_twin(path)
    assert read_rig(path).name == path.stem


def test_the_twin_is_one() -> None:
    assert is_twin(HW / "twin.toml")


def test_every_device_has_its_drivers_facts(tmp_path: Path) -> None:
    facts = read(tmp_path, GOOD)
    assert (facts.name, facts.cell.exposure_us, facts.feeder.driver) == ("bench", 2000.0, "attended")
    assert set(facts.devices) == {"camera", "light", "gate", "tower", "scanner"}
    assert facts.devices["light"][1].pins == {"backlight": "GPIO12"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "bench"', "", "the key 'name' is missing"),
        ('name = "bench"', 'name = "bench"\ncolour = "red"', "the key 'colour' is unknown here"),
        ("[tower]", "[towers]", "unknown|missing"),
        ('driver = "files"', 'driver = "film"', "camera: there is no driver 'film' for a camera; there are picamera2"),
        ('driver = "files"\n', "", "camera: the key 'driver' is missing"),
        ("width_px = 400", 'width_px = "400"', "camera.width_px: this must be a whole number"),
        ("width_px = 400", "width_px = 400\nlens = 1", "camera: the key 'lens' is unknown here"),
        ("exposure_us = 2000\n[camera]", "exposure_us = 0\n[camera]", "cell.exposure_us: an exposure must be longer"),
        ("[cell]", "[cell]\nstop_after_held = 0", "cell.stop_after_held: a line stops after one part"),
        ("[cell]", '[cell]\nshift_check = "daily"', "'daily' is none of off, warn, required"),
        ("[cell]", "[cell]\nframes = 0", "cell.frames: a picture is the mean of 1 to 64 frames, not 0"),
        ("[cell]", "[cell]\nframes = 2", "cell.frames: files are handed out once"),
        ("[cell]", "[cell]\nsettles = true", "cell.settles: files are handed out once"),
        ("[cell]", '[feeder]\ndriver = "line"\n[cell]', "a feeder 'line' needs a \\[handshake\\]"),
        ("[cell]", "[feeder]\nplaces_mm = [[1, 2]]\n[cell]", "a pallet, and nothing else, has places"),
        ('driver = "gpio"\npin = "GPIO17"', 'driver = "controller"', "gate hang on the controller, and there is no"),
        ("[cell]", "[cell", "this is not TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_with_its_place(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=sentence) as found:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert found.value.place.startswith(str(tmp_path))


def test_every_driver_is_there_with_its_facts() -> None:
    from importlib import import_module

    for drivers in DRIVERS.values():
        for driver in drivers.values():
            module = import_module(f"station.devices.{driver.module}")
            assert callable(getattr(module, driver.name))
            assert not driver.facts or hasattr(module, driver.facts)
