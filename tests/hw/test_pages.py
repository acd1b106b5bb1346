"""The pages for people who build and run a rig: what they point to is there, and they say what the drivers do."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from station.devices.protocols import TowerSign

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / name
    for name in (
        "docs/build-a-rig.md", "docs/operate.md", "hw/optics.md", "hw/wiring/README.md", "hw/systemd/README.md",
        "hw/system/README.md",
    )
]  # fmt: skip
LATER = "hw/firmware/"  # has its own pages and tests


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(#[\w-]+)?\)", page.read_text(encoding="utf-8")):
        path = (page.parent / target[0]).resolve()
        if LATER in str(path) and not (ROOT / LATER).exists():
            continue
        assert path.exists(), f"{page.name}: {target[0]}"
        if target[1] and path.suffix == ".md":
            heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            assert target[1][1:] in slugs, f"{page.name}: {target[0]}{target[1]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_scripts_that_are_named_exist(page: Path) -> None:
    for script in re.findall(
        r"scripts/(?:draw|calibrate|gauge|optics|recheck|verify)[\w./]*\w", page.read_text("utf-8")
    ):
        assert (ROOT / script).exists(), script


def test_operators_find_every_sign_of_the_tower() -> None:
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    table = page.split("## The tower")[1].split("## ")[0]
    for sign in TowerSign:
        if sign is TowerSign.OFF:
            assert "| dark |" in table
        else:
            assert re.search(rf"\*\*{sign.value}\*\*", table, re.IGNORECASE), sign


def test_operators_read_the_colours_that_the_driver_shows() -> None:
    if importlib.util.find_spec("station.devices.gpio") is None:
        pytest.skip("the drivers of the pins are not in this checkout")
    from station.devices.gpio.tower import _LOOKS

    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    rows = {
        line.split("|")[2].split("**")[1].lower(): line.split("|")[1].lower()
        for line in page.split("## The tower")[1].split("## ")[0].splitlines()
        if line.count("**") == 2
    }
    for sign, groups in _LOOKS.items():
        for looks in groups:
            for lamp, half_s in looks:
                assert lamp in rows[sign.value], (sign, lamp)
                assert ("flashing" in rows[sign.value]) or not half_s, (sign, lamp)


def test_the_parts_list_quotes_the_table() -> None:
    """U in the parts list is that of hw/optics.md."""
    optics = (ROOT / "hw" / "optics.md").read_text(encoding="utf-8")
    outer = {
        name: float(cells.split("|")[3])
        for name, cells in re.findall(r"^\| (\d+[abc]) \(PLATE-\d+\) \|(.+)$", optics, re.MULTILINE)
    }
    page = (ROOT / "docs" / "build-a-rig.md").read_text(encoding="utf-8")
    for row in re.findall(r"^\| \d+ mm \| \*\*.+$", page, re.MULTILINE):
        names = re.findall(r"\*\*(\d+[abc])\*\*", row)
        quoted = [float(one) for one in re.split(r"[ /]+", row.split("|")[-2].split("µm")[0].strip())]
        assert len(names) == len(quoted) > 1
        for name, value in zip(names, quoted, strict=True):
            assert value == pytest.approx(outer[name], abs=0.06), name
