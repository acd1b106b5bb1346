"""Plays a scene into a V4L2 loopback device: `play.py DEVICE SCENE.npy` ends once it plays, and it plays ever after."""

from __future__ import annotations

import fcntl
import os
import struct
import sys
import time
from pathlib import Path

import numpy as np

# <linux/videodev2.h>: VIDIOC_S_FMT is _IOWR('V', 5, struct v4l2_format of 208 bytes).
S_FMT, OUTPUT, NO_FIELD, SRGB = 0xC0D05605, 2, 1, 8
FOURCC = {"uint8": b"GREY", "uint16": b"Y16 "}
FRAME_S = 0.1


def main() -> None:
    device, scene = sys.argv[1], np.load(sys.argv[2])
    height, width = scene.shape
    with Path(device).open("wb", buffering=0) as video:
        fourcc = int.from_bytes(FOURCC[str(scene.dtype)], "little")
        asked = struct.pack(
            "=IIIIIIIII", OUTPUT, 0, width, height, fourcc, NO_FIELD, width * scene.itemsize, scene.nbytes, SRGB
        )
        got = fcntl.ioctl(video, S_FMT, asked.ljust(208, b"\0"))
        if got[8:20] != asked[8:20]:
            sys.exit(f"{device} does not take {scene.dtype} pictures of {width} x {height} pixels")
        video.write(scene.tobytes())
        if os.fork():
            return
        while True:
            time.sleep(FRAME_S)
            video.write(scene.tobytes())


if __name__ == "__main__":
    main()
