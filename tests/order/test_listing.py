from __future__ import annotations

from pathlib import Path

import pytest

from station.order.listing import describe_drawing, main

from .builders import drawn


def draw(document: object) -> None:
    model = document.modelspace()
    model.add_circle((3, 4), 2, dxfattribs={"layer": "HOLES"})
    model.add_lwpolyline([(0, 0), (9, 0), (9, 8, 0, 0, 1), (0, 8)], close=True)
    model.add_line((20, 0), (23, 4))


def test_one_line_each() -> None:
    lines = [" ".join(line.split()) for line in describe_drawing(drawn(draw)).splitlines()]
    assert lines == [
        "CIRCLE-1 diameter 4.0000 inner at (3.000, 4.000) HOLES",
        "ARC-1 radius 4.5000 outer at (4.500, 12.500) 0",
        "LINE-1 length 9.0000 at (4.500, 0.000) 0",
        "LINE-2 length 8.0000 at (0.000, 4.000) 0",
        "LINE-3 length 8.0000 at (9.000, 4.000) 0",
        "LINE-4 length 5.0000 at (21.500, 2.000) 0 (open)",
        "CONTOUR-1 area 103.809 mm² outer at (4.500, 6.250) 0",
        "CONTOUR-2 area 12.566 mm² opening at (3.000, 4.000) HOLES",
    ]


def test_ids_do_not_depend_on_the_sequence_of_the_file() -> None:
    def circles(document: object, places: list[tuple[float, float]]) -> None:
        for place in places:
            document.modelspace().add_circle(place, 1)

    places = [(9.0, 0.0), (0.0, 5.0), (0.0000001, 0.0)]
    texts = {describe_drawing(drawn(lambda d, p=p: circles(d, p))) for p in (places, places[::-1])}
    assert len(texts) == 1
    assert [line.split()[-3:-1] for line in texts.pop().splitlines()[:3]] == [
        ["(0.000,", "0.000)"],
        ["(0.000,", "5.000)"],
        ["(9.000,", "0.000)"],
    ]


def test_as_a_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.dxf").write_bytes(drawn(draw))
    assert main([str(tmp_path / "x.dxf")]) == 0
    assert capsys.readouterr().out.startswith("CIRCLE-1")
    assert main([str(tmp_path / "none.dxf")]) == 2
    assert "no such file" in capsys.readouterr().err
    assert main([]) == 2
