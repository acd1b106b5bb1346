"""Aravis's own GigE Vision camera on loopback, showing a scene of ours: run as a program of its own, to be killed.

It is held to Aravis: registers, protocol and packets are the library's, only the pixels are ours. With --stamped the
first eight pixels of every picture are the time of its exposure (CLOCK_MONOTONIC, ns, little endian). Where the scene
is a socket, whoever listens there is asked at every exposure what it shows (tests/peers/cell_world.py).
"""

from __future__ import annotations

import argparse
import ctypes
import os
import socket
import sys
import time
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_bool, c_char_p, c_double, c_size_t, c_uint32, c_void_p
from pathlib import Path

import numpy as np

_FILL = CFUNCTYPE(None, c_void_p, c_void_p, c_uint32, c_uint32, c_uint32)


def main() -> None:
    """Serve until killed, or left alone."""
    asked = argparse.ArgumentParser()
    asked.add_argument("serial")
    asked.add_argument("scene", help=".npy of what it shows, (height, width), or a socket")
    asked.add_argument("--lost", type=float, default=0.0, help="fraction of packets that are lost")
    asked.add_argument("--stamped", action="store_true")
    given = asked.parse_args()
    scene_now = scenes(Path(given.scene))

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
        size = lib.arv_fake_camera_get_payload(fake)
        scene = scene_now(size)
        ctypes.memmove(pixels, scene, min(size, len(scene)))
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


def scenes(source: Path) -> Callable[[int], bytes]:
    """What gives the pixels of an exposure of so many bytes."""
    if not source.is_socket():
        scene = np.ascontiguousarray(np.load(source)).tobytes()
        return lambda _: scene
    world = socket.socket(socket.AF_UNIX)
    world.connect(str(source))

    def ask(size: int) -> bytes:
        try:
            world.sendall(b"?")
            scene = world.recv(size, socket.MSG_WAITALL)
        except OSError:
            scene = b""
        if len(scene) != size:
            os._exit(1)  # a camera without a world gives no picture at all
        return scene

    return ask


if __name__ == "__main__":
    main()
