"""The page of masters: errors as a measurement would show them, with this calibration and with another one."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from station.cycle.certificates import read_certificates
from station.cycle.masters import calibrate_from_masters
from station.metrology.calibration import Calibration
from station.metrology.camera import CameraModel
from station.order.read import read_order
from station.reports.calibration.masters import masters_page, sources_of
from station.reports.calibration.masters_errors import SizeKind, errors_of
from station.reports.document import Tone
from station.reports.page import page
from station.twin.part import CircleDeviation
from tests.cli.program import station
from tests.cli.small import NOW, calibration, picture, ring_order, write_calibration, write_order, write_picture
from tests.cycle.kinds_for_tests import write_masters

MOVED_PX = {"turned": 0.1, "punched": -0.05}
SIZES = ((0.02, -0.01), (-0.015, 0.02), (0.0, 0.0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three rings, their table and their order."""
    found = tmp_path_factory.mktemp("masters")
    rows = ["image,feature,value_mm,u_mm"]
    for number, (outer, inner) in enumerate(SIZES, start=1):
        deviations = [CircleDeviation("OD", outer), CircleDeviation("ID", inner)]
        write_picture(found / f"m{number}.png", picture(deviations=deviations, seed=number))
        rows += [f"m{number}.png,OD,{4 + outer},0.0005", f"m{number}.png,ID,{2 + inner},0.0005"]
    (found / "MASTERS.csv").write_text("\n".join(rows) + "\n")
    write_order(found, ring_order())
    return found


@pytest.fixture(scope="module")
def made(folder: Path) -> Calibration:
    return calibrate_from_masters(
        read_order(folder / "order.json"),
        read_certificates(folder / "MASTERS.csv"),
        camera=None,
        made=NOW,
        valid_for=timedelta(days=30),
        identity="C-1",
    )


def off(**changes: object) -> Calibration:
    """Another calibration: half a thousandth larger, edges 0.3 px out."""
    return calibration(camera=CameraModel.similarity(400, 300, 0.02001), edge_offset_px=0.3, **changes)


def test_errors_with_the_calibration_before_are_what_it_measures(folder: Path, made: Calibration, tmp_path: Path):
    order, table = read_order(folder / "order.json"), read_certificates(folder / "MASTERS.csv")
    before = write_calibration(tmp_path / "before.json", off())
    shown = errors_of(made, order, table, off())
    assert [e.kind for e in shown] == [SizeKind.OUTER, SizeKind.INNER] * 3
    for number in (1, 2, 3):
        image = f"backlight={folder / f'm{number}.png'}"
        arguments = ("inspect", folder / "order.json", "--image", image, "--calibration", before, "--json")
        values = [c["value"] for c in station(tmp_path / "home", *arguments).document["characteristics"][:2]]
        for value, e in zip(values, [e for e in shown if e.image == f"m{number}.png"], strict=True):
            assert e.before_um == pytest.approx(1e3 * (value - e.certified_mm), abs=0.05)
            assert abs(e.before_um) > 5.0
            assert e.error_um == pytest.approx(1e3 * (e.measured_mm - e.certified_mm))
            assert e.expanded_um == 1.0  # the certificate's, k = 2


def test_every_kind_of_edge_has_its_own_offset_before_and_now(tmp_path: Path):
    table = read_certificates(write_masters(tmp_path, np.random.default_rng(3)))
    order = read_order(tmp_path / "order.json")
    made = calibrate_from_masters(
        order, table, camera=None, made=NOW, valid_for=timedelta(days=30), identity="C-2", temperature_c=20.0
    )
    before = replace(made, edges=tuple(replace(e, offset_px=e.offset_px + MOVED_PX[e.kind]) for e in made.edges))
    micron_per_px = 1e3 * made.camera.scale_mm_per_px()
    shown = errors_of(made, order, table, before)
    assert {e.edge for e in shown} == set(MOVED_PX)
    for e in shown:
        moved = e.kind.per_edge * MOVED_PX[e.edge] * micron_per_px
        assert e.before_um == pytest.approx(e.error_um - moved, abs=1e-6)
    titles = [plot.title for section in document(tmp_path, made, before).sections for plot in section.plots]
    assert "Look of the masters' edges (punched)" in titles
    assert "Look of the masters' edges (turned)" in titles


def document(folder: Path, made: Calibration, before: Calibration | None = None):
    order, table = read_order(folder / "order.json"), read_certificates(folder / "MASTERS.csv")
    sources = sources_of(folder / "order.json", folder / "MASTERS.csv", table, ((None, "camera"),))
    return masters_page(made, order, table, before, rows=(("scale", "1"),), parameters=(), sources=sources)


def test_the_page_has_plots_table_and_inputs(folder: Path, made: Calibration):
    found = document(folder, made)
    titles = [plot.title for section in found.sections for plot in section.plots]
    assert titles == [
        "Error of every master", "Error over the field", "Error against size", "Look of the masters' edges"
    ]  # fmt: skip
    assert [s.name for s in found.sources] == ["MASTERS.csv", "order.json", "m1.png", "m2.png", "m3.png"]
    assert found.judgement.tone is Tone.GOOD
    text = page(found)
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)
    assert "before" not in text.lower().replace("before the masters", "")


def test_against_another_calibration(folder: Path, made: Calibration):
    found = document(folder, made, off())
    section = next(s for s in found.sections if s.title == "Against the calibration before")
    assert [plot.title for plot in section.plots] == ["Before and after"]
    facts = {f.name: f.text for f in section.facts}
    scale = 1e6 * (made.camera.scale_mm_per_px() / 0.02001 - 1.0)
    assert facts["scale"].startswith(f"{scale:+.1f} ppm")
    assert any("combined u" in text for text in section.paragraphs)  # what accepting it would ask


def test_an_older_document_without_look_place_and_statistics(folder: Path, made: Calibration):
    bare = replace(
        made, edge_look=None, statistics=None, residuals=tuple(replace(r, at_px=None) for r in made.residuals)
    )
    found = document(folder, bare)
    assert found.judgement.tone is Tone.NONE
    assert "too few" in found.judgement.sentence
    assert page(found).count("<svg") == 3


def test_errors_that_certificates_do_not_explain_are_doubtful(folder: Path, made: Calibration):
    assert made.statistics is not None
    found = document(folder, replace(made, statistics=replace(made.statistics, p_value=0.004)))
    assert found.judgement.tone is Tone.DOUBTFUL
    assert "p 0.004" in found.judgement.sentence
