"""The order document `order/1` as pydantic models: the shape, before anything is resolved."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from station.order.feature_document import AllDrawnDocument, FeatureList, FromDrawing
from station.order.fields import (
    Angle,
    Bounds,
    Coordinates,
    Corners,
    Document,
    EdgeName,
    Engraved,
    Expansion,
    Expected,
    Id,
    Name,
    Nominal,
    Probability,
    Risk,
    Signed,
    Size,
    Whole,
)
from station.order.limits import MAX_CHARACTERISTICS, MAX_DATUMS, MOST_DATUM_FEATURES


def _shape_tag(value: Any) -> str:
    return "list" if isinstance(value, list) else "name"


ViewName: TypeAlias = Literal["backlight", "front", "ring", "dark"]


class PartDocument(Document):
    """Whose order this is about."""

    serial: Name
    part_number: Name = ""
    revision: Name = ""
    material: Name = ""
    cte_ppm_per_k: Expansion | None = None


def _features_tag(value: Any) -> str:
    return "drawing" if isinstance(value, dict) else "list"


class GeometryDocument(Document):
    """What the part must be."""

    drawing: Name | None = None
    source: FromDrawing | None = Field(None, alias="from")
    layers: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = None
    view: Literal["top", "bottom"] = "top"
    partial: bool = False
    edge: EdgeName = ""
    features: Annotated[
        Annotated[FeatureList, Tag("list")] | Annotated[AllDrawnDocument, Tag("drawing")],
        Discriminator(_features_tag),
    ] = Field(default_factory=list)


class _CharacteristicBase(Document):
    id: Id
    view: ViewName | None = None


class _Featured(_CharacteristicBase):
    feature: Id | None = None
    features: Annotated[list[Id], Field(min_length=1, max_length=2)] | None = None


class SizedDocument(_Featured):
    """A size: `nominal` with `lower_tol`/`upper_tol`, `fit` or `general`, or `limits`."""

    type: str
    nominal: Nominal | None = None
    lower_tol: Signed | None = None
    upper_tol: Signed | None = None
    fit: Name | None = None
    general: Name | None = None
    limits: Bounds | None = None


class SizeDocument(SizedDocument):
    """A size of circles, arcs and lines; `modifier` is that of ISO 14405-1, least squares (GG) by default."""

    type: Literal["diameter", "radius", "distance", "width", "length", "angle"]
    modifier: Literal["GG", "GX", "GN", "LP"] | None = None


DatumNames: TypeAlias = Annotated[
    Annotated[Id, Tag("name")] | Annotated[list[Id], Field(min_length=1, max_length=3), Tag("list")],
    Discriminator(_shape_tag),
]
DatumFeatures: TypeAlias = Annotated[
    Annotated[Id, Tag("name")] | Annotated[list[Id], Field(min_length=1, max_length=MOST_DATUM_FEATURES), Tag("list")],
    Discriminator(_shape_tag),
]
Region: TypeAlias = Annotated[Annotated[Id, Tag("name")] | Annotated[Corners, Tag("list")], Discriminator(_shape_tag)]


class _Zoned(_Featured):
    tolerance: Size


class FormDocument(_Zoned):
    """A geometrical tolerance without a datum; `association` is the reference (ISO 12181-1, ISO 12780-1), the minimum
    zone (MZ) by default."""

    type: Literal["roundness", "straightness"]
    association: Literal["MZ", "LS", "MC", "MI"] | None = None


class OrientationDocument(_Zoned):
    """A geometrical tolerance that needs a datum."""

    type: Literal["parallelism", "perpendicularity", "concentricity", "symmetry", "circular_runout"]
    datum: DatumNames


class AngularityDocument(_Zoned):
    """The angle itself comes from the geometry; `nominal` (degrees) may repeat it."""

    type: Literal["angularity"]
    datum: DatumNames
    nominal: Nominal | None = None


class ProfileDocument(_Zoned):
    """The zone lies evenly about the nominal outline."""

    type: Literal["line_profile"]
    datum: DatumNames | None = None


class PositionDocument(_Zoned):
    """The nominal place comes from the geometry; `tolerance` is the zone's diameter."""

    type: Literal["position"]
    datum: DatumNames | None = None
    modifier: Literal["MMC", "LMC"] | None = None


class GearSizeDocument(SizedDocument):
    """A size of a gear; without a datum about its own centre."""

    type: Literal["tip_diameter", "root_diameter"]
    datum: DatumNames | None = None


class ToothThicknessDocument(SizedDocument):
    """Mean thickness of a gear's teeth at the reference circle."""

    type: Literal["tooth_thickness"]
    datum: DatumNames | None = None
    along: Literal["arc", "chord"] = "arc"


class PitchDocument(_Zoned):
    """How far a gear's pitches may deviate at the measuring circle; of both flanks unless one is named."""

    type: Literal["pitch_deviation", "cumulative_pitch"]
    datum: DatumNames | None = None
    flank: Literal["left", "right"] | None = None


class GearRunoutDocument(_Zoned):
    """How far a ball, laid into all spaces of a gear, may come nearer to the axis and go away from it."""

    type: Literal["runout"]
    datum: DatumNames | None = None
    ball_diameter: Size | None = None


class ThreadSizeDocument(SizedDocument):
    """A size of a thread; `flank_angle` in degrees."""

    type: Literal["pitch", "major_diameter", "minor_diameter", "pitch_diameter", "flank_angle"]


class CountDocument(_Featured):
    """How many openings, teeth or pieces."""

    type: Literal["count"]
    of: Literal["openings", "teeth", "pieces"] = "openings"
    nominal: Whole
    lower_tol: Signed | None = None
    upper_tol: Signed | None = None
    limits: Bounds | None = None


class CodeDocument(_CharacteristicBase):
    """A machine-readable code and its content. `gs1`: whether it carries GS1 elements (left out: the symbol says);
    `identity`: its content is what tells this part from the others."""

    type: Literal["code"]
    symbology: Name
    expected: Expected
    region: Region | None = None
    gs1: bool | None = None
    identity: bool = False


class TextArcDocument(Document):
    """The line that letters stand on, from the first to the last one (degrees): counter-clockwise where `end_angle` is
    the larger, their tops then point to the centre; clockwise where it is the smaller, their tops point outwards."""

    center: Coordinates
    radius: Size
    start_angle: Angle
    end_angle: Angle


class TextDocument(_CharacteristicBase):
    """A text for people and its content, in a `region` or along an `arc`. `direction` of reading in degrees, 0 along
    +x; `height` of the capitals."""

    type: Literal["text"]
    expected: Engraved
    region: Region | None = None
    arc: TextArcDocument | None = None
    direction: Angle | None = None
    height: Size | None = None


class SurfaceDocument(_CharacteristicBase):
    """No defect larger than `max_defect_mm` within the region."""

    type: Literal["surface"]
    region: Region | None = None
    max_defect_mm: Size


CharacteristicDocument: TypeAlias = Annotated[
    SizeDocument
    | FormDocument
    | OrientationDocument
    | AngularityDocument
    | ProfileDocument
    | PositionDocument
    | GearSizeDocument
    | ToothThicknessDocument
    | PitchDocument
    | GearRunoutDocument
    | ThreadSizeDocument
    | CountDocument
    | CodeDocument
    | TextDocument
    | SurfaceDocument,
    Field(discriminator="type"),
]


class DecisionDocument(Document):
    """How a value with its uncertainty becomes a verdict."""

    rule: Literal["iso14253-1", "simple", "jcgm106"] = "iso14253-1"
    conformance_probability: Probability | None = None
    consumer_risk: Risk | None = None


class OrderDocument(Document):
    """The whole order."""

    schema_: Literal["order/1"] = Field(alias="schema")
    order_id: Name
    customer_reference: Name = ""
    operation: Name = ""
    part: PartDocument
    geometry: GeometryDocument
    datums: Annotated[dict[Id, DatumFeatures], Field(max_length=MAX_DATUMS)] = Field(default_factory=dict)
    characteristics: Annotated[list[CharacteristicDocument], Field(min_length=1, max_length=MAX_CHARACTERISTICS)]
    decision: DecisionDocument = Field(default_factory=DecisionDocument)
