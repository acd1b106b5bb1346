"""DXF bytes to loose pieces in millimetres: reading, units, layers, line types and blocks.

Left out: everything that is not LINE, ARC, CIRCLE, LWPOLYLINE, POLYLINE, SPLINE, ELLIPSE or INSERT, the layer
DEFPOINTS, layers that are frozen or off, invisible entities, and line types with a pattern (centre lines and so on).
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ezdxf
from ezdxf.filemanagement import dxf_stream_info
from ezdxf.lldxf.tagger import binary_tags_loader

from station.errors import DrawingError
from station.order.entities import Tilted, TooManySegments, segments_of
from station.order.limits import MAX_BLOCK_DEPTH, MAX_COORDINATE_MM, MAX_ENTITIES, MAX_RECORDS, MAX_SEGMENTS
from station.order.pieces import Piece

_BINARY = b"AutoCAD Binary DXF\r\n\x1a\x00"
_RECORD = re.compile(rb"\n[ \t]*0[ \t]*\r?\n[A-Z]")  # group code 0 begins a record
_BINARY_RECORD = re.compile(rb"\x00\x00[A-Z]")
_DRAWN = frozenset({"LINE", "ARC", "CIRCLE", "LWPOLYLINE", "POLYLINE", "SPLINE", "ELLIPSE"})
_PATTERNED = ("CENTER", "HIDDEN", "DASH", "PHANTOM", "DOT", "DIVIDE", "BORDER", "ACAD_ISO", "MITTE", "STRICH")
_MM_PER_UNIT = {  # $INSUNITS
    **{1: 25.4, 2: 304.8, 4: 1.0, 5: 10.0, 6: 1000.0, 8: 25.4e-6, 9: 0.0254, 10: 914.4},
    **{11: 1e-7, 12: 1e-6, 13: 1e-3, 14: 100.0},
}


@dataclass(frozen=True, slots=True)
class Loose:
    """The pieces in mm, their layers as written (by case-folded name), and how many entities were left out."""

    pieces: tuple[Piece, ...]
    layers: dict[str, str]
    left_out: int


def read_pieces(data: bytes) -> Loose:
    """The loose pieces of a drawing.

    Raises:
        DrawingError: unreadable, cut off, in unknown units, too large, or drawn out of the plane.
    """
    _check_end(data)
    _check_records(data)
    try:
        document = _load(data)
        return _Reader(document, _mm_per_unit(data, document.header)).read()
    except DrawingError:
        raise
    except Tilted as error:
        raise DrawingError("the drawing has entities that do not lie in the x-y plane") from error
    except TooManySegments as error:
        raise DrawingError(f"the drawing has more than the {MAX_SEGMENTS:,} segments allowed") from error
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # ezdxf raises anything on damaged files
        raise DrawingError(f"the drawing cannot be read as DXF ({type(error).__name__})") from error


def _check_end(data: bytes) -> None:
    if data.startswith(_BINARY):
        complete = data.rstrip(b"\x00").endswith(b"EOF")
    else:
        tail = data[-200:].split()
        if b"SECTION" not in data[:100_000]:
            raise DrawingError("this is not a DXF drawing")
        complete = len(tail) >= 2 and tail[-1] == b"EOF" and tail[-2] == b"0"
    if not complete:
        raise DrawingError("the drawing is cut off: it has no end mark")


def _check_records(data: bytes) -> None:
    """Refuse early what would take minutes to load."""
    record = _BINARY_RECORD if data.startswith(_BINARY) else _RECORD
    for number, _ in enumerate(record.finditer(data), start=1):
        if number > MAX_RECORDS:
            raise DrawingError(f"the drawing has more than the {MAX_RECORDS:,} records allowed")


def _load(data: bytes) -> Any:
    logging.getLogger("ezdxf").setLevel(logging.CRITICAL)
    if data.startswith(_BINARY):
        return ezdxf.document.Drawing.load(binary_tags_loader(data, errors="surrogateescape"))
    encoding = dxf_stream_info(io.StringIO(data.decode("utf-8", errors="ignore"))).encoding
    return ezdxf.filemanagement.read(io.StringIO(data.decode(encoding, errors="surrogateescape")))


class _Reader:
    def __init__(self, document: Any, scale: float) -> None:
        self.document = document
        self.scale = scale
        self.pieces: list[Piece] = []
        self.layers: dict[str, str] = {}
        self.left_out = 0
        self.entities = 0
        self.segments = 0

    def read(self) -> Loose:
        for entity in self.document.modelspace():
            self._take(entity, "0", "CONTINUOUS", 0)
        return Loose(tuple(self.pieces), dict(sorted(self.layers.items())), self.left_out)

    def _take(self, entity: Any, block_layer: str, block_linetype: str, depth: int) -> None:
        kind = entity.dxftype()
        if kind not in _DRAWN and kind != "INSERT":
            return
        self.entities += 1
        if self.entities > MAX_ENTITIES:
            raise DrawingError(f"the drawing has more than the {MAX_ENTITIES:,} entities allowed")
        layer = str(entity.dxf.get("layer", "0"))
        if depth and layer == "0":
            layer = block_layer
        linetype = self._linetype(str(entity.dxf.get("linetype", "BYLAYER")), layer, block_linetype)
        if kind == "INSERT":
            if not self._is_frozen(layer):
                for inner in self._exploded(entity, depth):
                    self._take(inner, layer, linetype, depth + 1)
            return
        if self._is_hidden(entity, layer) or self._has_pattern(linetype):
            self.left_out += 1
            return
        self._keep(entity, layer)

    def _keep(self, entity: Any, layer: str) -> None:
        for segments, exact in segments_of(entity, self.scale, MAX_SEGMENTS - self.segments):
            if not segments:
                continue
            self.segments += len(segments)
            for segment in (segments[0], segments[-1]):
                for value in (*segment.start_mm, *segment.end_mm):
                    if not abs(value) <= float(MAX_COORDINATE_MM):
                        raise DrawingError(f"the drawing reaches beyond {MAX_COORDINATE_MM:,} mm")
            key = layer.casefold()
            self.layers.setdefault(key, layer)
            self.pieces.append(Piece(segments, frozenset({key}), exact))

    def _exploded(self, insert: Any, depth: int) -> Iterator[Any]:
        if depth >= MAX_BLOCK_DEPTH:
            raise DrawingError(f"the drawing's blocks are nested more than {MAX_BLOCK_DEPTH} deep")
        rows, columns = (int(insert.dxf.get(key, 1)) for key in ("row_count", "column_count"))
        if max(rows, 1) * max(columns, 1) > MAX_ENTITIES:
            raise DrawingError(f"the drawing has more than the {MAX_ENTITIES:,} entities allowed")
        for single in insert.multi_insert() if insert.mcount > 1 else (insert,):
            self.entities += 1
            if self.entities > MAX_ENTITIES:
                raise DrawingError(f"the drawing has more than the {MAX_ENTITIES:,} entities allowed")
            yield from single.virtual_entities()

    def _layer(self, name: str) -> Any:
        return self.document.layers.get(name) if self.document.layers.has_entry(name) else None

    def _is_frozen(self, layer: str) -> bool:
        entry = self._layer(layer)
        return entry is not None and bool(entry.is_frozen())

    def _is_hidden(self, entity: Any, layer: str) -> bool:
        entry = self._layer(layer)
        off = entry is not None and bool(entry.is_frozen() or entry.is_off())
        return off or layer.casefold() == "defpoints" or bool(entity.dxf.get("invisible", 0))

    def _linetype(self, linetype: str, layer: str, block_linetype: str) -> str:
        if linetype.upper() == "BYBLOCK":
            return block_linetype
        if linetype.upper() == "BYLAYER":
            entry = self._layer(layer)
            return str(entry.dxf.get("linetype", "CONTINUOUS")) if entry is not None else "CONTINUOUS"
        return linetype

    def _has_pattern(self, linetype: str) -> bool:
        name = linetype.upper()
        if name in ("CONTINUOUS", "BYLAYER", "BYBLOCK", ""):
            return False
        if self.document.linetypes.has_entry(linetype):
            pattern = self.document.linetypes.get(linetype).pattern_tags
            return any(tag.code == 49 for tag in pattern.tags)
        return name.startswith(_PATTERNED)


def _mm_per_unit(data: bytes, header: Any) -> float:
    """$INSUNITS; where it says nothing, $MEASUREMENT (0 inches, 1 millimetres); where that is missing, millimetres.

    Whether they are there is asked of the file itself: ezdxf makes up a header in metres where there is none.
    """
    code = int(header.get("$INSUNITS", 0)) if b"$INSUNITS" in data else 0
    if code == 0:
        inches = b"$MEASUREMENT" in data and int(header.get("$MEASUREMENT", 1)) == 0
        return 25.4 if inches else 1.0
    if code not in _MM_PER_UNIT:
        raise DrawingError(f"the drawing's unit ($INSUNITS {code}) is not one a part is drawn in")
    return _MM_PER_UNIT[code]
