from __future__ import annotations

from pathlib import Path

import pytest

from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy

from .made import bundle_of, fill, unpacked


@pytest.fixture
def home(tmp_path: Path) -> StationHome:
    return StationHome(tmp_path / "home")


@pytest.fixture(scope="session")
def packed_once(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An intact bundle."""
    with Genealogy.open(StationHome(tmp_path_factory.mktemp("packed") / "home")) as genealogy:
        return bundle_of(genealogy, fill(genealogy).id)


@pytest.fixture
def files(packed_once: bytes) -> dict[str, bytes]:
    """The files of an intact bundle."""
    return unpacked(packed_once)
