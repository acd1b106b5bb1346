from __future__ import annotations

import stat
from pathlib import Path

from station.genealogy.home import StationHome, default_home


def test_where_the_home_is(tmp_path: Path):
    assert default_home({"STATION_HOME": str(tmp_path), "STATE_DIRECTORY": "/var/lib/station"}).path == tmp_path
    assert default_home({"STATE_DIRECTORY": "/var/lib/station:/var/lib/other"}).path == Path("/var/lib/station")
    assert default_home({}).path == Path.home() / ".local/share/station"
    assert default_home({"STATION_HOME": ""}).path == default_home({}).path
    assert default_home({"STATION_HOME": "here"}).path == Path.cwd() / "here"


def test_the_layout(tmp_path: Path):
    home = StationHome(tmp_path / "a" / "b")
    home.prepare()
    home.prepare()
    assert sorted(path.name for path in home.path.iterdir()) == ["calibrations", "frames", "keys", "overlays"]
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700
