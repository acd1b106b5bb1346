"""Master plates: one dark piece with holes and slots of certified sizes, as drawing, order and table of masters.

Outer and inner edges, large and small sizes and centre distances together tell the scale from the place of edges: the
outer diameter grows with the edge offset, holes shrink, centre distances do not care. The known-bad plate has one
dimension wrong by twice its tolerance; a check of the station at the start of a shift has to fail it, by that name.
"""

from __future__ import annotations

import itertools
import json
import math
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from station.documents import read_limited
from station.errors import InputError
from station.targets.writers import dxf_bytes, new_drawing

TIMES_TOLERANCE = 2.0  # by which the known-bad plate's one dimension is wrong
_LEAST_WALL = 0.02  # of the outer diameter between any two edges


class Hole(BaseModel):
    """A round hole."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^H\d{1,2}$")
    center: tuple[float, float]
    diameter: float = Field(gt=0)


class Slot(BaseModel):
    """A slot with round ends along x; `length` is that of its straight sides."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^S\d{1,2}$")
    center: tuple[float, float]
    length: float = Field(gt=0)
    width: float = Field(gt=0)


class PlateDocument(BaseModel):
    """A plate's definition, all lengths in millimetres."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern=r"^[A-Z0-9-]{3,30}$")
    field_mm: float = Field(gt=0, le=500)
    outer_diameter: float = Field(gt=0)
    tolerance: float = Field(gt=0)
    certificate_u: float = Field(gt=0)
    bad_hole: str
    hole: tuple[Hole, ...] = Field(min_length=2)
    slot: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Plate:
    """A checked definition; `bad` for the plate whose one hole is wrong."""

    document: PlateDocument
    bad: bool = False

    @property
    def name(self) -> str:
        """Part number."""
        return f"{self.document.name}-BAD" if self.bad else self.document.name

    @property
    def error_mm(self) -> float:
        """By how much the known-bad plate's hole is too large."""
        return TIMES_TOLERANCE * self.document.tolerance

    def holes(self) -> tuple[Hole, ...]:
        """As they are to be made."""
        doc = self.document
        if not self.bad:
            return doc.hole
        return tuple(
            h.model_copy(update={"diameter": round(h.diameter + self.error_mm, 6)}) if h.id == doc.bad_hole else h
            for h in doc.hole
        )


def read_plate(path: Path) -> Plate:
    """The plate a TOML file defines.

    Raises:
        InputError: one sentence with the file and the key.
    """
    place = str(path)
    try:
        document = PlateDocument.model_validate(tomllib.loads(read_limited(path).decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not a TOML file ({error})", place=place) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{key}: {first['msg'][:1].lower()}{first['msg'][1:]}", place=place) from error
    _check(document, place)
    return Plate(document)


def _check(doc: PlateDocument, place: str) -> None:
    ids = [*(h.id for h in doc.hole), *(s.id for s in doc.slot)]
    if len(set(ids)) < len(ids):
        raise InputError("an id is used twice", place=place)
    if doc.bad_hole not in {h.id for h in doc.hole}:
        raise InputError(f"bad_hole {doc.bad_hole!r} is none of the holes", place=place)
    if doc.outer_diameter > 0.78 * doc.field_mm * 0.95:
        raise InputError(
            f"a plate of {doc.outer_diameter:g} mm does not fit the field of {doc.field_mm:g} mm", place=place
        )
    wall = _LEAST_WALL * doc.outer_diameter
    discs = [(h.id, h.center, h.diameter / 2) for h in doc.hole]
    for s in doc.slot:  # as discs side by side
        steps = [s.length * (k / 8 - 0.5) for k in range(9)]
        discs += [(s.id, (s.center[0] + step, s.center[1]), s.width / 2) for step in steps]
    for (a, at, r), (b, bt, q) in itertools.combinations(discs, 2):
        if a != b and math.dist(at, bt) < r + q + wall:
            raise InputError(f"{a} and {b} come too near to each other", place=place)
    for name, at, r in discs:
        if math.hypot(*at) + r + wall > doc.outer_diameter / 2:
            raise InputError(f"{name} comes too near to the edge of the plate", place=place)


def write_plate(plate: Plate, folder: Path) -> list[Path]:
    """Drawing, order, table of masters and text for the maker of the plate and of its known-bad twin, in `folder`.

    The order of the known-bad plate asks for the right sizes: the plate is to fail it.

    Raises:
        InputError: the files cannot be written.
    """
    bad = replace(plate, bad=True)
    name = plate.document.name.lower()
    files = {
        f"{name}.dxf": plate_dxf(plate),
        f"{name}-bad.dxf": plate_dxf(bad),
        f"{name}-order.json": _json(plate_order(plate, f"{name}.dxf")),
        f"{name}-bad-order.json": _json(plate_order(bad, f"{name}.dxf")),
        f"{name}-MASTERS.csv": masters_table(plate).encode("utf-8"),
        f"{name}-specification.txt": specification(plate).encode("utf-8"),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in files.items():
            (folder / file).write_bytes(data)
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(folder)) from error
    return [folder / file for file in files]


def plate_dxf(plate: Plate) -> bytes:
    """Outlines on PLATE, HOLES and SLOTS; the name and, on the known-bad plate, its warning as text on MARKING."""
    doc = plate.document
    drawing = new_drawing()
    space = drawing.modelspace()
    space.add_circle((0, 0), doc.outer_diameter / 2, dxfattribs={"layer": "PLATE"})
    for hole in plate.holes():
        space.add_circle(hole.center, hole.diameter / 2, dxfattribs={"layer": "HOLES"})
    for slot in doc.slot:
        (x, y), half, r = slot.center, slot.length / 2, slot.width / 2
        corners = [(x - half, y - r, 0.0), (x + half, y - r, 1.0), (x + half, y + r, 0.0), (x - half, y + r, 1.0)]
        space.add_lwpolyline(corners, format="xyb", close=True, dxfattribs={"layer": "SLOTS"})
    text = 0.05 * doc.field_mm
    below = -0.5 * doc.outer_diameter - 0.1 * doc.field_mm
    space.add_text(
        plate.name, height=text, dxfattribs={"layer": "MARKING", "insert": (-0.5 * doc.outer_diameter, below)}
    )
    if plate.bad:
        warning = f"KNOWN BAD: {doc.bad_hole} IS {1000 * plate.error_mm:g} UM TOO LARGE. FOR THE SHIFT CHECK ONLY"
        at = (-0.5 * doc.outer_diameter, below - 1.6 * text)
        space.add_text(warning, height=text, dxfattribs={"layer": "MARKING", "insert": at})
    return dxf_bytes(drawing)


def plate_order(plate: Plate, drawing: str) -> dict[str, Any]:
    """The order by which the station inspects the plate: every certified size, for both plates the right one."""
    doc = plate.document
    features: list[dict[str, Any]] = [
        {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": doc.outer_diameter}
    ]
    features += [
        {"id": h.id, "type": "circle", "side": "inner", "center": list(h.center), "diameter": h.diameter}
        for h in doc.hole
    ]
    for slot in doc.slot:
        (x, y), half, r = slot.center, slot.length / 2, slot.width / 2
        low = {"start": [x - half, y - r], "end": [x + half, y - r], "material": "right"}
        high = {"start": [x - half, y + r], "end": [x + half, y + r], "material": "left"}
        features += [{"id": f"{slot.id}A", "type": "line", **low}, {"id": f"{slot.id}B", "type": "line", **high}]
    return {
        "schema": "order/1",
        "order_id": f"MASTER-{plate.name}",
        "part": {"part_number": plate.name, "serial": f"{plate.name}-1"},
        "geometry": {"drawing": drawing, "features": features},
        "characteristics": _characteristics(doc),
    }


def _characteristics(doc: PlateDocument) -> list[dict[str, Any]]:
    width = {"lower_tol": -doc.tolerance, "upper_tol": doc.tolerance}
    rows: list[dict[str, Any]] = [
        {"id": f"D-{name}", "type": "diameter", "feature": name, "nominal": size, **width}
        for name, size in (("OD", doc.outer_diameter), *((h.id, h.diameter) for h in doc.hole))
    ]
    for first, second in itertools.pairwise(doc.hole):
        nominal = round(math.dist(first.center, second.center), 6)
        features = [first.id, second.id]
        rows.append(
            {"id": f"L-{first.id}-{second.id}", "type": "distance", "features": features, "nominal": nominal, **width}
        )
    rows += [
        {"id": f"W-{s.id}", "type": "width", "features": [f"{s.id}A", f"{s.id}B"], "nominal": s.width, **width}
        for s in doc.slot
    ]
    return rows


def masters_table(plate: Plate) -> str:
    """MASTERS.csv without values: they come from the certificate, never from the drawing."""
    doc = plate.document
    features = ["OD", *(h.id for h in doc.hole), *(f"{a.id}-{b.id}" for a, b in itertools.pairwise(doc.hole))]
    rows = [f"{doc.name.lower()}-{picture}.png,{feature},," for picture in (1, 2, 3) for feature in features]
    return "\n".join(["image,feature,value_mm,u_mm", *rows]) + "\n"


def specification(plate: Plate) -> str:
    """What to send to a maker with the drawing."""
    doc = plate.document
    um = 1000 * doc.certificate_u
    distances = ", ".join(f"{a.id}-{b.id}" for a, b in itertools.pairwise(doc.hole))
    sizes = "\n".join(f"  {h.id:<4} diameter {h.diameter:g} mm at ({h.center[0]:g}, {h.center[1]:g})" for h in doc.hole)
    slots = "\n".join(f"  {s.id:<4} slot {s.width:g} mm wide, straight sides {s.length:g} mm" for s in doc.slot)
    return f"""Master plate {doc.name} for a field of view of {doc.field_mm:g} mm

Drawings: {doc.name.lower()}.dxf (millimetres, 1:1), and {doc.name.lower()}-bad.dxf for the known-bad plate.
What the outlines of PLATE enclose is opaque, what those of HOLES and SLOTS enclose is clear. The texts of MARKING are
to stand beside the plate, outside a circle of {doc.field_mm:g} mm, or on its holder; they are not to be cut.

  OD   diameter {doc.outer_diameter:g} mm
{sizes}
{slots}

1. Make: (a) low-reflecting chrome on soda-lime or borosilicate glass, 1.5 to 3 mm thick, optical density at least 3,
   edge roughness below 0.1 um; or (b) steel or nickel sheet no thicker than one tenth of the smallest hole, free of
   burrs, for stations whose parts have such edges. State the material and its thermal expansion.
2. Tolerance: every size and place within {1000 * doc.tolerance:g} um of the drawing.
3. Known-bad plate: as the good one but {doc.bad_hole}, which is {1000 * plate.error_mm:g} um too large (twice the
   tolerance). Marked BAD in letters that can be read without a magnifier.
4. Certificate (ISO/IEC 17025, traceable to the SI): every diameter (least squares), every slot width, the centre
   distances {distances}; at 20 C;
   standard uncertainty u (k = 1) at most {um:g} um; state whether the light in the measurement was transmitted or
   reflected, and the edge criterion.
5. Packing: edges and faces touch nothing; clean with air and lint-free cloth and isopropyl alcohol only.
"""


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
