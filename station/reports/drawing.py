"""How all plots are drawn: by matplotlib's SVG backend, without dates and random names, so equal input gives equal
bytes. Text stays text: it can be searched, and prints in the reader's font."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from station.reports.study import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED, GREY = "#1f5f99", "#d9822b", "#3a7d44", "#b3261e", "#6b7280"
COLOURS = (BLUE, ORANGE, GREEN, "#7b4b94", "#008080", "#8c564b", "#c2185b", "#5c6bc0")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")  # never colour alone: a page may be printed grey

_STYLE: dict[Any, Any] = {
    "text.parse_math": False,
    "svg.hashsalt": "station",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
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
    "legend.fontsize": 8.0,
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
def canvas(width: float = 4.6, height: float = 3.0, *, rows: int = 1, share: bool = False) -> Iterator[Canvas]:
    """Axes of this size in inches, `rows` of them one above the other."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as MatplotlibFigure

    with rc_context(_STYLE):
        figure = MatplotlibFigure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots(rows, 1, squeeze=False, sharex=share)
        yield Canvas(figure, list(axes[:, 0]))


def _element(svg: str, title: str) -> str:
    """The svg element alone, with names of its own, so that several stand in one page; scales with the page's width."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.S)
    prefix = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") + "-"
    body = re.sub(r'\bid="', f'id="{prefix}', body)
    body = re.sub(r"url\(#", f"url(#{prefix}", body)
    body = re.sub(r'xlink:href="#', f'xlink:href="#{prefix}', body)
    body = re.sub(r"(<svg[^>]*?) width=\"[^\"]*\"", r"\1", body, count=1)
    body = re.sub(r"(<svg[^>]*?) height=\"[^\"]*\"", r"\1", body, count=1)
    return "\n".join(line.rstrip() for line in body.strip().splitlines())
