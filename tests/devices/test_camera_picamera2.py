"""The thin driver over a module with Picamera2's documented interface: what it asks for, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from station.devices.camera_picamera2 import Picamera2Camera, Picamera2Facts, find
from station.devices.protocols import View
from station.errors import CaptureError, DeviceError, LostDeviceError

FACTS = Picamera2Facts("GS-1", 16, 4)
LEVELS = np.arange(64, dtype=np.uint16).reshape(4, 16) * 16


@dataclass
class Pi:
    """What the fake camera does; a new exposure is in force three frames later, as on a real sensor."""

    now: float = 50.0
    raw_format: str = "R10"
    exposures: list[int] = field(default_factory=lambda: [10000])
    calls: list[Any] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    fail: Exception | None = None
    released: int = 0
    asked: int = 0


class Request:
    def __init__(self, pi: Pi, began: float, exposure: int, config: dict[str, Any]) -> None:
        self.pi, self.config = pi, config
        read_out_ns = int((began + exposure * 1e-6) * 1e9)
        self.told = {"SensorTimestamp": read_out_ns, "ExposureTime": exposure, "AnalogueGain": 1.0, "DigitalGain": 1.0}

    def get_metadata(self) -> dict[str, Any]:
        return {k: v for k, v in (self.told | self.pi.metadata).items() if v is not None}

    def make_buffer(self, name: str) -> Any:
        stride = self.config[name]["stride"]
        if name == "main":
            rows = np.zeros((6, stride), np.uint8)
            rows[:4, :16] = LEVELS // 4
        else:
            rows = np.zeros((4, stride), np.uint8)
            rows[:, :32] = LEVELS.astype("<u2").view(np.uint8)
        return rows.reshape(-1)

    def release(self) -> None:
        self.pi.released += 1


def module(pi: Pi) -> Any:
    class Picamera2:
        camera_controls: ClassVar[dict[str, Any]] = dict.fromkeys(
            ("AeEnable", "AwbEnable", "AnalogueGain", "ExposureTime", "NoiseReductionMode", "Sharpness")
        )

        def __init__(self, camera_num: int = 0, tuning: Any = None) -> None:
            pi.calls.append(("open", camera_num, tuning))

        @staticmethod
        def global_camera_info() -> list[dict[str, Any]]:
            return [{"Model": "imx296", "Num": 0, "Id": "/base/i2c/imx296@1a", "Location": 2, "Rotation": 0}]

        @staticmethod
        def load_tuning_file(name: str) -> Any:
            return {"tuning of": name}

        def create_still_configuration(self, **asked: Any) -> Any:
            return asked

        def configure(self, config: Any) -> None:
            pi.calls.append(("configure", config))
            self.config = {
                "main": {"format": "YUV420", "size": config["main"].get("size", (16, 4)), "stride": 64},
                "raw": {"format": pi.raw_format, "size": config.get("raw", {}).get("size"), "stride": 64},
            }

        def camera_configuration(self) -> Any:
            return self.config

        def start(self) -> None:
            pi.calls.append("start")

        def set_controls(self, controls: dict[str, Any]) -> None:
            pi.exposures = [pi.exposures[0]] * 3 + [controls["ExposureTime"]]

        def capture_request(self, wait: Any = None, flush: Any = None) -> Request:
            assert flush is True
            assert 0 < wait <= 3
            if pi.fail:
                raise pi.fail
            pi.asked += 1
            exposure = pi.exposures.pop(0) if len(pi.exposures) > 1 else pi.exposures[0]
            began, pi.now = pi.now + 0.001, pi.now + 0.05
            return Request(pi, began, exposure, self.config)

        def cancel_all_and_flush(self) -> None:
            pi.calls.append("cancel")

        def stop(self) -> None:
            pi.calls.append("stop")

        def close(self) -> None:
            pi.calls.append("close")

    return SimpleNamespace(Picamera2=Picamera2)


def camera(pi: Pi, facts: Picamera2Facts = FACTS) -> Picamera2Camera:
    return Picamera2Camera(facts, clock=lambda: pi.now, module=lambda: module(pi))


def test_the_raw_stream_comes_level_by_level_and_everything_automatic_is_off() -> None:
    pi = Pi()
    opened = camera(pi)
    config = next(one[1] for one in pi.calls if one[0] == "configure")
    assert config["raw"] == {"format": "R10", "size": (16, 4)}
    assert config["controls"] == {
        "AeEnable": False,
        "AwbEnable": False,
        "AnalogueGain": 1.0,
        "NoiseReductionMode": 0,
        "Sharpness": 0.0,
    }
    assert config["queue"] is False
    called = pi.now
    frame = opened.capture(View.BACKLIGHT, 2000.0)
    assert np.array_equal(frame.image, LEVELS)
    assert (frame.exposure_us, frame.bit_depth) == (2000.0, 10)
    assert frame.captured_at_s >= called
    assert pi.asked == pi.released == 4  # three had the old exposure still
    assert (opened.facts().model, opened.facts().serial) == ("imx296", "GS-1")
    assert opened.check().startswith("imx296 (GS-1), 16 × 4 R10")
    opened.close()
    opened.close()
    assert pi.calls[-2:] == ["stop", "close"]
    with pytest.raises(LostDeviceError, match="was closed"):
        opened.capture(View.BACKLIGHT, 2000.0)


def test_the_brightness_plane_needs_a_linear_tuning() -> None:
    with pytest.raises(DeviceError, match="tuning_file without gamma"):
        camera(Pi(), replace(FACTS, stream="main"))
    pi = Pi()
    frame = camera(pi, replace(FACTS, stream="main", tuning_file="linear.json")).capture(View.FRONT, 2000.0)
    assert np.array_equal(frame.image, LEVELS // 4)
    assert frame.image.dtype == np.uint8
    assert ("open", 0, {"tuning of": "linear.json"}) in pi.calls


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"SensorTimestamp": None}, "does not tell its SensorTimestamp"),
        ({"ExposureTime": 1000}, "exposure is 1000 µs instead of 2000 µs"),
        ({"SensorTimestamp": 1}, "after 8 frames"),
    ],
)
def test_a_frame_whose_own_word_does_not_fit_is_refused(told: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CaptureError, match=sentence):
        camera(Pi(metadata=told)).capture(View.RING, 2000.0)


def test_gains_are_handed_on_as_the_frame_tells_them() -> None:
    frame = camera(Pi(metadata={"AnalogueGain": 1.12, "DigitalGain": 1.5})).capture(View.RING, 2000.0)
    assert (frame.analogue_gain, frame.digital_gain) == (1.12, 1.5)


def test_troubles_are_told() -> None:
    pi = Pi()
    opened = camera(pi)
    pi.fail = TimeoutError()
    with pytest.raises(LostDeviceError, match="no picture came within 3 s"):
        opened.capture(View.RING, 2000.0)
    assert pi.calls[-1] == "cancel"
    pi.fail = RuntimeError("Camera frontend has timed out!")
    with pytest.raises(LostDeviceError, match="timed out"):
        opened.check()
    with pytest.raises(CaptureError, match="outside the camera's 30 to 1e"):
        opened.capture(View.RING, 5.0)
    with pytest.raises(DeviceError, match="mosaic"):
        camera(Pi(raw_format="SRGGB10"))
    with pytest.raises(LostDeviceError, match="no camera number 3"):
        camera(Pi(), replace(FACTS, number=3))
    with pytest.raises(DeviceError, match="is the camera /base"):
        camera(Pi(), replace(FACTS, camera_id="/base/other"))


def test_one_that_cannot_even_be_stopped_is_let_go_of_all_the_same() -> None:
    pi = Pi()
    opened = camera(pi)

    def dead(*_: object) -> None:
        raise RuntimeError("Device timeout detected")

    opened._camera.stop = opened._camera.set_controls = dead
    with pytest.raises(LostDeviceError, match="Device timeout"):
        opened.capture(View.RING, 2000.0)
    opened.close()
    assert pi.calls[-1] == "close"
    opened.close()


def test_off_a_pi_it_says_what_is_missing() -> None:
    with pytest.raises(DeviceError, match="apt install python3-picamera2"):
        Picamera2Camera(FACTS)
    assert find() == []
