from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from .program import Ran, station
from .small import picture, ring_order, write_calibration, write_order, write_picture


@dataclass(frozen=True)
class World:
    """A home and the three files that an inspection needs, all good."""

    home: Path
    folder: Path
    order: Path
    image: Path
    calibration: Path

    def inspect(self, *more: object, order: Path | None = None, image: Path | None = None) -> Ran:
        arguments = ("--image", f"backlight={image or self.image}", "--calibration", self.calibration)
        return station(self.home, "inspect", order or self.order, *arguments, *more)

    def run(self, *arguments: object) -> Ran:
        return station(self.home, *arguments)

    def records(self) -> list[dict[str, object]]:
        """What the record holds; nothing where there is no record yet."""
        if not (self.home / "station.db").exists():
            return []
        found = station(self.home, "records", "--json").document["records"]
        assert isinstance(found, list)
        return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    folder = tmp_path / "files"
    folder.mkdir()
    return World(
        tmp_path / "home",
        folder,
        write_order(folder, ring_order()),
        write_picture(folder / "part.png", picture()),
        write_calibration(folder / "calibration.json"),
    )
