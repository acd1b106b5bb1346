"""Series of pictures from tables and names, and what is wrong with them, with the row or the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from station.cycle.series import focus_frames, light_frames
from station.errors import InputError


@pytest.mark.parametrize(
    ("name", "exposure", "dark"),
    [
        ("bright_500us_1.png", 500.0, False),
        ("dark-2.5ms-02.tif", 2500.0, True),
        ("frame3 Dark 10 us.png", 10.0, True),
        ("cam12_BRIGHT_1s_0004.tiff", 1e6, False),
        ("bright-100µs.png", 100.0, False),
    ],
)
def test_names_say_exposure_and_kind(name: str, exposure: float, dark: bool) -> None:
    (found,) = light_frames(None, [Path(name)])
    assert (found.exposure_us, found.dark) == (exposure, dark)


@pytest.mark.parametrize(
    ("name", "z"),
    [
        ("z+0.25mm.png", 0.25),
        ("z-50um.png", -0.05),
        ("run3_z_1.5.tif", 1.5),
        ("focus z=0mm.png", 0.0),
        ("z-0.125.png", -0.125),
    ],
)
def test_names_say_heights(name: str, z: float) -> None:
    (found,) = focus_frames(None, [Path(name)])
    assert found.z_mm == pytest.approx(z)


@pytest.mark.parametrize("name", ["bright.png", "500us.png", "darkish_500us.png"])
def test_names_that_do_not_say_it_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="does not say") as error:
        light_frames(None, [Path(name)])
    assert error.value.place == name


def test_heights_that_no_name_says_are_refused() -> None:
    with pytest.raises(InputError, match="no height"):
        focus_frames(None, [Path("pcb_001.jpg")])


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("z+1mm.png", "z+0mm.png", "notes.txt"):
        (tmp_path / name).touch()
    assert [frame.path.name for frame in focus_frames(None, [tmp_path])] == ["z+0mm.png", "z+1mm.png"]


def test_nothing_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pictures"):
        light_frames(None, [tmp_path])


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ("image,exposure_us\na.png,1\n", "", "lacks the columns kind"),
        ("image,exposure_us,kind\n", "", "no rows"),
        ("image,exposure_us,kind\na.png,10,bright\nb.png,ten,dark\n", ", row 3", "exposure_us has to be a number"),
        ("image,exposure_us,kind\na.png,nan,bright\n", ", row 2", "has to be a number"),
        ("image,exposure_us,kind\na.png,-5,bright\n", ", row 2", "exposure of -5"),
        ("image,exposure_us,kind\na.png,5,grey\n", ", row 2", "bright or dark"),
        ("image,exposure_us,kind\n,5,dark\n", ", row 2", "must not be empty"),
        ("image,exposure_us,kind\na.png\n", ", row 2", "bright or dark|number"),
    ],
)
def test_bad_tables_are_refused_with_the_row(tmp_path: Path, text: str, place: str, sentence: str) -> None:
    table = tmp_path / "LIGHT.csv"
    table.write_text(text)
    with pytest.raises(InputError, match=sentence) as error:
        light_frames(table, [])
    assert error.value.place == f"{table}{place}"


def test_a_table_names_pictures_beside_it(tmp_path: Path) -> None:
    table = tmp_path / "FOCUS.csv"
    table.write_text("image, z_mm\nsub/a.png, 0.5\n")
    (found,) = focus_frames(table, [])
    assert (found.path, found.z_mm) == (tmp_path / "sub" / "a.png", 0.5)
