"""Outlines as a DXF drawing in millimetres, the way CAD programs export them; the same bytes for the same outlines."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence

import ezdxf
from ezdxf import units
from ezdxf.document import Drawing
from ezdxf.filemanagement import new

from station.order.geometry import ArcSegment, LineSegment, Outline


def dxf_text(layers: Mapping[str, Sequence[Outline]], exploded: bool = False) -> str:
    """The drawing's text: full circles as CIRCLE, chains as LWPOLYLINE with bulges, or `exploded` as LINE and ARC."""
    options = ezdxf.options  # type: ignore[attr-defined]  # public, though ezdxf does not list it as exported
    fixed = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True  # no time of writing, no random ids
    try:
        document = _drawn(layers, exploded)
        stream = io.StringIO()
        document.write(stream)
    finally:
        options.write_fixed_meta_data_for_testing = fixed
    return stream.getvalue()


def _drawn(layers: Mapping[str, Sequence[Outline]], exploded: bool) -> Drawing:
    document = new("R2010", units=units.MM)
    space = document.modelspace()
    for layer, outlines in layers.items():
        document.layers.add(layer)
        for outline in outlines:
            attributes = {"layer": layer}
            first = outline.segments[0]
            if isinstance(first, ArcSegment) and abs(first.sweep_deg) == 360.0:
                space.add_circle(first.center_mm, first.radius_mm, dxfattribs=attributes)
            elif not exploded:
                corners = [(*segment.start_mm, _bulge(segment)) for segment in outline.segments]
                if not outline.closed:
                    corners.append((*outline.segments[-1].end_mm, 0.0))
                space.add_lwpolyline(corners, format="xyb", close=outline.closed, dxfattribs=attributes)
            else:
                for segment in outline.segments:
                    if isinstance(segment, LineSegment):
                        space.add_line(segment.start_mm, segment.end_mm, dxfattribs=attributes)
                    else:
                        low, high = sorted((segment.start_deg, segment.start_deg + segment.sweep_deg))
                        space.add_arc(segment.center_mm, segment.radius_mm, low, high, dxfattribs=attributes)
    return document


def _bulge(segment: LineSegment | ArcSegment) -> float:
    return math.tan(math.radians(segment.sweep_deg) / 4) if isinstance(segment, ArcSegment) else 0.0
