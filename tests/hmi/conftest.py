from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy

from .cell import Cell, served


@pytest.fixture
def genealogy(tmp_path: Path) -> Iterator[Genealogy]:
    with Genealogy.open(StationHome(tmp_path / "home")) as opened:
        yield opened


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cell]:
    """One cell for all tests of a module."""
    with Genealogy.open(StationHome(tmp_path_factory.mktemp("still") / "home")) as opened, served(opened) as running:
        yield running


@pytest.fixture
def cell(genealogy: Genealogy) -> Iterator[Cell]:
    with served(genealogy) as running:
        yield running
