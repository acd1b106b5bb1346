"""How all plots are drawn: by matplotlib's SVG backend, without dates and random names, so equal input gives equal
bytes. Text stays text: it can be searched, and prints in the reader's font."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from station.reports.document import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED, GREY = "#1f5f99", "#d9822b", "#3a7d44", "#b3261e", "#6b7280"
COLOURS = (BLUE, ORANGE, GREEN, "#7b4b94", "#008080", "#8c564b", "#c2185b", "#5c6bc0")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # never colour alone: a page may be printed grey
HALF, WHOLE = 4.6, 9.4  # inches: of a plot beside another one, and of a wide one

_STYLE: dict[Any, Any] = {
    "text.parse_math": False,
    "svg.hashsalt": "station",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlesize": 9.0,
    "axes.labelcolor": "#222",
    "xtick.color": "#222",
    "ytick.color": "#222",
    "axes.grid": True,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "axes.formatter.useoffset": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.0,
}


class Canvas:
    """A figure while it is drawn; `plot` turns it into the SVG that a page holds."""

    def __init__(self, figure: Figure, axes: list[Axes]) -> None:
        self.figure = figure
        self.axes = axes

    @property
    def axis(self) -> Axes:
        """The first, mostly the only one."""
        return self.axes[0]

    def plot(self, title: str, caption: str, *, wide: bool = False) -> Plot:
        """The drawing as text."""
        stream = io.StringIO()
        self.figure.savefig(
            stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
        return Plot(title, caption, _element(stream.getvalue(), title), wide)


@contextmanager
def canvas(
    width: float = HALF,
    height: float = 3.0,
    *,
    rows: int = 1,
    columns: int = 1,
    share: bool = False,
    heights: Sequence[float] | None = None,
) -> Iterator[Canvas]:
    """Axes in a figure of this size in inches, row by row; with `share` they have one x axis."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as MatplotlibFigure

    with rc_context(_STYLE):
        figure = MatplotlibFigure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots(rows, columns, squeeze=False, sharex=share, height_ratios=heights)
        yield Canvas(figure, list(axes.ravel()))


def in_unit(label: str, unit: str) -> str:
    """An axis' label with its unit, where there is one."""
    return f"{label}, {unit}" if unit else label


def plain_numbers(*axes: Axis) -> None:
    """Numbers at a logarithmic axis as they are, not as powers."""
    for axis in axes:
        axis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.set_minor_formatter(lambda *_: "")


def _element(svg: str, title: str) -> str:
    """The svg element alone, which scales with the page's width."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.S)
    body = re.sub(r"(<svg[^>]*?) width=\"[^\"]*\"", r"\1", body, count=1)
    body = re.sub(r"(<svg[^>]*?) height=\"[^\"]*\"", r"\1", body, count=1)
    body = body.replace("<svg", f'<svg role="img" aria-label="{html.escape(title)}"', 1)
    return "\n".join(line.rstrip() for line in body.strip().splitlines())
