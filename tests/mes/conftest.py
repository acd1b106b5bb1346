from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .service import Api, served, two_orders


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """The API over a record of two orders, for one test."""
    with served(tmp_path / "home", fill=two_orders) as running:
        yield running


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The same for all tests of a module that only read."""
    with served(tmp_path_factory.mktemp("still") / "home", fill=two_orders) as running:
        yield running
