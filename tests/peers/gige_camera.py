"""Aravis's own GigE Vision camera on loopback, showing a scene of ours: run as a program of its own, to be killed.

It is held to Aravis: registers, protocol and packets are the library's, only the pixels are ours. With --stamped the
first eight pixels of every picture are the time of its exposure (CLOCK_MONOTONIC, ns, little endian).
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import time
from ctypes import CFUNCTYPE, c_bool, c_char_p, c_double, c_size_t, c_uint32, c_void_p

import numpy as np

_FILL = CFUNCTYPE(None, c_void_p, c_void_p, c_uint32, c_uint32, c_uint32)


def main() -> None:
    """Serve until killed, or left alone."""
    asked = argparse.ArgumentParser()
    asked.add_argument("serial")
    asked.add_argument("scene", help=".npy of what it shows, (height, width)")
    asked.add_argument("--lost", type=float, default=0.0, help="fraction of packets that are lost")
    asked.add_argument("--stamped", action="store_true")
    given = asked.parse_args()
    scene = np.ascontiguousarray(np.load(given.scene)).tobytes()

    lib = ctypes.CDLL("libaravis-0.8.so.0")
    gobject = ctypes.CDLL("libgobject-2.0.so.0")
    lib.arv_gv_fake_camera_new.restype, lib.arv_gv_fake_camera_new.argtypes = c_void_p, (c_char_p, c_char_p)
    lib.arv_gv_fake_camera_is_running.restype = c_bool
    lib.arv_gv_fake_camera_is_running.argtypes = (c_void_p,)
    lib.arv_gv_fake_camera_get_fake_camera.restype = c_void_p
    lib.arv_gv_fake_camera_get_fake_camera.argtypes = (c_void_p,)
    lib.arv_fake_camera_set_fill_pattern.argtypes = (c_void_p, _FILL, c_void_p)
    lib.arv_fake_camera_get_payload.restype, lib.arv_fake_camera_get_payload.argtypes = c_size_t, (c_void_p,)
    lib.arv_buffer_get_data.restype = c_void_p
    lib.arv_buffer_get_data.argtypes = (c_void_p, ctypes.POINTER(c_size_t))

    def fill(buffer: int, _data: int, _exposure_us: int, _gain: int, _pixel_format: int) -> None:
        pixels = lib.arv_buffer_get_data(buffer, None)
        ctypes.memmove(pixels, scene, min(lib.arv_fake_camera_get_payload(fake), len(scene)))
        if given.stamped:
            ctypes.memmove(pixels, time.monotonic_ns().to_bytes(8, "little"), 8)

    kept = _FILL(fill)  # as long as the camera runs
    camera = lib.arv_gv_fake_camera_new(b"127.0.0.1", given.serial.encode())
    fake = lib.arv_gv_fake_camera_get_fake_camera(camera)
    lib.arv_fake_camera_set_fill_pattern(fake, kept, None)
    if given.lost:
        gobject.g_object_set(c_void_p(camera), b"gvsp-lost-ratio", c_double(given.lost), None)
    print("running" if lib.arv_gv_fake_camera_is_running(camera) else "failed", flush=True)
    sys.stdin.read()  # ends when whoever started this does


if __name__ == "__main__":
    main()
