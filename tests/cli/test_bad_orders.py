"""Orders that cannot be used: exit 2, one sentence with the place, nothing recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import ezdxf
import pytest

from station.metrology.camera import CameraModel
from station.twin.scene import Optics

from .conftest import World
from .small import calibration, picture, ring_order, write_calibration, write_order, write_picture


def _changed(change: Callable[[dict[str, Any]], object]) -> str:
    document = ring_order()
    change(document)
    return json.dumps(document)


def _drawn(*circles: tuple[float, float, float], lines: tuple[tuple[float, ...], ...] = ()) -> str:
    drawing = ezdxf.new("R2010", units=4)
    for x, y, diameter in circles:
        drawing.modelspace().add_circle((x, y), diameter / 2, dxfattribs={"layer": "PART"})
    for x0, y0, x1, y1 in lines:
        drawing.modelspace().add_line((x0, y0), (x1, y1), dxfattribs={"layer": "PART"})
    stream = StringIO()
    drawing.write(stream)
    return stream.getvalue()


def _with_drawing(name: str) -> str:
    asked = [{"id": "1", "type": "line_profile", "feature": "PL", "tolerance": 0.1}]
    geometry = {"drawing": name, "features": [{"id": "PL", "type": "contour", "layer": "PART"}]}
    return json.dumps(ring_order(geometry=geometry, datums={}, characteristics=asked))


TEXTS: dict[str, tuple[str, str]] = {
    "not JSON": ("{'schema': ", "order.json"),
    "empty": ("", "order.json"),
    "a list": ("[]", "order"),
    "nothing but an object": ("{}", "schema"),
    "unknown key": (_changed(lambda d: d["characteristics"][0].update(nominial=4)), "characteristics[0].nominial"),
    "unknown key at the top": (_changed(lambda d: d.update(colour="red")), "colour"),
    "NaN": (json.dumps(ring_order()).replace('": 0.05', '": NaN', 1), "NaN"),
    "infinity": (json.dumps(ring_order()).replace("-0.05", "-Infinity", 1), "Infinity"),
    "a number too large": (json.dumps(ring_order()).replace("4.0", "4e999", 1), "4e999"),
    "a key twice": (json.dumps(ring_order()).replace('"MO-1"', '"MO-1", "order_id": "MO-2"'), "order_id"),
    "duplicate feature": (_changed(lambda d: d["geometry"]["features"][1].update(id="OD")), "features[1].id"),
    "duplicate characteristic": (_changed(lambda d: d["characteristics"][1].update(id="1")), "characteristics[1].id"),
    "reversed tolerance": (
        _changed(lambda d: d["characteristics"][0].update(lower_tol=0.05, upper_tol=-0.05)),
        "characteristics[0].lower_tol",
    ),
    "reversed limits": (
        _changed(
            lambda d: d["characteristics"].__setitem__(
                0, {"id": "1", "type": "diameter", "feature": "OD", "limits": [4.1, 3.9]}
            )
        ),
        "characteristics[0].limits",
    ),
    "a datum that is not there": (
        _changed(lambda d: d["characteristics"][2].update(datum=["B"])),
        "characteristics[2].datum",
    ),
    "a datum on nothing": (_changed(lambda d: d["datums"].update(A="NIX")), "datums.A"),
    "a feature that is not there": (
        _changed(lambda d: d["characteristics"][0].update(feature="NIX")),
        "characteristics[0].feature",
    ),
    "no characteristics": (_changed(lambda d: d.update(characteristics=[])), "characteristics"),
    "another schema": (_changed(lambda d: d.update(schema="order/2")), "schema"),
    "no serial": (_changed(lambda d: d["part"].pop("serial")), "part.serial"),
    "a negative diameter": (_changed(lambda d: d["geometry"]["features"][0].update(diameter=-4)), "features[0]"),
    "a text for a number": (_changed(lambda d: d["characteristics"][0].update(nominal="4.0")), "[0].nominal"),
    "nested too deeply": ("[" * 100_000, "order.json"),
    "drawing outside the folder": (_with_drawing("../part.dxf"), "geometry.drawing"),
    "drawing far outside": (_with_drawing("../../../../etc/passwd"), "geometry.drawing"),
    "drawing by an absolute path": (_with_drawing("/etc/passwd"), "geometry.drawing"),
    "drawing that is not there": (_with_drawing("part.dxf"), "geometry.drawing"),
}


@pytest.mark.parametrize("case", sorted(TEXTS))
def test_it_is_refused_with_its_place_and_nothing_is_recorded(world: World, case: str) -> None:
    text, place = TEXTS[case]
    (world.folder.parent / "part.dxf").write_text(_drawn((0, 0, 4)))
    world.order.write_text(text, encoding="utf-8")
    sentence = world.inspect("--json").sentence
    assert sentence.startswith("station: ")
    assert place in sentence
    assert len(sentence) < 400
    assert world.records() == []
    assert world.run("plan", world.order, "--calibration", world.calibration, "--json").sentence == sentence


def test_200_megabytes_are_not_read(world: World) -> None:
    with world.order.open("r+b") as stream:
        stream.truncate(200_000_000)
    assert "larger than" in world.inspect().sentence
    assert world.records() == []


@pytest.mark.parametrize("kind", ["missing", "folder", "not UTF-8"])
def test_a_file_that_is_no_document(world: World, kind: str) -> None:
    path = world.folder / "other.json"
    if kind == "folder":
        path.mkdir()
    elif kind == "not UTF-8":
        path.write_bytes(json.dumps(ring_order(customer_reference="Müller"), ensure_ascii=False).encode("latin-1"))
    assert str(path) in world.inspect(order=path).sentence
    assert world.records() == []


WHOLE = _drawn((0, 0, 4), (0, 0, 2))
DRAWINGS: dict[str, str] = {
    "cut off": WHOLE[: len(WHOLE) // 2],
    "end mark missing": WHOLE.removesuffix("  0\nEOF\n"),
    "empty": "",
    "text": "this is a shopping list\n",
    "no closed contour": _drawn(lines=((0, 0, 4, 0), (4, 0, 4, 4), (4, 4, 0, 4), (0, 4, 0, 1))),
    "nothing drawn": _drawn(),
}


@pytest.mark.parametrize("case", sorted(DRAWINGS))
def test_a_drawing_that_cannot_be_used(world: World, case: str) -> None:
    (world.folder / "part.dxf").write_text(DRAWINGS[case])
    order = world.folder / "drawn.json"
    order.write_text(_with_drawing("part.dxf"))
    assert "geometry" in world.inspect(order=order).sentence
    assert world.records() == []


def test_a_link_that_leads_out_of_the_folder_is_refused(world: World) -> None:
    outside = world.folder.parent / "outside.dxf"
    outside.write_text(WHOLE)
    (world.folder / "part.dxf").symlink_to(outside)
    order = world.folder / "drawn.json"
    order.write_text(_with_drawing("part.dxf"))
    assert "geometry.drawing" in world.inspect(order=order).sentence


def test_the_whole_drawing_is_measured(world: World) -> None:
    (world.folder / "part.dxf").write_text(WHOLE)
    order = world.folder / "drawn.json"
    order.write_text(_with_drawing("part.dxf"))
    done = world.inspect("--json", order=order)
    assert (done.status, done.document["verdict"]) == (0, "PASS")


def test_a_thousand_features_are_measured(world: World) -> None:
    """A perforated disc: 999 holes of 0.16 mm, eight pixels each."""
    holes = [
        {"id": f"H{row}-{column}", "type": "circle", "side": "inner", "diameter": 0.16}
        | {"center": [round((column - 18) * 0.2, 3), round((row - 13) * 0.2, 3)]}
        for row in range(27)
        for column in range(37)
    ]
    outer = {"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 9.4}
    asked = [
        {"id": str(n), "type": "diameter", "feature": h["id"], "nominal": 0.16, "lower_tol": -0.05, "upper_tol": 0.05}
        for n, h in enumerate(holes, start=1)
    ]
    document = ring_order(geometry={"features": [outer, *holes]}, datums={}, characteristics=asked)
    order = write_order(world.folder, document, "thousand.json")
    write_calibration(world.calibration, calibration(camera=CameraModel.similarity(520, 520, 0.02)))
    seen = picture(document, optics=Optics(width_px=520, height_px=520, mm_per_px=0.02))
    done = world.inspect("--json", order=order, image=write_picture(world.folder / "disc.png", seen))
    assert (done.status, done.document["verdict"]) == (0, "PASS")
    found = done.document["characteristics"]
    assert len(found) == 999
    assert all(abs(c["deviation"]) <= 0.02 for c in found)  # a pixel


def test_a_folder_of_orders_names_the_one_that_is_wrong(world: World) -> None:
    folder = world.folder / "orders"
    folder.mkdir()
    write_order(folder, ring_order(), "a.json")
    write_order(folder, ring_order(colour="red"), "b.json")
    assert "b.json" in world.run("run", "--once", "--orders", folder).sentence


@pytest.mark.parametrize("case", ["no folder", "empty", "two for one part"])
def test_a_folder_of_orders_that_cannot_be_run(world: World, case: str) -> None:
    folder = world.folder / "orders"
    if case != "no folder":
        folder.mkdir()
    if case == "two for one part":
        write_order(folder, ring_order(), "a.json")
        write_order(folder, ring_order(), "b.json")
    assert str(folder) in world.run("run", "--once", "--orders", folder).sentence
    assert world.records() == []
