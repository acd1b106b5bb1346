"""Parts with turned and punched edges, which appear at different places: masters, calibration, measurement, truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from station.cycle.certificates import read_certificates
from station.cycle.masters import calibrate_from_masters
from station.cycle.measure import inspect_picture
from station.metrology.calibration import Calibration, calibration_from
from station.metrology.decision import Verdict
from station.order.read import read_order
from station.plan.compile import compile_plan
from station.twin.part import Chamfer, CircleDeviation, LineDeviation
from station.vision.picture import Picture

from ..metrology.calibrations_for_tests import WHEN
from .kinds_for_tests import APPEAR_PX, BLOCK_KINDS, MASTER_KINDS, OPTICS, PIXEL, appearing, block, write_masters
from .scenes_for_measure import AT_20_C, anywhere, inspected, made, order, photograph

Calibrate = Callable[..., Calibration]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made_in = tmp_path_factory.mktemp("kinds")
    write_masters(made_in, np.random.default_rng(3))
    return made_in


def calibrated(folder: Path, table: str = "MASTERS.csv") -> Calibration:
    certificates = read_certificates(folder / table)
    return calibrate_from_masters(
        read_order(folder / "order.json"),
        certificates,
        camera=None,
        made=WHEN,
        valid_for=timedelta(days=1),
        identity="K",
    )


@pytest.fixture(scope="module")
def known(folder: Path) -> Calibration:
    return calibrated(folder)


def taken(rng: np.random.Generator) -> tuple[Picture, dict[str, float]]:
    """A block as seen by the camera, and the true values of its characteristics; `place` is left out, being near 0."""
    h1, h2, top, right = (float(rng.uniform(-0.03, 0.03)) for _ in range(4))
    part = made(
        block(),
        CircleDeviation("H1", h1),
        CircleDeviation("H2", h2),
        LineDeviation("E3", top),
        LineDeviation("E2", right),
    )
    true = {"1": 2.0 + h1, "2": 1.2 + h2, "across": 5.5 + top, "along": 8.0 + right, "edge": 6.0 + right}
    return photograph(appearing(part, BLOCK_KINDS), OPTICS, rng, anywhere(rng)), {**true, "centres": 12.5**0.5}


def missed(what: Calibration, named: bool, parts: int, seed: int = 7) -> dict[str, list[float]]:
    """Error / u of each characteristic of a few parts."""
    asked = block() if named else block({})
    plan = compile_plan(asked, what)
    found: dict[str, list[float]] = {}
    for number in range(parts):
        picture, true = taken(np.random.default_rng((seed, number)))
        for item in inspect_picture(asked, plan, what, picture, AT_20_C).items:
            name = item.item.characteristic.id
            if name in true:
                assert item.value is not None
                assert item.u is not None
                found.setdefault(name, []).append((item.value - true[name]) / item.u)
    return found


def test_each_kind_gets_the_offset_that_it_appears_at(known: Calibration) -> None:
    assert [kind.kind for kind in known.kinds] == ["punched", "turned"]
    for kind in known.kinds:
        assert abs(kind.offset_px - APPEAR_PX[kind.kind]) < 3.0 * kind.u_px
        assert kind.u_px < 0.02
        assert kind.look is not None
        assert kind.look.n == 3 * list(MASTER_KINDS.values()).count(kind.kind)
    assert abs(known.camera.scale_mm_per_px() / PIXEL - 1.0) < 3.0 * known.u_scale
    assert calibration_from(known.to_document(), "here") == known


def test_u95_holds_the_truth_within_a_kind_and_across_kinds(tmp_path: Path) -> None:
    """Calibrated anew for every two parts: the error of one calibration is that of all its parts."""
    errors: dict[str, list[float]] = {}
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_masters(folder, np.random.default_rng((1, number)))
        for name, found in missed(calibrated(folder), named=True, parts=2, seed=number).items():
            errors.setdefault(name, []).extend(found)
    assert set(errors) == {"1", "2", "across", "along", "edge", "centres"}
    for name, found in errors.items():
        assert np.mean(np.abs(found) <= 2.0) >= 0.9, name
        assert 0.2 < np.sqrt(np.mean(np.square(found))) < 1.2, name  # honest, and not for being wide


def test_without_kinds_a_calibration_from_turned_masters_misses_what_is_punched(known: Calibration) -> None:
    turned = known.kinds[1]
    plain = replace(
        known, edges=(), edge_offset_px=turned.offset_px, u_edge_px=turned.u_px, correlation=turned.correlation[0],
        edge_look=turned.look,
    )  # fmt: skip
    errors = missed(plain, named=False, parts=6)
    assert max(np.abs(errors["2"])) < 3.0  # H2 is turned, as the masters
    for name in ("1", "across", "along", "edge"):
        assert min(np.abs(errors[name])) > 10.0, name


def test_masters_of_two_kinds_without_the_column_contradict_each_other_and_u_pays(
    folder: Path, known: Calibration
) -> None:
    rows = [line.rsplit(",", 1)[0] for line in (folder / "MASTERS.csv").read_text().splitlines()]
    (folder / "plain.csv").write_text("\n".join(rows) + "\n")
    mixed = calibrated(folder, "plain.csv")
    assert mixed.edges == ()
    assert mixed.statistics is not None
    assert mixed.statistics.p_value is not None
    assert mixed.statistics.p_value < 1e-6
    assert mixed.local_px > 10.0 * known.local_px


def test_one_name_for_all_masters_is_the_same_calibration_but_for_the_name(folder: Path) -> None:
    text = (folder / "MASTERS.csv").read_text().splitlines()
    turned = [line for line in text[1:] if line.endswith(",turned")]
    (folder / "one.csv").write_text("\n".join([text[0], *turned]) + "\n")
    (folder / "none.csv").write_text("\n".join([text[0], *(line[: -len("turned")] for line in turned)]) + "\n")
    one, none = calibrated(folder, "one.csv"), calibrated(folder, "none.csv")
    (kind,) = one.kinds
    assert none.edges == ()
    assert (kind.kind, kind.offset_px, kind.u_px, kind.look) == (
        "turned",
        none.edge_offset_px,
        none.u_edge_px,
        none.edge_look,
    )
    assert (one.edge_offset_px, one.u_scale, one.correlation) == (none.edge_offset_px, none.u_scale, none.correlation)


def test_an_empty_cell_is_what_the_order_says(folder: Path, known: Calibration) -> None:
    rows = [
        line.rsplit(",", 1)[0] + "," * (n > 0)
        for n, line in enumerate((folder / "MASTERS.csv").read_text().splitlines())
    ]
    (folder / "silent.csv").write_text("\n".join([rows[0] + ",edge", *rows[1:]]) + "\n")
    what = read_order(folder / "order.json")
    said = replace(what, geometry=replace(what.geometry, edge="punched", edges={"OD": "turned", "H4": "turned"}))
    found = calibrate_from_masters(
        said,
        read_certificates(folder / "silent.csv"),
        camera=None,
        made=WHEN,
        valid_for=timedelta(days=1),
        identity="K",
    )
    assert found.edges == known.edges


def test_a_budget_has_a_row_for_every_kind_and_all_rows_are_the_variance(known: Calibration) -> None:
    picture, _ = taken(np.random.default_rng(1))
    items = {item.item.characteristic.id: item for item in inspected(block(), picture, known).items}
    sources = {name: [row.source for row in item.budget if "edge offset" in row.source] for name, item in items.items()}
    assert sources["1"] == ["edge offset (punched)", "scale and edge offset (punched) together"]
    assert sources["2"] == ["edge offset (turned)", "scale and edge offset (turned) together"]
    assert sources["centres"] == []
    assert "edge offset (punched) and edge offset (turned) together" in sources["across"]
    assert len(sources["place"]) == 5
    for item in items.values():
        assert item.u is not None
        assert sum(row.variance for row in item.budget) == pytest.approx(item.u**2, rel=1e-9)


def test_forms_and_profiles_use_their_own_kind(known: Calibration) -> None:
    part, grown = made(block()), 0.02
    asked = {"id": "P", "type": "line_profile", "tolerance": 0.3}
    for name, kind in (("H1", "punched"), ("H2", "turned")):
        features = list(_features())
        what = order(features, {**asked, "feature": name}, size_of(name))
        seen = replace(part, deviations=(CircleDeviation(name, grown),))
        picture = photograph(
            appearing(seen, BLOCK_KINDS), OPTICS, np.random.default_rng(4), anywhere(np.random.default_rng(5))
        )
        item = inspected(what, picture, known).items[0]
        assert item.value is not None
        assert item.value == pytest.approx(grown, abs=0.002)  # twice the deviation of the radius
        rows = {row.source: row for row in item.budget}
        assert rows[f"edge offset ({kind})"].sensitivity == pytest.approx(-2.0, rel=0.02)


def _features() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(block().document)["geometry"]["features"]
    return found


def size_of(name: str) -> dict[str, object]:
    return {"id": "D", "type": "diameter", "feature": name, "limits": [0.5, 3.0]}


def test_the_look_of_an_edge_is_that_of_its_own_kind(known: Calibration) -> None:
    """Where the punched masters were chamfered, a sharp punched edge is odd, and a sharp turned one is not."""
    punched, turned = known.kinds
    assert punched.look is not None
    wide = replace(punched.look, **{f"{k}spread_px": 1.4 for k in ("", "least_", "most_")})
    odd = replace(known, edges=(replace(punched, look=wide), turned))
    picture, _ = taken(np.random.default_rng(2))
    plain, now = (inspected(block(), picture, c).items for c in (known, odd))
    assert now[0].u is not None
    assert plain[0].u is not None
    assert now[0].u > 10.0 * plain[0].u
    assert now[1].u == plain[1].u


def test_a_chamfered_edge_is_named_with_its_kind(known: Calibration) -> None:
    part = replace(made(block(), CircleDeviation("H1", 0.045)), chamfer=Chamfer(2.0 * PIXEL, 0.6))
    picture = photograph(appearing(part, BLOCK_KINDS), OPTICS, np.random.default_rng(6))
    item = inspected(block(), picture, known).items[0]
    assert item.verdict is Verdict.UNDECIDED
    assert "does not look like the masters' punched edges" in item.reason
