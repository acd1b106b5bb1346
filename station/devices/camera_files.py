"""A camera that hands out pictures from a folder, by view: for trials and demos, never for parts that count.

A file tells neither when nor how long it was exposed. So the rig's file says for all of them which exposure they were
taken with, and a shot that asks for another one is refused like any other. The time of a frame is when the file was
taken up: there is no light it could be older than. The camera calls itself `files`, which is what records then say.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from station.devices.picture_files import MAX_PICTURE_BYTES, decode_pixels, is_picture
from station.devices.protocols import CameraFacts, Frame, View
from station.documents import read_limited
from station.errors import CaptureError, InputError, LostDeviceError
from station.vision.picture import picture_from

MODEL = "files"


@dataclass(frozen=True, slots=True)
class FilesFacts:
    """A folder of pictures as the rig's file has it.

    A file belongs to the view that its name begins with: `backlight.png`, `ring-2.tif`, `dark 007.pgm`. Each is handed
    out once, numbers in their order, so that no part is judged by another one's picture; with `repeat` the first
    follows the last, for demos. `exposure_us` and `bit_depth` are what whoever took them says; `serial`, the camera.
    """

    folder: str
    serial: str
    width_px: int
    height_px: int
    exposure_us: float
    bit_depth: int = 8
    repeat: bool = False


class FilesCamera:
    """Hands out files. They are looked for at every call: a folder may be filled meanwhile."""

    def __init__(
        self,
        facts: FilesFacts,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises: LostDeviceError without such a folder."""
        del sleep  # files are there or not
        self._facts, self._clock, self._folder = facts, clock, Path(facts.folder)
        self._given: dict[View, list[str]] = {view: [] for view in View}
        self._sequence = 0
        self.check()

    def facts(self) -> CameraFacts:
        """The camera that took the pictures, by the rig's word; its model is `files`."""
        facts = self._facts
        return CameraFacts(MODEL, facts.serial, facts.width_px, facts.height_px, facts.bit_depth)

    def capture(self, view: View, exposure_us: float) -> Frame:
        """The next file of this view; colour becomes grey. Raises: CaptureError when there is none, or it is none."""
        del exposure_us  # it was taken as it was taken; whether that is what is asked for, others check
        began_s = self._clock()
        path = self._next(view)
        try:
            pixels, _ = decode_pixels(read_limited(path, MAX_PICTURE_BYTES), place=str(path))
        except InputError as error:
            raise CaptureError(error.sentence, place=str(path)) from error
        image = picture_from(pixels).grey
        depth = self._facts.bit_depth
        if (image.dtype == np.uint8) != (depth == 8) or int(image.max()) >= 1 << depth:
            bits = 8 * image.dtype.itemsize
            raise CaptureError(
                f"the file has {bits} bits with levels up to {image.max()}, not {depth}", place=str(path)
            )
        self._sequence += 1
        return Frame(view, image, began_s, self._facts.exposure_us, 1.0, 1.0, depth, self._sequence)

    def _next(self, view: View) -> Path:
        here, given = self._files(view), self._given[view]
        left = [path for path in here if path.name not in given]
        if not left and here and self._facts.repeat:
            given.clear()
            left = here
        if not left:
            what = f"all {len(here)} pictures of the view {view} were handed out" if here else f"no picture of {view}"
            raise CaptureError(f"{what} (files are named like {view}-1.png)", place=str(self._folder))
        given.append(left[0].name)
        return left[0]

    def _files(self, view: View) -> list[Path]:
        try:
            here = [path for path in self._folder.iterdir() if is_picture(path)]
        except OSError as error:
            raise LostDeviceError(f"the folder cannot be read ({error.strerror})", place=str(self._folder)) from error
        mine = [path for path in here if re.match(rf"{view}(?![a-z])", path.name.lower())]
        return sorted(mine, key=lambda path: [int(t) if t.isdigit() else t for t in re.split(r"(\d+)", path.name)])

    def check(self) -> str:
        """How many files of which view there are. Raises: LostDeviceError without the folder."""
        counts = {view: len(self._files(view)) for view in View}
        words = ", ".join(f"{number} {view}" for view, number in counts.items() if number) or "none yet"
        return f"pictures from {self._folder} (camera {self._facts.serial}): {words}"

    def close(self) -> None:
        """Nothing to let go of."""
