"""Grids of dots: which dots of a picture belong to one, and their middles to a thousandth of a pixel.

Dots are told from their surroundings by the levels near them, kept if they are ellipses of a common size, put in order
by `lattice`, and measured at their edges by the core that measures parts (`edges`). A middle is that of the ellipse
that the picture shows; under perspective it is not the picture of the dot's middle (Heikkilä 2000), which only the
camera can put right: `station.metrology.eccentricity`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from station.vision.ellipses import Ellipses, measured
from station.vision.lattice import lattice
from station.vision.picture import Picture

Floats: TypeAlias = NDArray[np.float64]
Gray: TypeAlias = NDArray[np.uint8]
Places: TypeAlias = NDArray[np.int64]

LEAST_RADIUS_PX = 2.5
_WINDOWS = (0.16, 0.4, 0.07)  # of the picture's longer side, in which dark and bright are told apart
_LEAST_CONTRAST = 24  # levels of 255
_MOST_OBLONG = 3.0
_UNLIKE_ELLIPSE = 0.12  # of the area
_SIZES = 3.0  # times the usual area, up or down
_MARK = 1.35  # times its neighbours' area: a mark or dirt
_BORDER_PX = 5
_STRAY = 0.02  # of the dots may lie outside the board's own rows and columns


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A grid as the picture shows it.

    Attributes:
        points_px: (n, 2) middles of the dots' ellipses.
        grid: (n, 2) column and row of each on the board, rows counted down; staggered boards count half columns.
        diameter_pitches: of the dots, in units of the pitch.
        blur_px: sigma of the edges.
        remark: what a person should know, in sentences.
    """

    points_px: Floats
    grid: Places
    diameter_pitches: float
    blur_px: float
    remark: str


def find_grid(picture: Picture, gray: Gray, size: tuple[int, int], *, staggered: bool) -> Grid | str:
    """The grid of `size` (columns, rows) in a picture and its 8-bit copy `gray`, or why there is none."""
    best: tuple[Ellipses, NDArray[np.intp], Places] | None = None
    best_dark, too_small = True, False
    for window in _WINDOWS:
        for dark, mask in _masks(gray, window):
            found, small = _candidates(mask)
            too_small |= small
            index, places = lattice(found.centres)
            if best is None or len(index) > len(best[1]):
                best, best_dark = (found, index, places), dark
        if best is not None and 10 * len(best[1]) >= 9 * size[0] * size[1]:
            break
    if best is None or len(best[1]) < 9:
        return "its dots are smaller than 5 px" if too_small else "the picture shows no grid of dots"
    found, index, places = best
    ellipses = found.some(index)
    odd = _odd_sizes(ellipses, places)
    placed = _on_board(places[~odd], size, staggered)
    if isinstance(placed, str):
        return placed
    inside, grid, remark = placed
    dots = measured(picture, ellipses.some(np.flatnonzero(~odd)[inside]), dark=best_dark)
    if dots is None:
        return "the edges of its dots cannot be measured"
    remarks = [remark]
    if odd.any():
        remarks.append(f"{_dots(int(odd.sum()))} of another size (a mark or dirt) left out")
    if not dots.good.all():
        remarks.append(f"{_dots(int((~dots.good).sum()))} with damaged edges left out")
    kept = dots.ellipses.some(np.flatnonzero(dots.good))
    if len(kept.centres) == 0:
        return "the edges of its dots cannot be measured"
    steps = _pitch_px(kept.centres, grid[dots.good])
    return Grid(
        kept.centres,
        grid[dots.good],
        float(np.median(2.0 * kept.radii_px() / steps)),
        dots.blur_px,
        "; ".join(text for text in remarks if text),
    )


def _dots(count: int) -> str:
    return f"{count} dot{'s' if count != 1 else ''}"


def _masks(gray: Gray, window: float) -> list[tuple[bool, NDArray[np.uint8]]]:
    """Pixels darker, and pixels brighter, than the middle of what is darkest and brightest around them."""
    smooth = np.asarray(cv2.GaussianBlur(gray, (0, 0), 0.8))
    small = np.asarray(cv2.resize(smooth, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA))
    side = max(3, int(window * max(small.shape)) | 1)
    box = np.ones((side, side), np.uint8)
    low, high = np.asarray(cv2.erode(small, box)), np.asarray(cv2.dilate(small, box))
    shape = gray.shape[1], gray.shape[0]
    wide = (side, side)
    middle = cv2.blur(cv2.addWeighted(low, 0.5, high, 0.5, 0.0), wide)
    threshold = np.asarray(cv2.resize(middle, shape, interpolation=cv2.INTER_LINEAR))
    contrast = np.asarray(cv2.resize(cv2.subtract(high, low), shape, interpolation=cv2.INTER_LINEAR))
    enough = contrast >= _LEAST_CONTRAST
    return [
        (True, ((smooth < threshold) & enough).astype(np.uint8)),
        (False, ((smooth > threshold) & enough).astype(np.uint8)),
    ]


def _candidates(mask: NDArray[np.uint8]) -> tuple[Ellipses, bool]:
    """Pieces of the mask that are ellipses of the usual size; and whether there were many, but too small."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=4)
    stats, centres = np.asarray(stats)[1:], np.asarray(centres, dtype=np.float64)[1:]
    height, width = mask.shape
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    whole = (left >= _BORDER_PX) & (top >= _BORDER_PX)
    whole &= (right <= width - _BORDER_PX) & (bottom <= height - _BORDER_PX)
    small = area < np.pi * LEAST_RADIUS_PX**2
    dotlike = whole & ~small & (area < 0.02 * mask.size)
    second = _second_moments(np.asarray(labels), count, centres, dotlike)
    root = np.sqrt(np.maximum(second[:, 0, 0] * second[:, 1, 1] - second[:, 0, 1] ** 2, 1e-9))
    half = 0.5 * (second[:, 0, 0] + second[:, 1, 1])
    wide = half + np.sqrt(np.maximum(half**2 - root**2, 0.0))
    oblong = wide / root  # the ratio of the axes: sqrt(l1 / l2) = l1 / sqrt(l1 l2)
    unlike = np.abs(area / (4.0 * np.pi * root) - 1.0)
    chosen = dotlike & (oblong < _MOST_OBLONG) & (unlike < _UNLIKE_ELLIPSE + 1.0 / np.sqrt(np.maximum(area, 1.0)))
    too_small = int((whole & small & (area > 3)).sum()) > max(50, 2 * int(chosen.sum()))
    if chosen.any():
        # the size at which most dots are, not the median: specks may outnumber the dots
        logs = np.sort(np.log(area[chosen]))
        ends = np.searchsorted(logs, logs + 0.4)
        usual = float(np.exp(logs[int(np.argmax((ends - np.arange(len(logs))) * np.exp(0.5 * logs)))] + 0.2))
        chosen &= (area > usual / _SIZES) & (area < usual * _SIZES)
    return Ellipses(centres[chosen], second[chosen]), too_small


def _second_moments(
    labels: NDArray[np.int32], count: int, centres: Floats, wanted: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """(n, 2, 2) central second moments of the wanted pieces, free of what the pixels' own width adds."""
    keep = np.concatenate([[False], wanted])[labels]
    y, x = np.nonzero(keep)
    number = labels[y, x] - 1
    dx, dy = x - centres[number, 0], y - centres[number, 1]
    area = np.maximum(np.bincount(number, minlength=count - 1), 1)
    xx, yy, xy = (np.bincount(number, weights=w, minlength=count - 1) / area for w in (dx * dx, dy * dy, dx * dy))
    return np.stack([np.column_stack([xx, xy]), np.column_stack([xy, yy])], axis=1)


def _odd_sizes(ellipses: Ellipses, places: Places) -> NDArray[np.bool_]:
    """Dots whose area is unlike that of the dots around them."""
    shape = places.max(axis=0) + 1
    area = np.full((int(shape[1]) + 2, int(shape[0]) + 2), np.nan)
    x, y = places[:, 0] + 1, places[:, 1] + 1
    area[y, x] = ellipses.radii_px() ** 2
    around = np.stack([area[y + dy, x + dx] for dx in (-1, 0, 1) for dy in (-1, 0, 1)])
    usual = np.nanmedian(around, axis=0)
    ratio = area[y, x] / usual
    return np.asarray((ratio > _MARK) | (ratio < 1.0 / _MARK))


def _on_board(places: Places, size: tuple[int, int], staggered: bool) -> tuple[NDArray[np.bool_], Places, str] | str:
    """Which dots lie on the board, their columns and rows there, and what cannot be told.

    A lattice looks the same after a quarter turn, a board of as many columns as rows too; other boards after half a
    turn. Of the turns that fit, that nearest to upright in the picture is taken: lengths do not depend on it.
    """
    columns, rows = (2 * size[0], size[1]) if staggered else size
    best: tuple[NDArray[np.bool_], Places] | None = None
    for turn in range(2):
        at = places if turn == 0 else np.column_stack([places[:, 1], -places[:, 0]])
        if staggered:
            at = np.column_stack([at[:, 0] - at[:, 1], at[:, 0] + at[:, 1]])
        tried = _window(at, columns, rows, staggered)
        if best is None or tried[0].sum() > best[0].sum():
            best = tried
    assert best is not None
    inside, at = best
    if (~inside).sum() > _STRAY * len(inside) + 2:
        across, down = (int(n) for n in np.ptp(places, axis=0) + 1)
        return f"the picture shows a grid of {across} x {down} dots, more than the board's {size[0]} x {size[1]}"
    seen = int(inside.sum())
    whole = size[0] * size[1]
    span = np.ptp(at[inside], axis=0) + 1
    if span[0] < columns - (1 if staggered else 0) or span[1] < rows:
        return inside, at[inside], f"{seen} of {whole} dots in view; which of them, a plain grid does not tell"
    turn_text = "quarter" if columns == rows and not staggered else "half"
    return inside, at[inside], f"{seen} of {whole} dots; a {turn_text} turn of the board cannot be told"


def _window(at: Places, columns: int, rows: int, staggered: bool) -> tuple[NDArray[np.bool_], Places]:
    """Which of the places lie in the window of `columns` x `rows` that holds most, and where in it."""
    at = at - at.min(axis=0)
    count = np.zeros((int(at[:, 1].max()) + 1 + rows, int(at[:, 0].max()) + 1 + columns))
    count[at[:, 1], at[:, 0]] = 1.0
    total = np.pad(count.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    held = total[rows:, columns:] - total[:-rows, columns:] - total[rows:, :-columns] + total[:-rows, :-columns]
    if staggered:  # the first row begins at the margin, the second half a column in
        y, x = np.indices(held.shape)
        offset = int((at[:, 0] + at[:, 1])[0]) % 2
        held = np.where((x + y) % 2 == offset, held, -1.0)
    row, column = np.unravel_index(int(np.argmax(held)), held.shape)
    moved = at - np.array([column, row])
    inside = (moved >= 0).all(axis=1) & (moved[:, 0] < columns) & (moved[:, 1] < rows)
    return inside, moved


def _pitch_px(points: Floats, grid: Places) -> Floats:
    """(n,) how many pixels a pitch takes about each dot, from the best quadratic map of the grid to the picture."""
    x, y = (grid - grid.mean(axis=0)).T.astype(np.float64)
    one, zero = np.ones_like(x), np.zeros_like(x)
    map_ = np.linalg.lstsq(np.column_stack([one, x, y, x * x, x * y, y * y]), points, rcond=None)[0]
    along = np.column_stack([zero, one, zero, 2 * x, y, zero]) @ map_
    down = np.column_stack([zero, zero, one, zero, x, 2 * y]) @ map_
    return np.asarray(np.sqrt(np.abs(along[:, 0] * down[:, 1] - along[:, 1] * down[:, 0])))
