"""The benchmark itself: its bounds, its truth, its rows."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.benchmark import comparison, peers, report
from scripts.benchmark.bounds import NUISANCE, circle_unknowns, contour_point, sigmas
from scripts.benchmark.lines import lone_edge
from scripts.benchmark.outline import offsets_mm, to_part
from scripts.benchmark.part import QUICK, finite
from scripts.benchmark.renderer import inside
from scripts.benchmark.run import PARTS, run
from scripts.benchmark.scenes import disc, free_contour, placed, sector, slotted, toothed
from station.plan.strokes import sample, strokes_of
from station.twin.render import render
from station.twin.scene import Pose
from tests.cli.program import made_once

ROOT = Path(__file__).resolve().parents[2]
LEAST = replace(
    QUICK,
    samples=2,
    radii_px=(12.0,),
    pairs=2,
    seconds=0.0,
    orders=20,
    stream_s=5.0,
    pool=2,
    width_px=1000,
    height_px=800,
    characteristics=30,
)
# Every figure that the core is held to, by a piece of its row's name.
FIGURES = {
    "circles": ("circle diameter and centre", "absolute bias"),
    "lines": ("line offset, distance of two lines, angle of two lines",),
    "contours": ("arcs of ≥ 30°, slots, toothed outlines, free contours",),
    "pose": ("pose of a part with ≥ 1000 px of contour",),
    "blur": ("± 10 % error of the assumed PSF",),
    "hard": (),
    "speed": ("100 circles", "300 circles", "finding the pose", "full-outline comparison", "300 characteristics"),
    "parallel": ("in two processes", "in two threads"),
    "stream": ("100 000 distinct orders", "plan compilation / inspection"),
    "memory": ("peak memory",),
    "peers": ("tuned best peer",),
    "renderer": ("supersampling",),
    "commits": ("against a bare durable row",),
    "api": ("against sqlite3's dump", "a page of"),
}


@pytest.mark.parametrize(("radius", "published"), [(12.0, 4.0), (30.0, 2.5), (60.0, 1.75), (150.0, 1.1)])
def test_bound_of_a_circle_is_the_published_one(radius: float, published: float) -> None:
    """Published for PSF σ 1, in 1/1000 px: diameter, and 0.63 of it for the centre."""
    scene = placed(disc(radius), 1.0, np.random.default_rng(1))
    bound = 1e3 * sigmas([scene], (*circle_unknowns("D"), *NUISANCE))
    assert bound[0] == pytest.approx(published, rel=0.02)
    assert bound[1:3] == pytest.approx(0.63 * published, rel=0.03)


def test_bound_of_a_circle_scales_with_the_blur_as_published() -> None:
    bound = {
        psf: sigmas([placed(disc(60.0), psf, np.random.default_rng(1))], (*circle_unknowns("D"), *NUISANCE))[0]
        for psf in (0.7, 1.0, 1.5)
    }
    assert bound[0.7] / bound[1.0] == pytest.approx(0.85, rel=0.02)
    assert bound[1.5] / bound[1.0] == pytest.approx(1.22, rel=0.02)


def test_bound_of_an_edge_is_the_published_one() -> None:
    offset, tilt = lone_edge(216, 1.0)
    assert 1e3 * offset == pytest.approx(1.3, rel=0.02)
    assert 1e6 * tilt == pytest.approx(16.5, rel=0.02)


def test_contour_points_average_to_the_bound_of_the_whole() -> None:
    """With levels and blur known, n independent points give the diameter 2 · bound / √n."""
    scene = placed(disc(60.0), 1.0, np.random.default_rng(1))
    (known,) = sigmas([scene], circle_unknowns("D")[:1])
    assert 2.0 * contour_point([scene]) / math.sqrt(2.0 * math.pi * 60.0) == pytest.approx(known, rel=1e-3)


@pytest.mark.parametrize("what", [sector(30.0, 90.0, 150.0), slotted(80.0, 16.0), toothed(), free_contour()])
def test_points_moved_off_an_outline_are_found_off_it(what: Any) -> None:
    silhouette = what.geometry.silhouette
    assert silhouette is not None
    for outline in silhouette.outlines:
        samples = sample(strokes_of([outline], 1e-3), 0.02)
        at = (samples.first[:-1] + samples.first[1:]) // 2  # away from corners, where another segment may be nearer
        for by in (-0.003, 0.0, 0.002):
            moved = samples.points_mm[at] + by * samples.normals[at]
            assert offsets_mm(moved, silhouette.outlines) == pytest.approx(by, abs=1e-9)


def test_the_way_back_into_the_part_is_the_inverse_of_its_pose() -> None:
    c, s = math.cos(math.radians(30.0)), math.sin(math.radians(30.0))
    there = np.array([[1.0 + c * 2.0 - s * 3.0, -2.0 + s * 2.0 + c * 3.0]])
    assert to_part(there, Pose(1.0, -2.0, 30.0)) == pytest.approx(np.array([[2.0, 3.0]]))


def test_points_are_counted_inside_an_outline_of_lines_and_arcs() -> None:
    (outline,) = sector(30.0, 90.0, 150.0).geometry.silhouette.outer
    radius, angle = np.meshgrid([0.25, 0.35, 0.6, 0.85, 0.95], np.radians([-170.0, -80.0, -70.0, 0.0, 70.0, 80.0]))
    found = inside(radius * np.cos(angle) - 0.6, radius * np.sin(angle), outline)
    expected = (radius > 0.3) & (radius < 0.9) & (np.abs(angle) < np.radians(75.0))
    assert np.array_equal(found, expected)


@pytest.fixture(scope="session")
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """All parts at their least, run once for all of the tests' processes."""
    with made_once(tmp_path_factory, "bench") as (folder, missing):
        path = folder / "bench.json"
        if missing:
            found = run(list(PARTS), LEAST, "quick", lambda _: None, lambda _name, _seconds: None)
            path.write_text(json.dumps(found, allow_nan=False))
        return json.loads(path.read_text())


def test_every_figure_has_its_row(document: dict[str, Any]) -> None:
    assert list(document["parts"]) == list(PARTS) == list(FIGURES)
    for part, pieces in FIGURES.items():
        rows = document["parts"][part]["rows"]
        for piece in pieces:
            assert any(piece in row["what"] for row in rows), (part, piece)
        for row in rows:
            assert row["reached"]
            assert "nan" not in row["reached"]
            assert row["holds"] in (True, False, None)


def test_the_document_has_every_row_and_table(document: dict[str, Any]) -> None:
    text = report.markdown(document, ["scatter.svg"])
    for row in report.rows_of(document):
        assert f"| {row['what']} | {row['target']} | {row['reached']} | {report.holds(row['holds'])} |" in text
    for part in document["parts"].values():
        for table in part["tables"]:
            assert f"**{table['title']}**" in text
    assert "(benchmarks/scatter.svg)" in text
    assert "(benchmarks/bias.svg)" not in text
    assert "quick run" in text


def test_a_short_stream_shows_nothing(document: dict[str, Any]) -> None:
    row = document["parts"]["stream"]["rows"][0]
    assert "orders only" in row["reached"]
    assert row["holds"] is not True


def test_plots_of_the_same_numbers_are_the_same_files(document: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from scripts.benchmark.plots import draw

    names = draw(document, tmp_path / "a")
    assert names == draw(document, tmp_path / "b") == ["scatter.svg", "bias.svg", "contours.svg", "times.svg"]
    for name in names:
        data = (tmp_path / "a" / name).read_bytes()
        assert data == (tmp_path / "b" / name).read_bytes()
        assert len(data) < 100_000


@pytest.mark.parametrize("peer", [p for p in peers.PEERS if p.installed], ids=lambda p: p.name)
def test_a_peer_measures_and_tuning_does_not_make_it_worse(peer: peers.Peer) -> None:
    rng = np.random.default_rng(3)
    pictures = []
    for _ in range(4):
        scene = placed(disc(30.0), 1.0, rng)
        pictures.append((render(scene, rng), *map(round, scene.optics.origin_px), 60.0))
    stands = peers.errors(peer, pictures, peer.stands)
    assert np.abs(stands).max() < 1.5
    best = peers.errors(peer, pictures, peers.tuned(peer, pictures))
    assert np.sqrt(np.mean(best**2)) <= np.sqrt(np.mean(stands**2))


def test_the_best_peer_is_the_fastest_that_is_as_accurate_else_the_most_accurate() -> None:
    def line(name: str, blurs: float, rmse: float) -> comparison.Line:
        return comparison.Line(name, blurs, rmse)

    ours = line(comparison.STATION, 2.0, 1.05)
    row = comparison._row([ours, line("slow", 90.0, 1.0), line("quick", 30.0, 1.04), line("poor", 1.0, 9.0)], [])
    assert "15.0 × faster than quick" in row.reached
    assert row.holds is True
    row = comparison._row([ours, line("near", 19.0, 1.2), line("as near", 90.0, 1.19), line("poor", 1.0, 9.0)], [])
    assert "9.5 × faster than near" in row.reached
    assert row.holds is False
    assert comparison._row([ours, line("near", 21.0, 1.2)], ["absent"]).holds is None


def test_numbers_that_are_no_json_become_null() -> None:
    assert finite({"a": (1.0, math.nan), "b": [math.inf, "x", None]}) == {"a": [1.0, None], "b": [None, "x", None]}


def test_the_script_prints_one_document() -> None:
    done = _bench("--quick", "--only", "blur", "--samples", "1", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(json.loads(done.stdout)["parts"]) == ["blur"]


def test_a_document_needs_all_parts(tmp_path: Path) -> None:
    done = _bench("--only", "blur", "--write", str(tmp_path))
    assert done.returncode == 2
    assert "--only" in done.stderr
    assert list(tmp_path.iterdir()) == []


def _bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/bench.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
