"""An order as the station works with it: checked, resolved, frozen. `station.order.read` makes it from a document."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from station.order.geometry import Feature, Point, Silhouette


class CharacteristicType(StrEnum):
    """Names of ISO 1101 / ISO 14405 / QIF; those of gears after ISO 1328-1 and ISO 21771, of threads
    after ISO 5408. The length is that of a slot, over all."""

    DIAMETER = "diameter"
    RADIUS = "radius"
    DISTANCE = "distance"
    WIDTH = "width"
    ANGLE = "angle"
    ROUNDNESS = "roundness"
    STRAIGHTNESS = "straightness"
    PARALLELISM = "parallelism"
    PERPENDICULARITY = "perpendicularity"
    ANGULARITY = "angularity"
    POSITION = "position"
    CONCENTRICITY = "concentricity"
    SYMMETRY = "symmetry"
    LINE_PROFILE = "line_profile"
    CIRCULAR_RUNOUT = "circular_runout"
    TIP_DIAMETER = "tip_diameter"
    ROOT_DIAMETER = "root_diameter"
    PITCH_DEVIATION = "pitch_deviation"
    CUMULATIVE_PITCH = "cumulative_pitch"
    RUNOUT = "runout"
    TOOTH_THICKNESS = "tooth_thickness"
    PITCH = "pitch"
    MAJOR_DIAMETER = "major_diameter"
    MINOR_DIAMETER = "minor_diameter"
    PITCH_DIAMETER = "pitch_diameter"
    FLANK_ANGLE = "flank_angle"
    LENGTH = "length"
    COUNT = "count"
    CODE = "code"
    TEXT = "text"
    SURFACE = "surface"


MARKS = frozenset({CharacteristicType.CODE, CharacteristicType.TEXT, CharacteristicType.SURFACE})


class Face(StrEnum):
    """Which face of the drawing the camera sees; `BOTTOM` mirrors."""

    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Limits:
    """Exact limits in the unit of the characteristic; a one-sided limit leaves the other out (None)."""

    nominal: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    source: str = ""  # "±", "H9", "ISO 2768-f", "limits", "zone": how the order said it


@dataclass(frozen=True, slots=True)
class TextArc:
    """The line that the letters of a text stand on, from the first to the last one: counter-clockwise where `end_deg`
    is the larger, their tops then point to the centre; clockwise where it is the smaller, their tops point outwards."""

    center: Point
    radius_mm: float
    start_deg: float
    end_deg: float

    @property
    def inwards(self) -> bool:
        """Whether the letters' tops point to the centre."""
        return self.end_deg > self.start_deg

    @property
    def length_mm(self) -> float:
        """From the first letter's foot to the last one's."""
        return math.radians(abs(self.end_deg - self.start_deg)) * self.radius_mm


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One thing the order asks to be decided. Fields that a type does not use stay empty."""

    id: str
    type: CharacteristicType
    features: tuple[str, ...]  # ids, in the order's sequence
    datums: tuple[str, ...]  # datum letters, in order of precedence; "A-B" is a common datum
    limits: Limits  # for a geometrical tolerance: lower None, upper = width of the zone
    unit: str  # "mm", "deg" or "1"
    modifier: str = ""  # "MMC", "LMC" of a position; "GX", "GN", "LP" of a size
    association: str = ""  # "LS", "MC", "MI" of a form
    view: str = ""
    symbology: str = ""  # code; one of `station.order.symbologies.SYMBOLOGIES`, else as written
    expected: str = ""  # code, text
    gs1: bool | None = None  # code: GS1 elements or not; None: the symbol says
    identity: bool = False  # code: its content is what tells this part from the others
    arc: TextArc | None = None  # text
    direction_deg: float = 0.0  # text: of reading in the part's frame, 0 along +x
    height_mm: float | None = None  # text: of the capitals
    region: str | tuple[Point, Point] | None = None  # feature id, or two opposite corners in mm
    max_defect_mm: Decimal | None = None  # surface
    of: str = ""  # count: "openings", "teeth" or "pieces"; pitches: "left", "right"; tooth_thickness: "arc", "chord"
    ball_mm: float | None = None  # runout of a gear: diameter of the ball


@dataclass(frozen=True, slots=True)
class Part:
    """Whose order this is about."""

    serial: str
    part_number: str = ""
    revision: str = ""
    material: str = ""
    cte_ppm_per_k: float | None = None


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """How a value with its uncertainty becomes a verdict."""

    rule: str = "iso14253-1"
    conformance_probability: float = 0.95  # what a consumer's risk leaves of 1


@dataclass(frozen=True, slots=True)
class Geometry:
    """What the part must be. `silhouette` is None when `partial` and nothing closes, or when there are no features.

    `edge` is the kind of edge all around (empty: the default kind), `edges` that of features which say their own.
    """

    features: dict[str, Feature]
    silhouette: Silhouette | None
    face: Face = Face.TOP
    partial: bool = False
    drawing: str = ""
    drawing_sha256: str = ""
    edge: str = ""
    edges: dict[str, str] = field(default_factory=dict)  # feature id -> kind of edge


@dataclass(frozen=True, slots=True)
class Order:
    """A complete, consistent order. `document` holds its exact bytes as received, `sha256` their hash."""

    order_id: str
    part: Part
    geometry: Geometry
    datums: dict[str, tuple[str, ...]]  # letter -> feature ids
    characteristics: tuple[Characteristic, ...]
    decision: DecisionRule
    customer_reference: str
    sha256: str
    document: bytes
    drawing: bytes = b""
    operation: str = ""  # the step of the part's routing after which it is inspected

    def datum_features(self, letters: str) -> tuple[str, ...]:
        """The features of a datum, or of a common one (`A-B`)."""
        if letters in self.datums:
            return self.datums[letters]
        return tuple(name for letter in letters.split("-") for name in self.datums[letter])
