"""What the certificate is made of: requirements in words, characters a font can show, small pictures."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from station.genealogy.dossier import dossier_of
from station.genealogy.exports.certificate.glyphs import shown
from station.genealogy.exports.certificate.pictures import small_jpeg
from station.genealogy.exports.certificate.rows import findings_of, requirement_of, rows_of
from station.genealogy.inspection import Finding
from station.genealogy.store import Genealogy
from station.order.read import parse_order
from station.texts import texts_of

from . import samples

EN = texts_of("station.genealogy.exports.certificate", "en")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"nominal": 23.7, "lower_tol": -0.05, "upper_tol": 0.05}, "23.70 ± 0.05 mm"),
        ({"nominal": 23.7, "lower_tol": -0.1, "upper_tol": 0.025}, "23.700 +0.025/-0.1 mm"),
        ({"nominal": 23.7, "lower_tol": 0, "upper_tol": 0.05}, "23.70 +0.05/0 mm"),
        ({"feature": "ID", "nominal": 19, "fit": "H9"}, "19.000 +0.052/0 mm H9"),
        ({"nominal": 19, "general": "ISO 2768-f"}, "19.0 ± 0.1 mm ISO 2768-f"),
        ({"limits": [18.9, 19.15]}, "18.90 … 19.15 mm"),
        ({"nominal": 23.7, "upper_tol": 0.05}, "23.70 mm, ≤ 23.75 mm"),
        ({"nominal": 23.7, "lower_tol": -0.05}, "23.70 mm, ≥ 23.65 mm"),
        ({"type": "roundness", "tolerance": 0.06}, "≤ 0.06 mm"),
        ({"type": "position", "datum": ["A"], "tolerance": 0.06, "modifier": "MMC", "feature": "ID"}, "≤ 0.06 mm Ⓜ"),
    ],
)
def test_a_requirement_reads_like_a_drawing(asked: dict[str, Any], said: str) -> None:
    one = {"id": "1", "type": "diameter", "feature": "OD", **asked}
    order = parse_order(samples.order([one]), None, "order")
    assert requirement_of(order.characteristics[0]) == (said, "")


def test_a_bonus_is_said_beside_the_limits(genealogy: Genealogy) -> None:
    asked = {"id": "1", "type": "position", "feature": "ID", "datum": ["A"], "tolerance": 0.06, "modifier": "MMC"}
    measured = samples.found(
        "1", "position", value=0.065, nominal=None, deviation=None, lower_limit=None, upper_limit=0.06, bonus=0.0125
    )
    id = samples.commit(genealogy, asked=samples.order([asked]), characteristics=(measured,))
    (row,) = rows_of(dossier_of(genealogy, id), EN)
    assert (row.asked, row.limits) == ("≤ 0.06 mm Ⓜ", "≤ 0.0725 mm with the bonus")


def test_rows_stand_in_the_orders_sequence(genealogy: Genealogy) -> None:
    id = samples.commit(genealogy, characteristics=tuple(reversed(samples.everything())))
    assert [row.number for row in rows_of(dossier_of(genealogy, id), EN)] == [one["id"] for one in samples.ASKED]


def test_what_only_the_record_has_is_not_left_out(genealogy: Genealogy) -> None:
    extra = samples.found("X9", "width", "FAIL", reason="It is too wide.")
    id = samples.commit(genealogy, verdict="FAIL", characteristics=(*samples.everything(), extra))
    row = rows_of(dossier_of(genealogy, id), EN)[-1]
    assert (row.number, row.what, row.asked, row.limits) == ("X9", "Width", "", "23.65 … 23.75 mm")
    assert (row.found, row.verdict, row.details) == ("23.6684 ± 0.0018 mm", "FAIL", ("It is too wide.",))


def test_findings_have_the_letters_of_the_pages_and_go_on_behind_z(genealogy: Genealogy) -> None:
    many = tuple(Finding(kind="opening too many", verdict="FAIL", reason=f"No. {n}.") for n in range(30))
    good = Finding(kind="opening", verdict="PASS")
    id = samples.commit(genealogy, verdict="FAIL", findings=(good, *many))
    rows = findings_of(dossier_of(genealogy, id))
    assert [row.number for row in rows][:2] == ["A", "B"]
    assert len({row.number for row in rows}) == 30
    assert rows[29].details == ("No. 29.",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ø 3 ± 0.1 µm", "Ø 3 ± 0.1 µm"),
        ("a\n b\tc", "a b c"),
        ("張", "[U+5F35]"),
        ("شركة", "[U+0634][U+0631][U+0643][U+0629]"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\u200bb\u00adc", "a[U+200B]b[U+00AD]c"),
        ("\ufdd0\ue000", "[U+FDD0][U+E000]"),
        (7, "7"),
    ],
)
def test_no_character_is_lost_or_hides_another(text: object, said: str) -> None:
    latin_and_more = {*range(0x20, 0x17F), *range(0x5D0, 0x700), 0x202E, 0x200B, 0xE000, 0xFDD0}
    assert shown(text, latin_and_more) == said


def png(levels: np.ndarray) -> bytes:
    made = io.BytesIO()
    Image.fromarray(levels).save(made, "PNG")
    return made.getvalue()


def test_pictures_become_small_and_keep_their_shape() -> None:
    jpeg = small_jpeg(samples.picture(2048, 1536), 700, 60_000)
    assert jpeg is not None
    data, width, height = jpeg
    assert len(data) <= 60_000
    assert max(width, height) <= 700
    assert abs(width / height - 2048 / 1536) < 0.01
    with Image.open(io.BytesIO(data)) as read:
        assert (read.format, read.size) == ("JPEG", (width, height))


def test_deep_greys_are_seen() -> None:
    ramp = np.tile(np.linspace(0, 4095, 256).astype(np.uint16), (64, 1))  # 12 bits in 16, as cameras give them
    jpeg = small_jpeg(png(ramp), 256, 100_000)
    assert jpeg is not None
    with Image.open(io.BytesIO(jpeg[0])) as read:
        grey = np.asarray(read)
    assert grey.mean() == pytest.approx(127, abs=3)
    assert grey.max() >= 250


def test_colour_and_transparency_can_be_shown() -> None:
    assert small_jpeg(png(np.full((40, 40, 4), 128, np.uint8)), 40, 100_000) is not None
    assert small_jpeg(png(np.full((40, 40, 3), 128, np.uint8)), 40, 100_000) is not None


@pytest.mark.parametrize("data", [b"", b"\x89PNG nonsense", samples.picture()[:2000]])
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert small_jpeg(data, 100, 10_000) is None


def test_a_value_outside_its_limit_never_looks_inside(genealogy: Genealogy) -> None:
    asked = {"id": "1", "type": "diameter", "feature": "OD", "limits": [None, 23.75]}
    numbers = {"nominal": None, "deviation": None, "lower_limit": None, "upper_limit": 23.75}
    measured = samples.found("1", "diameter", "FAIL", value=23.7504, expanded_uncertainty=0.018, **numbers)
    id = samples.commit(genealogy, asked=samples.order([asked]), characteristics=(measured,), verdict="FAIL")
    (row,) = rows_of(dossier_of(genealogy, id), EN)
    assert (row.found, row.asked) == ("23.7504 ± 0.018 mm", "≤ 23.75 mm")


def test_a_calibration_without_papers_shows_no_traceability(genealogy: Genealogy) -> None:
    from station.genealogy.exports.certificate.traces import trace_pairs

    bare = json.dumps({"schema": "calibration/1", "id": "CAL-7"}).encode()
    found = dossier_of(genealogy, samples.commit(genealogy, calibration=bare))
    said = "not shown: the calibration names no certificate of a master"
    assert trace_pairs(found, EN)[-1] == ("Traceability", said)
