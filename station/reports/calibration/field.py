"""The camera's field, as the picture lies: axes in pixels, maps, arrows longer than they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from station.reports.drawing import BLUE, HALF, Canvas, canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

BESIDE = 1.6  # inches: labels and a colour bar
_ARROW_SHARE = 0.05  # of the picture's width: how long the larger of the arrows are drawn


@contextmanager
def field(width_px: int, height_px: int) -> Iterator[Canvas]:
    """One picture's field, with room for a colour bar beside it."""
    with canvas(HALF, (HALF - BESIDE) * height_px / width_px + 0.6) as c:
        frame(c.axis, width_px, height_px)
        yield c


def frame(axes: Axes, width_px: int, height_px: int) -> None:
    """Axes that are the picture: origin at the top left, equal scales."""
    axes.set(xlim=(-0.5, width_px - 0.5), ylim=(height_px - 0.5, -0.5), xlabel="x, px", ylabel="y, px")
    axes.set_aspect("equal")
    axes.locator_params(nbins=6)
    axes.spines[["top", "right"]].set_visible(True)
    axes.grid(visible=False)


def magnification(width_px: int, errors: Floats, share: float = _ARROW_SHARE) -> float:
    """A round number that draws the larger of the errors, (n, 2) px, as `share` of the picture's width."""
    large = float(np.percentile(np.hypot(errors[:, 0], errors[:, 1]), 95)) if len(errors) else 0.0
    if large <= 0.0:
        return 1.0
    wanted = share * width_px / large
    decade = 10.0 ** np.floor(np.log10(wanted))
    return float(max(step for step in (1.0, 2.0, 5.0) if step * decade <= wanted * 1.0001) * decade)


def arrows(axes: Axes, points: Floats, errors: Floats, growth: float, colour: str = BLUE) -> None:
    """Errors (n, 2) px at points (n, 2) px, `growth` times as long as they are."""
    axes.quiver(
        points[:, 0], points[:, 1], growth * errors[:, 0], growth * errors[:, 1],
        angles="xy", scale_units="xy", scale=1.0, width=0.0035, color=colour,
    )  # fmt: skip
