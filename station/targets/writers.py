"""Targets as files: SVG and DXF to scale, PDF for a printer, PNG to whole pixels; equal targets give equal bytes."""

from __future__ import annotations

import html
import io
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import ezdxf
from ezdxf import units
from ezdxf.document import Drawing
from ezdxf.filemanagement import new

from station.errors import InputError
from station.targets.cells import Loop
from station.targets.shapes import Area, Disc, Target

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.path import Path

MM_PER_INCH = 25.4
MOST_PIXELS = 120_000_000


def svg_of(target: Target) -> bytes:
    """SVG in millimetres: 1 user unit is 1 mm."""
    w, h = target.width_mm, target.height_mm

    def path(loops: Iterable[Loop]) -> str:
        return "".join("M" + "L".join(f"{x:.6g},{-y:.6g}" for x, y in loop) + "Z" for loop in loops)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w:g}mm" height="{h:g}mm" '
        f'viewBox="{-w / 2:g} {-h / 2:g} {w:g} {h:g}">',
        f"<title>{html.escape(target.name)}</title>",
        f'<rect x="{-w / 2:g}" y="{-h / 2:g}" width="{w:g}" height="{h:g}" fill="#fff"/>',
        '<g fill="#000" fill-rule="evenodd">',
    ]
    for shape in (*target.pattern, *target.bars):
        if isinstance(shape, Disc):
            x, y = shape.center
            lines.append(f'<circle cx="{x:.6g}" cy="{-y:.6g}" r="{shape.diameter / 2:.6g}"/>')
        else:
            lines.append(f'<path d="{path((shape.outer, *shape.holes))}"/>')
    for label in target.labels:
        x, y = label.at
        text = html.escape(label.text)
        lines.append(
            f'<text x="{x:.6g}" y="{-y:.6g}" font-size="{label.height:.4g}" font-family="sans-serif">{text}</text>'
        )
    return ("\n".join([*lines, "</g></svg>"]) + "\n").encode("utf-8")


def dxf_of(target: Target) -> bytes:
    """DXF R2010 in millimetres: closed outlines of what is dark on layers DARK-1 and on, bars on SCALE, texts on TEXT.

    Outlines that touch in a corner lie on different layers, so that every reader can tell them apart.
    """
    drawing = new_drawing()
    space = drawing.modelspace()
    taken: list[set[tuple[int, int]]] = []
    for shape in target.pattern:
        if isinstance(shape, Disc):
            space.add_circle(shape.center, shape.diameter / 2, dxfattribs={"layer": "DARK-1"})
            continue
        for loop in (shape.outer, *shape.holes):
            corners = {(round(x * 1e5), round(y * 1e5)) for x, y in loop}
            number = next((k for k, used in enumerate(taken) if not used & corners), len(taken))
            if number == len(taken):
                taken.append(set())
            taken[number] |= corners
            space.add_lwpolyline(loop, close=True, dxfattribs={"layer": f"DARK-{number + 1}"})
    for area in target.bars:
        space.add_lwpolyline(area.outer, close=True, dxfattribs={"layer": "SCALE"})
    for label in target.labels:
        space.add_text(label.text, height=label.height, dxfattribs={"layer": "TEXT", "insert": label.at})
    text = max(0.3, 0.012 * target.width_mm)
    for number, note in enumerate(target.notes):
        at = (-target.width_mm / 2, -target.height_mm / 2 - 2 * text * (number + 1))
        space.add_text(note, height=text, dxfattribs={"layer": "TEXT", "insert": at})
    return dxf_bytes(drawing)


def new_drawing() -> Drawing:
    """An empty drawing in millimetres, without the time of making."""
    with _undated():
        return new("R2010", units=units.MM)


def dxf_bytes(drawing: Drawing) -> bytes:
    """A drawing as text, without the time and the random names that every saving would add."""
    stream = io.StringIO()
    with _undated():
        drawing.write(stream)
    return stream.getvalue().encode("utf-8")


@contextmanager
def _undated() -> Iterator[None]:
    options = ezdxf.options  # type: ignore[attr-defined]  # public, though ezdxf does not list it as exported
    fixed = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = fixed


def pdf_of(target: Target) -> bytes:
    """One page of the sheet's size."""
    stream = io.BytesIO()
    figure = _figure(target)
    figure.savefig(stream, format="pdf", metadata={"CreationDate": None, "Producer": None, "Creator": None})
    return stream.getvalue()


def png_of(target: Target, px_per_mm: float) -> bytes:
    """Grey levels 0 and 255, and between only where an edge cuts a pixel; the file says its resolution.

    The sheet grows to whole pixels so that the pattern's own edges lie between pixels wherever they can.

    Raises:
        InputError: far too many pixels, or hardly any.
    """
    sheet = (target.width_mm, target.height_mm)
    pixels = [_whole(side, of, px_per_mm) for side, of in zip(sheet, target.pattern_mm, strict=True)]
    if pixels[0] * pixels[1] > MOST_PIXELS or min(pixels) < 16:
        raise InputError(f"{pixels[0]} x {pixels[1]} pixels are too many or too few", place="--px-per-mm")
    grown = replace(target, width_mm=pixels[0] / px_per_mm, height_mm=pixels[1] / px_per_mm)
    stream = io.BytesIO()
    dpi = px_per_mm * MM_PER_INCH
    _figure(grown).savefig(stream, format="png", dpi=dpi, metadata={"Software": None})
    return stream.getvalue()


def _whole(sheet_mm: float, pattern_mm: float, px_per_mm: float) -> int:
    """Pixels of a sheet: as many beside the pattern on one side as on the other."""
    pattern = round(pattern_mm * px_per_mm)
    return pattern + 2 * math.ceil(0.5 * (sheet_mm * px_per_mm - pattern) - 1e-6)


def _figure(target: Target) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle, PathPatch
    from matplotlib.path import Path

    figure = Figure(figsize=(target.width_mm / MM_PER_INCH, target.height_mm / MM_PER_INCH))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(-target.width_mm / 2, target.width_mm / 2)
    axes.set_ylim(-target.height_mm / 2, target.height_mm / 2)
    for shape in (*target.pattern, *target.bars):
        patch: Circle | PathPatch
        if isinstance(shape, Disc):
            patch = Circle(shape.center, shape.diameter / 2, facecolor="black", linewidth=0)
        else:
            patch = PathPatch(_path(shape, Path), facecolor="black", linewidth=0)
        patch.set_snap(False)
        axes.add_patch(patch)
    points_per_mm = 72.0 / MM_PER_INCH
    for label in target.labels:
        axes.text(*label.at, label.text, fontsize=label.height * points_per_mm, va="baseline")
    return figure


def _path(area: Area, kind: type[Path]) -> Path:
    return kind.make_compound_path(*(kind([*loop, loop[0]], closed=True) for loop in (area.outer, *area.holes)))
