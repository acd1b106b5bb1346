"""Plain outlines that tests can check by hand."""

from station.order.geometry import (
    ArcSegment,
    CircleFeature,
    LineFeature,
    LineSegment,
    Outline,
    Point,
    Side,
    Silhouette,
)


def circle(radius_mm: float, center_mm: Point = (0.0, 0.0), opening: bool = False, name: str = "") -> Outline:
    return Outline((ArcSegment(center_mm, radius_mm, 0.0, -360.0 if opening else 360.0),), True, name)


def polygon_outline(corners_mm: list[Point], name: str = "") -> Outline:
    following = [*corners_mm[1:], corners_mm[0]]
    return Outline(tuple(LineSegment(a, b) for a, b in zip(corners_mm, following, strict=True)), True, name)


RING = Silhouette((circle(2.0, name="OD"),), (circle(0.8, (0.1, 0.0), opening=True, name="ID"),))
RING_FEATURES = (
    CircleFeature("OD", Side.OUTER, (0.0, 0.0), 4.0),
    CircleFeature("ID", Side.INNER, (0.1, 0.0), 1.6),
)
BLOCK = Silhouette((polygon_outline([(-3.0, -1.0), (3.0, -1.0), (3.0, 1.0), (-3.0, 1.0)], "BODY"),), ())
BLOCK_FEATURES = (
    LineFeature("B", (-3.0, -1.0), (3.0, -1.0), True),
    LineFeature("R", (3.0, -1.0), (3.0, 1.0), True),
    LineFeature("T", (-3.0, 1.0), (3.0, 1.0), False),
)
