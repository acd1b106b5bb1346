"""The features of the order document as pydantic models."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from station.order.fields import Angle, Coordinates, Corners, Document, EdgeName, Id, Name, Nominal, Signed, Size, Whole
from station.order.limits import MAX_FEATURES

SideName: TypeAlias = Literal["outer", "inner"]
FromDrawing: TypeAlias = Literal["drawing"]


class _FeatureBase(Document):
    """What every feature may say: its name, and the kind of its edge (how it was made) where that is not the
    geometry's."""

    id: Id
    edge: EdgeName | None = None


class CircleDocument(_FeatureBase):
    """A full circle, written out."""

    type: Literal["circle"]
    side: SideName
    center: Coordinates
    diameter: Size


class LineDocument(_FeatureBase):
    """A straight edge, written out."""

    type: Literal["line"]
    start: Coordinates
    end: Coordinates
    material: Literal["left", "right"]


class ArcDocument(_FeatureBase):
    """A part of a circle, counter-clockwise from `start_angle` to `end_angle` (degrees), written out."""

    type: Literal["arc"]
    side: SideName
    center: Coordinates
    radius: Size
    start_angle: Angle
    end_angle: Angle


class ContourDocument(_FeatureBase):
    """The outlines of one layer of the drawing, or with `from` alone of the whole drawing."""

    type: Literal["contour"]
    layer: Name | None = None
    source: FromDrawing | None = Field(None, alias="from")


class NamedDocument(_FeatureBase):
    """One item of the drawing (`CIRCLE-1`, `LINE-3`, see docs/orders.md) under an id of the order's own."""

    type: Literal["circle", "line", "arc", "contour"]
    source: FromDrawing = Field(alias="from")
    entity: Id


class AllDrawnDocument(Document):
    """Every item of the drawing, under its own id."""

    source: FromDrawing = Field(alias="from")


class GearDocument(_FeatureBase):
    """An external spur gear: an involute one (ISO 21771), or a watch wheel or pinion (BS 978-2, NIHS 20-02)."""

    type: Literal["gear"]
    profile: Literal["involute", "cycloidal"]
    side: SideName = "outer"
    center: Coordinates
    teeth: Whole
    module: Size
    phase_deg: Angle = Decimal(0)
    tip_diameter: Size | None = None
    root_diameter: Size | None = None
    tooth_thickness: Size | None = None
    backlash: Nominal | None = None
    root_fillet: Nominal | None = None
    pressure_angle: Size | None = None
    profile_shift: Signed | None = None
    form: Literal["wheel", "A", "B", "C"] | None = None
    mate_teeth: Whole | None = None
    ratio: Size | None = None


class ThreadDocument(_FeatureBase):
    """An external thread seen from the side: both sides of its silhouette between the two points of `axis`."""

    type: Literal["thread"]
    axis: Corners
    major_diameter: Size
    pitch: Size
    minor_diameter: Size | None = None
    flank_angle: Size = Decimal(60)
    starts: Whole = 1
    phase: Signed = Decimal(0)


def _feature_tag(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "?"
    if "entity" in value:
        return "entity"
    if "from" in value and "id" not in value and "type" not in value:
        return "drawing"
    kind = value.get("type")
    return kind if isinstance(kind, str) else None


FeatureDocument: TypeAlias = Annotated[
    Annotated[CircleDocument, Tag("circle")]
    | Annotated[LineDocument, Tag("line")]
    | Annotated[ArcDocument, Tag("arc")]
    | Annotated[ContourDocument, Tag("contour")]
    | Annotated[GearDocument, Tag("gear")]
    | Annotated[ThreadDocument, Tag("thread")]
    | Annotated[NamedDocument, Tag("entity")]
    | Annotated[AllDrawnDocument, Tag("drawing")],
    Discriminator(_feature_tag),
]
FeatureList: TypeAlias = Annotated[list[FeatureDocument], Field(max_length=MAX_FEATURES)]
