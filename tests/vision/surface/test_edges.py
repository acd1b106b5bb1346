"""Burrs and nicks told from form and noise, by heights and lengths that were put in."""

from __future__ import annotations

import numpy as np
import pytest

from station.vision.surface.edges import EdgeDefectKind, find_edge_defects

STEP = 0.5


def outline(count: int = 2000) -> np.ndarray:
    """Form of 4 px and an edge's noise: nothing that is short."""
    rng = np.random.default_rng(4)
    return 2.0 * np.sin(2 * np.pi * np.arange(count) / count * 2) + 0.05 * rng.standard_normal(count)


def test_form_and_noise_are_no_burr():
    assert find_edge_defects(outline(), STEP, closed=True) == ()


def test_a_burr_and_a_nick_have_their_height_and_length():
    off = outline()
    off[300:320] += 2.0
    off[900:910] -= 1.2
    burr, nick = find_edge_defects(off, STEP, closed=True)
    assert (burr.kind, burr.first, burr.last) == (EdgeDefectKind.BURR, 300, 319)
    assert burr.height_px == pytest.approx(2.0, abs=0.25)
    assert burr.length_px == pytest.approx(10.0)
    assert (nick.kind, nick.first, nick.last) == (EdgeDefectKind.MISSING_MATERIAL, 900, 909)
    assert nick.height_px == pytest.approx(1.2, abs=0.25)


def test_a_burr_over_the_seam_of_a_closed_outline_is_one():
    off = outline()
    off[-8:] += 1.5
    off[:8] += 1.5
    (burr,) = find_edge_defects(off, STEP, closed=True)
    assert (burr.first, burr.last, burr.length_px) == (1992, 7, 8.0)
    flat = off - outline()
    assert len(find_edge_defects(flat, STEP, closed=True)) == 1
    assert len(find_edge_defects(flat, STEP, closed=False)) == 2


def test_a_stretch_without_an_edge_is_said_to_be_lost():
    off = outline()
    off[100:140] = np.nan
    (lost,) = find_edge_defects(off, STEP, closed=True)
    assert (lost.kind, lost.first, lost.last) == (EdgeDefectKind.LOST_EDGE, 100, 139)
    off[:1500] = np.nan
    (lost,) = find_edge_defects(off, STEP, closed=True)
    assert (lost.kind, lost.length_px) == (EdgeDefectKind.LOST_EDGE, 1000.0)


def test_nonsense_is_refused():
    assert find_edge_defects(np.zeros(0), STEP, closed=True) == ()
    with pytest.raises(ValueError, match="positive"):
        find_edge_defects(outline(), 0.0, closed=True)
