"""Each fault of an order gets one sentence with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from station.errors import InputError, OrderError
from station.order.read import read_order

from .builders import circle, drawn, line, order, parse, ring, square


def put(path: list[Any], value: Any) -> dict[str, Any]:
    document = ring()
    holder: Any = document
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return document


FIRST = ["characteristics", 0]
OD = ["geometry", "features", 0]
LONG = "x" * 65

CASES: list[tuple[list[Any], Any, str, str]] = [
    (["colour"], 1, "colour", "the key 'colour' is not known"),
    (["part", "colour"], 1, "part.colour", "the key 'colour' is not known"),
    ([*OD, "dimater"], 1, "geometry.features[0].dimater", "the key 'dimater' is not known"),
    ([*FIRST, "nominial"], 1, "characteristics[0].nominial", "the key 'nominial' is not known"),
    (["a b\n"], 1, "['a b\\n']", "is not known here"),
    (["part"], {}, "part.serial", "the key 'serial' is missing"),
    (["part"], [], "part", "must be an object"),
    (["schema"], "order/2", "schema", "must be 'order/1'"),
    (["order_id"], 7, "order_id", "must be a text"),
    (["order_id"], "", "order_id", "must not be empty"),
    (["order_id"], "x" * 129, "order_id", "longer than the 128"),
    (["part", "serial"], "a\u202eb", "part.serial", "invisible character"),
    (["part", "serial"], " a", "part.serial", "begin or end with a space"),
    (["part", "cte_ppm_per_k"], "16", "part.cte_ppm_per_k", "must be a number"),
    (["part", "cte_ppm_per_k"], True, "part.cte_ppm_per_k", "must be a number"),
    ([*OD, "id"], "a\nb", "geometry.features[0].id", "control"),
    ([*OD, "id"], LONG, "geometry.features[0].id", "longer than the 64"),
    ([*OD, "id"], "ID", "geometry.features[1].id", "used twice"),
    ([*OD, "type"], "ellipse", "geometry.features[0]", "the type 'ellipse' is not known; known are circle"),
    ([*OD, "type"], 3, "geometry.features[0]", "the key 'type'"),
    ([*OD, "side"], "left", "geometry.features[0].side", "must be 'outer' or 'inner'"),
    ([*OD, "diameter"], 0, "geometry.features[0].diameter", "larger than 0"),
    ([*OD, "diameter"], -3, "geometry.features[0].diameter", "larger than 0"),
    ([*OD, "diameter"], 10001, "geometry.features[0].diameter", "at most 10000"),
    ([*OD, "center"], [0, 10001], "geometry.features[0].center[1]", "at most 10000"),
    ([*OD, "center"], [0], "geometry.features[0].center[1]", "too short"),
    ([*OD, "center"], [0, 0, 0], "geometry.features[0].center", "more than the 2"),
    ([*OD, "center"], "0,0", "geometry.features[0].center", "must be a list"),
    (OD, 3, "geometry.features[0]", "must be an object"),
    (["geometry", "features"], 3, "geometry.features", "must be a list"),
    (["geometry", "features"], [{}] * 5001, "geometry.features", "more than the 5000"),
    (["geometry", "view"], "left", "geometry.view", "'top' or 'bottom'"),
    (["geometry", "partial"], 1, "geometry.partial", "true or false"),
    (["geometry", "layers"], ["A"], "geometry.layers", "names none"),
    (["geometry", "from"], "drawing", "geometry.from", "names none"),
    (["characteristics"], [], "characteristics", "at least 1"),
    (["characteristics"], [{}] * 5001, "characteristics", "more than the 5000"),
    ([*FIRST, "id"], "2", "characteristics[1].id", "used twice"),
    ([*FIRST, "type"], "dia", "characteristics[0]", "the type 'dia' is not known; known are diameter"),
    ([*FIRST, "lower_tol"], 0.06, "characteristics[0].lower_tol", "wrong way round"),
    ([*FIRST, "nominal"], 237, "characteristics[0].nominal", "cannot be that of 'OD', which has 23.7 mm"),
    ([*FIRST, "feature"], "XX", "characteristics[0].feature", "no feature 'XX'"),
    ([*FIRST, "features"], ["OD"], "characteristics[0].features", "not both"),
    ([*FIRST, "fit"], "h6", "characteristics[0]", "two tolerances"),
    ([*FIRST, "view"], "side", "characteristics[0].view", "'backlight', 'front', 'ring' or 'dark'"),
    ([*FIRST, "tolerance"], 1, "characteristics[0].tolerance", "not known here"),
    (["characteristics", 1, "fit"], "h9", "characteristics[1].fit", "class of a shaft, but the feature is inner"),
    (["characteristics", 1, "fit"], "Q9", "characteristics[1].fit", "not a tolerance class"),
    (["characteristics", 1, "nominal"], 0.05, "characteristics[1].nominal", "cannot be that of 'ID'"),
    (["characteristics", 2, "tolerance"], 0, "characteristics[2].tolerance", "larger than 0"),
    (["characteristics", 2, "modifier"], "MMC", "characteristics[2].modifier", "not known here"),
    (["characteristics", 3, "datum"], "B", "characteristics[3].datum", "no datum 'B'"),
    (["characteristics", 3, "datum"], ["A", "B"], "characteristics[3].datum", "takes one datum, not 2"),
    (["characteristics", 3, "datum"], ["B"], "characteristics[3].datum[0]", "no datum 'B'"),
    (["characteristics", 3, "datum"], "A-B", "characteristics[3].datum", "no datum 'B'"),
    (["characteristics", 3, "datum"], [], "characteristics[3].datum", "at least 1"),
    (["characteristics", 3, "datum"], 1, "characteristics[3].datum", "must be a text"),
    (["characteristics", 3, "feature"], "OD", "characteristics[3].datum[0]", "its own datum"),
    (["datums", "A"], "XX", "datums.A", "no feature 'XX'"),
    (["datums"], ["A"], "datums", "must be an object"),
    (["decision"], {"rule": "best"}, "decision.rule", "'iso14253-1', 'simple' or 'jcgm106'"),
    (["decision"], {"conformance_probability": 1}, "decision.conformance_probability", "less than 1"),
    (["decision"], {"conformance_probability": 0.5}, "decision.conformance_probability", "larger than 0.5"),
]


@pytest.mark.parametrize(("path", "value", "place", "part"), CASES)
def test_faults_of_the_ring(path: list[Any], value: Any, place: str, part: str) -> None:
    with pytest.raises(OrderError) as caught:
        parse(put(path, value))
    assert caught.value.place == place
    assert part in caught.value.sentence
    assert "\n" not in caught.value.sentence


ASKED: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "diameter", "feature": "OD", "nominal": 25}, "", "has no tolerance"),
    ({"type": "diameter", "feature": "OD", "upper_tol": 1}, ".nominal", "need the nominal"),
    ({"type": "diameter", "feature": "OD", "limits": [2, 1]}, ".limits", "wrong way round"),
    ({"type": "diameter", "feature": "OD", "limits": [None, None]}, ".limits", "both limits are null"),
    ({"type": "diameter", "feature": "OD", "limits": [1]}, ".limits[1]", "too short"),
    ({"type": "diameter", "feature": "OD", "limits": [-2, -1]}, "", "larger than zero"),
    ({"type": "diameter", "feature": "OD", "nominal": 0.4, "general": "ISO 2768-f"}, ".general", "below 0.5 mm"),
    ({"type": "diameter", "feature": "E1", "limits": [1, 2]}, ".feature", "a circle or an arc, but 'E1' is a line"),
    ({"type": "diameter", "limits": [1, 2]}, ".feature", "takes one feature, not 0"),
    ({"type": "diameter", "features": ["OD", "ID"], "limits": [1, 2]}, ".features", "takes one feature, not 2"),
    ({"type": "roundness", "feature": "E1", "tolerance": 1}, ".feature", "roundness is for a circle"),
    ({"type": "straightness", "feature": "OD", "tolerance": 1}, ".feature", "straightness is for a line"),
    ({"type": "angle", "features": ["OD", "ID"], "nominal": 90, "upper_tol": 1}, ".features[0]", "angle is for a line"),
    ({"type": "angle", "features": ["E1", "E2"], "nominal": 90, "fit": "H7"}, ".fit", "for a diameter or a width"),
    ({"type": "distance", "feature": "OD", "limits": [1, 2]}, ".features", "takes two features, not 1"),
    ({"type": "distance", "features": ["OD", "OD"], "limits": [1, 2]}, ".features", "two different features"),
    ({"type": "distance", "features": ["OD", "XX"], "limits": [1, 2]}, ".features[1]", "no feature 'XX'"),
    ({"type": "distance", "features": ["E1", "E3"], "general": "ISO 2768-m"}, ".nominal", "needs the nominal"),
    (
        {"type": "parallelism", "feature": "E3", "datum": "A", "tolerance": 1},
        ".datum",
        "is a line or a slot, but 'A' is the circle",
    ),
    ({"type": "parallelism", "feature": "E3", "tolerance": 1}, ".datum", "the key 'datum' is missing"),
    ({"type": "position", "feature": "ID", "datum": ["A", "A"], "tolerance": 1}, ".datum", "named twice"),
    ({"type": "position", "feature": "ID", "tolerance": 1, "modifier": "RFS"}, ".modifier", "'MMC' or 'LMC'"),
    ({"type": "angularity", "feature": "E2", "datum": "B", "tolerance": 1, "nominal": 45}, ".nominal", "90.000°"),
    ({"type": "concentricity", "feature": "ID", "datum": "A-B", "tolerance": 1}, ".datum", "but 'B' is the line 'E1'"),
    ({"type": "position", "feature": "ID", "datum": ["A-B", "A"], "tolerance": 1}, ".datum", "named twice"),
    (
        {"type": "diameter", "feature": "OD", "modifier": "SX", "limits": [1, 50]},
        ".modifier",
        "'GG', 'GX', 'GN' or 'LP'",
    ),
    ({"type": "angle", "features": ["E1", "E2"], "modifier": "GX", "limits": [80, 99]}, ".modifier", "not for angle"),
    ({"type": "straightness", "feature": "E1", "association": "MC", "tolerance": 1}, ".association", "whole circles"),
    ({"type": "count", "nominal": 2.5}, ".nominal", "whole number"),
    ({"type": "count", "nominal": -1}, ".nominal", "at least 0"),
    ({"type": "count", "nominal": 1, "of": "gaps"}, ".of", "'openings', 'teeth' or 'pieces'"),
    ({"type": "code", "expected": "1"}, ".symbology", "is missing"),
    ({"type": "text", "expected": "A", "region": "XX"}, ".region", "no feature 'XX'"),
    ({"type": "text", "expected": "A", "region": "E1"}, ".region", "is not closed"),
    ({"type": "text", "expected": "A", "region": [[0, 0], [0, 1]]}, ".region", "must differ"),
    ({"type": "text", "expected": "A", "region": [[0, 0], [1]]}, ".region[1][1]", "too short"),
    ({"type": "surface", "region": "OD", "max_defect_mm": 0}, ".max_defect_mm", "larger than 0"),
]


@pytest.mark.parametrize(("asked", "key", "part"), ASKED)
def test_faults_of_characteristics(asked: dict[str, Any], key: str, part: str) -> None:
    features = [*square(50), circle("OD", "inner", [25, 25], 25), circle("ID", "outer", [25, 25], 19)]
    document = order(features, asked)
    document["datums"] = {"A": "OD", "B": "E1"}
    with pytest.raises(OrderError) as caught:
        parse(document)
    assert caught.value.place == "characteristics[0]" + key
    assert part in caught.value.sentence


@pytest.mark.parametrize(
    ("datums", "place", "part"),
    [
        ({"A": ["OD", "XX"]}, "datums.A", "no feature 'XX'"),
        ({"A": ["OD", "OD"]}, "datums.A", "named twice"),
        ({"A": []}, "datums.A", "at least 1"),
    ],
)
def test_faults_of_datums(datums, place: str, part: str) -> None:
    document = ring()
    document["datums"] = datums
    with pytest.raises(OrderError) as caught:
        parse(document)
    assert caught.value.place == place
    assert part in caught.value.sentence


def test_a_probability_and_a_risk_contradict_each_other() -> None:
    document = ring()
    document["decision"] = {"rule": "jcgm106", "conformance_probability": 0.9, "consumer_risk": 0.1}
    with pytest.raises(OrderError, match="not both"):
        parse(document)


def test_several_faults_are_counted() -> None:
    document = ring()
    document["order_id"], document["part"]["serial"] = 3, 4
    with pytest.raises(OrderError, match=r"order_id: this must be a text \(and 1 more\)"):
        parse(document)


@pytest.mark.parametrize(
    ("feature", "part"),
    [
        (line("E", [1, 1], [1, 1]), "same point"),
        ({**circle("A", "outer", [0, 0], 1), "type": "arc"}, "the key 'diameter' is not known"),
        (
            {
                "id": "A",
                "type": "arc",
                "side": "outer",
                "center": [0, 0],
                "radius": 1,
                "start_angle": 5,
                "end_angle": 5,
            },
            "less than 360°",
        ),
        (
            {
                "id": "A",
                "type": "arc",
                "side": "outer",
                "center": [0, 0],
                "radius": 1,
                "start_angle": 0,
                "end_angle": 360,
            },
            "less than 360°",
        ),
        ({"id": "C", "type": "contour", "layer": "X"}, "the geometry names none"),
    ],
)
def test_degenerate_features(feature: dict[str, Any], part: str) -> None:
    with pytest.raises(OrderError, match=part) as caught:
        parse(order([feature]))
    assert caught.value.place.startswith("geometry.features[0]")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.dxf", "a/../../x.dxf", "C:\\x.dxf", "c:x.dxf", "x\x00.dxf"])
def test_drawings_outside_the_folder(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "x.dxf").write_bytes(drawn(lambda d: d.modelspace().add_circle((0, 0), 1)))
    with pytest.raises(OrderError) as caught:
        parse(order(None, drawing=name), folder)
    assert caught.value.place == "geometry.drawing"


def test_drawings_behind_links_missing_or_large(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    target = tmp_path / "x.dxf"
    target.write_bytes(drawn(lambda d: d.modelspace().add_circle((0, 0), 1)))
    (folder / "link.dxf").symlink_to(target)
    (folder / "loop.dxf").symlink_to(folder / "loop.dxf")
    with (folder / "huge.dxf").open("wb") as stream:
        stream.truncate(33 * 1024 * 1024)
    parts = {
        "link.dxf": "outside the order's folder",
        "loop.dxf": "drawing",
        "huge.dxf": "larger than",
        "none.dxf": "no such file",
        ".": "not a regular file",
        "x" * 129: "longer than",
    }
    for name, part in parts.items():
        (folder / "order.json").write_text(json.dumps(order(None, drawing=name)), encoding="utf-8")
        with pytest.raises(InputError, match=part) as caught:
            read_order(folder / "order.json")
        assert caught.value.place == "geometry.drawing"
    with pytest.raises(OrderError, match="without its drawing"):
        parse(order(None, drawing="x.dxf"), None)
