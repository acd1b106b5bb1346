"""What a run was made on, as far as it bears on the figures; nothing that names a person or a place."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "opencv-python-headless", "numba", "scipy", "scikit-image", "subpixel-edges", "contourpy")


def machine() -> dict[str, str]:
    """Processor, cores, system, Python, packages, and how busy the machine was with other things."""
    found = {
        "processor": f"{_processor()}, {platform.machine()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
        "load when the run began": f"{os.getloadavg()[0]:.1f}",
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    for key in ("model name", "Model", "CPU part"):
        for line in lines:
            if line.startswith(key):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"
