"""The surface model on real magnetic tiles it was never tuned on: it finds what is there, and ranks good ones below."""

from __future__ import annotations

import pytest

from scripts.surface.figures import Figures, figures
from scripts.surface.methods import methods
from scripts.surface.tiles import GOOD, SMALL, read_tiles, scored
from station.networks.load import load_model

from .conftest import DATA, ROOT


@pytest.fixture(scope="module")
def reached() -> Figures:
    if not (ROOT / "models" / "surface" / "model.toml").exists():
        pytest.skip("there is no model surface in models/ yet")
    model = load_model(ROOT / "models" / "surface", threads=1)
    tiles = read_tiles(DATA / "tiles")
    assert len([tile for tile in tiles if tile.kind in SMALL]) >= 15
    return figures([one for tile, one in scored(methods(model)[0], tiles) if tile.kind in (*SMALL, GOOD)])


def test_defects_are_where_the_scores_are_high(reached: Figures):
    assert reached.pixel_auroc.value >= 0.90
    assert reached.pro.value >= 0.90


def test_a_defect_is_among_the_three_strongest_spots(reached: Figures):
    assert reached.hit_3.value >= 0.90


def test_good_tiles_rank_below_defective_ones(reached: Figures):
    assert reached.image_auroc.value >= 0.85
