from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.plant.database import PlantDatabase

from .peers import NATS, POSTGRESQL, Hub, Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if POSTGRESQL is None:
        pytest.skip("needs PostgreSQL (Debian: apt install postgresql)")
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:  # pytest's are for their owner alone
        found = Server(Path(folder))
        found.make()
        yield found
        found.stop()


@pytest.fixture
def database_url(server: Server) -> str:
    return server.database()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    if NATS is None:
        pytest.skip("needs nats-server (Debian: apt install nats-server)")
    found = Hub(tmp_path / "hub")
    found.start()
    yield found
    found.kill()


@pytest.fixture
def plant(tmp_path: Path, database_url: str) -> Iterator[PlantDatabase]:
    with PlantDatabase.open(tmp_path / "plant", database_url) as opened:
        yield opened


@pytest.fixture
def home(tmp_path: Path) -> StationHome:
    return StationHome(tmp_path / "home")


@pytest.fixture
def genealogy(home: StationHome) -> Iterator[Genealogy]:
    with Genealogy.open(home) as opened:
        yield opened
