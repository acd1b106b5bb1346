"""Texts, decided by the project's own model: straight, along an arc, on either face, in several lights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from station.cycle.examine import Examination
from station.cycle.marks.look import Models
from station.cycle.marks.text import alphabet_of
from station.cycle.pictures import TakenPicture
from station.errors import ModelError
from station.metrology.decision import Verdict
from station.networks.load import Model, load_model
from station.twin.marks import MarkStyle, StraightLine, TextMark
from station.twin.part import part_of_order
from station.twin.scene import Pose

from .marked_for_tests import examined, order, parsed, plate, ring, seen

MODEL = Path(__file__).parents[3] / "models" / "text"
pytestmark = pytest.mark.skipif(not MODEL.is_dir(), reason="there is no model text in models/ yet")

SAID = "REF 4711-B"
BOX = {"id": "8", "type": "text", "region": [[-1.8, -0.3], [1.6, 0.3]], "height": 0.3, "expected": SAID}
ARC = {
    "id": "8",
    "type": "text",
    "arc": {"center": [0, 0], "radius": 1.5, "start_angle": 170, "end_angle": 10},
    "height": 0.3,
    "expected": "HALLER 4711",
}


@pytest.fixture(scope="module")
def models() -> Models:
    model = load_model(MODEL, threads=1)

    def only(name: str) -> Model:
        assert name == "text"
        return model

    return only


def marked(text: str, style: MarkStyle = MarkStyle.LASER) -> TextMark:
    return TextMark(text, StraightLine((-1.5, -0.15)), 0.3, style=style)


def looked_at(models: Models, asked: dict[str, Any], *marks: TextMark, pose: Pose | None = None) -> Examination:
    what = parsed(plate(asked))
    return examined(what, seen(what, *marks, **({} if pose is None else {"pose": pose})), models=models)


@pytest.mark.parametrize("pose", [Pose(), Pose(0.1, -0.05, 97.0), Pose(0.0, 0.1, 200.0)])
@pytest.mark.parametrize("style", [MarkStyle.LASER, MarkStyle.ENGRAVED])
def test_the_right_text_passes_however_the_part_lies(models: Models, style: MarkStyle, pose: Pose) -> None:
    found = looked_at(models, BOX, marked(SAID, style), pose=pose)
    (item,) = found.items
    assert (found.verdict, item.read) == (Verdict.PASS, SAID), found.reason


def test_the_height_of_the_letters_need_not_be_said(models: Models) -> None:
    without = {key: value for key, value in BOX.items() if key != "height"}
    assert looked_at(models, without, marked(SAID)).verdict is Verdict.PASS


@pytest.mark.parametrize("said", ["REF 4712-B", "REF 4711-D", "REF 471-B", "REF 47111-B"])
def test_one_wrong_character_fails_and_is_pointed_at(models: Models, said: str) -> None:
    found = looked_at(models, BOX, marked(said))
    (item,) = found.items
    assert found.verdict is Verdict.FAIL
    assert item.read == said.replace(" ", "")
    assert repr(SAID) in found.reason
    assert item.mark is not None
    assert item.mark.wrong_px is not None
    assert np.ptp(item.mark.wrong_px, axis=0).max() < 75.0  # one letter of 30 px in a strip of 52, lying aslant


def test_a_face_without_any_text_is_undecided(models: Models) -> None:
    found = looked_at(models, BOX)
    assert found.verdict is Verdict.UNDECIDED
    assert "cannot be told" in found.reason


def test_a_text_on_the_other_face_is_read_there(models: Models) -> None:
    what = parsed(plate(BOX, view="bottom"))
    found = examined(what, seen(what, *part_of_order(what).marks), models=models)
    assert (found.verdict, found.items[0].read) == (Verdict.PASS, SAID), found.reason


@pytest.mark.parametrize("turn_deg", [0.0, 50.0, 190.0])
def test_a_text_along_an_arc_tells_how_a_ring_lies(models: Models, turn_deg: float) -> None:
    what = parsed(ring(ARC))
    found = examined(what, seen(what, *part_of_order(what).marks, pose=Pose(0.05, 0.02, turn_deg)), models=models)
    assert found.verdict is Verdict.PASS, found.reason


def test_a_wrong_text_along_an_arc_never_passes(models: Models) -> None:
    what = parsed(ring(ARC))
    other = parsed(ring({**ARC, "expected": "HALLER 4717"}))
    found = examined(what, seen(other, *part_of_order(other).marks), models=models)
    assert found.verdict in (Verdict.FAIL, Verdict.UNDECIDED)


def test_a_lamp_that_shows_nothing_does_not_decide(models: Models) -> None:
    what = parsed(plate(BOX))
    shown, bare = seen(what, marked(SAID), pose=Pose()), seen(what, pose=Pose())
    alone = examined(what, bare, models=models)
    assert alone.verdict is Verdict.UNDECIDED
    assert examined(what, shown, renamed(bare, "ring"), models=models).verdict is Verdict.PASS
    # The part's place comes from `front`; the letters from the lamp in which they can be seen.
    assert examined(what, bare, renamed(shown, "dark"), models=models).verdict is Verdict.PASS


def test_another_light_that_reads_another_text_prevents_pass(models: Models) -> None:
    what = parsed(plate(BOX))
    right, wrong = seen(what, marked(SAID), pose=Pose()), seen(what, marked("REF 9999-X"), pose=Pose())
    found = examined(what, right, renamed(wrong, "ring"), models=models)
    assert found.verdict is not Verdict.PASS


def test_a_view_that_is_named_is_the_only_one(models: Models) -> None:
    what = parsed(plate({**BOX, "view": "front"}))
    shown, bare = seen(what, marked(SAID), pose=Pose()), seen(what, pose=Pose())
    assert examined(what, bare, renamed(shown, "dark"), models=models).verdict is Verdict.UNDECIDED


def test_the_same_pictures_give_the_same_evidence(models: Models) -> None:
    what = parsed(plate(BOX))
    picture = seen(what, marked(SAID))
    (first,), (second,) = (examined(what, picture, models=models).items for _ in range(2))
    assert first.mark is not None
    assert second.mark is not None
    assert first.mark.model == second.mark.model


def test_a_text_that_the_model_does_not_know_is_an_error(models: Models) -> None:
    for said in ("שלום", "Ж-77"):
        found = looked_at(models, {**BOX, "expected": said})
        assert found.verdict is Verdict.ERROR
        assert "does not know" in found.reason


def test_without_geometry_the_text_is_found_or_left_open(models: Models) -> None:
    what = parsed(plate(BOX))
    alone = parsed(order({"features": []}, {"id": "8", "type": "text", "expected": SAID}))
    found = examined(alone, seen(what, marked(SAID)), calibration=None, models=models)
    assert found.verdict in (Verdict.PASS, Verdict.UNDECIDED)


def renamed(picture: TakenPicture, view: str) -> TakenPicture:
    return replace(picture, view=view)


@pytest.mark.parametrize("other", [{"height_px": 32}, {"stretch": 1.0}])
def test_a_model_that_has_learned_other_strips_is_refused(other: dict[str, Any]) -> None:
    manifest = load_model(MODEL, 1).manifest
    assert len(alphabet_of(manifest)) > 100
    with pytest.raises(ModelError, match=r"strips 32 px high|stretched 1 times"):
        alphabet_of(replace(manifest, settings={**manifest.settings, **other}))
