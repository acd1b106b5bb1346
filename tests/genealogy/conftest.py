from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy


@pytest.fixture
def home(tmp_path: Path) -> StationHome:
    return StationHome(tmp_path / "home")


@pytest.fixture
def genealogy(home: StationHome) -> Iterator[Genealogy]:
    with Genealogy.open(home) as opened:
        yield opened
