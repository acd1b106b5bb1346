"""Every camera driver has the methods of the protocol, and can be imported where its library is not."""

import inspect
import subprocess
import sys

import pytest

from station.devices.camera_aravis import AravisCamera, AravisFacts
from station.devices.camera_files import FilesCamera, FilesFacts
from station.devices.camera_picamera2 import Picamera2Camera, Picamera2Facts
from station.devices.camera_v4l2 import V4l2Camera, V4l2Facts
from station.devices.protocols import Camera
from station.facts import facts_of

DRIVERS = [AravisCamera, FilesCamera, Picamera2Camera, V4l2Camera]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_has_every_method_with_the_same_signature(driver):
    methods = {name: one for name, one in vars(Camera).items() if inspect.isfunction(one) and name[0] != "_"}
    for name, method in methods.items():
        assert inspect.signature(method) == inspect.signature(getattr(driver, name)), name
        assert getattr(driver, name).__doc__, name
    rest = list(inspect.signature(driver.__init__).parameters)[:4]
    assert rest == ["self", "facts", "clock", "sleep"]


def test_importing_the_drivers_loads_no_library():
    program = (
        "import sys, station.devices.camera_aravis, station.devices.camera_picamera2, station.devices.camera_v4l2\n"
        "assert not {'gi', 'picamera2', 'libcamera'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (V4l2Facts, {"device": "/dev/video0", "width_px": 640, "height_px": 480, "controls": {"gain": 16}}),
        (AravisFacts, {"serial": "A-1", "width_px": 640, "height_px": 480, "features": {"GammaEnable": "false"}}),
        (Picamera2Facts, {"serial": "P-1", "width_px": 1456, "height_px": 1088}),
        (FilesFacts, {"folder": "x", "serial": "F-1", "width_px": 64, "height_px": 48, "exposure_us": 2000.0}),
    ],
)
def test_facts_come_from_a_table_of_a_rigs_file(kind, table):
    facts = facts_of(kind, table, "camera")
    assert (facts.width_px, facts.height_px) == (table["width_px"], table["height_px"])
