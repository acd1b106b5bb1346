"""The commands in docs/plant.md do what the page says; only the ports are others."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from station.app.services import services_of
from station.errors import InputError
from station.facts import facts_of
from station.genealogy.home import StationHome
from station.genealogy.store import Genealogy
from station.genealogy.verify import verify_home
from station.plant.facts import RelayFacts, StreamFacts

from .peers import NATS, POSTGRESQL, Server, answers, free_port, until
from .test_intake import fill

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "plant.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SETTINGS = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
TOOLS = ("bash", "curl", "createdb", "psql")


@pytest.mark.skipif(NATS is None or not all(map(shutil.which, TOOLS)), reason=f"needs nats-server, {', '.join(TOOLS)}")
def test_the_page(server: Server, tmp_path: Path) -> None:
    assert POSTGRESQL is not None
    assert NATS is not None
    ports = {"4222": str(free_port()), "8090": str(free_port())}

    def here(text: str) -> str:
        for written, real in ports.items():
            text = text.replace(f":{written}", f":{real}").replace(f"--port {written}", f"--port {real}")
        return text

    programs = [str(Path(sys.executable).parent), str(Path(NATS).parent), os.environ["PATH"]]
    usual = {
        **os.environ, "PATH": ":".join(programs), "PYTHONPATH": str(ROOT), "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port), "STATION_HOME": str(tmp_path / "own"),
    }  # fmt: skip

    def run(block: str, user: str = "station") -> str:
        done = subprocess.run(
            ["bash", "-eu", "-c", here(block)],
            env={**usual, "PGUSER": user}, cwd=tmp_path, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout

    hub, database, plant, look, ask, tables = BLOCKS
    running: list[subprocess.Popen[bytes]] = []

    def start(block: str, more: Mapping[str, str], *extra: str) -> None:
        command = ["bash", "-c", f"exec {here(block).strip()} {' '.join(extra)}"]
        log = (tmp_path / f"log-{len(running)}").open("wb")
        with log:
            running.append(subprocess.Popen(command, env={**usual, **more}, cwd=tmp_path, stdout=log, stderr=log))

    try:
        start(hub, {})
        until(lambda: answers(int(ports["4222"])))
        run(database, "plant")
        start(plant, {"PGUSER": "station"}, "--port", ports["8090"])
        assert SETTINGS is not None
        table = tomllib.loads(here(SETTINGS[1]))["plant"]
        facts = facts_of(RelayFacts, table, "services.toml: plant")
        home = StationHome(tmp_path / "cell-1")
        with Genealogy.open(home) as genealogy:
            fill(genealogy, 3)
        command = [sys.executable, "-m", "tests.plant.station", str(home.path), facts.servers[0], "cell-1", "1"]
        running.append(subprocess.Popen(command, cwd=ROOT, env=usual))
        until(lambda: "cell-1" in run(look.splitlines()[0]) and "6 entries of 1" in run(look.splitlines()[0]), 60.0)
        said = run(look)
        assert f"✓ cell-1: 3 inspections, 3 events, newest hash {verify_home_head(home)}" in said
        assert [f'"serial": "S-{n}"' in run(ask) for n in range(3)] == 3 * [True]
        rows = run(tables)
        assert re.search(r"cell-1 +\| st_cell_1_\w{8} \| +6", rows), rows
        assert "MO-2026-000417 | S-2" in rows
    finally:
        for one in reversed(running):
            one.send_signal(signal.SIGTERM)
        for one in running:
            one.wait(30)


def verify_home_head(home: StationHome) -> str:
    report = verify_home(home)
    assert report.is_intact
    return report.head


def test_the_settings_of_the_page_are_all_there_are() -> None:
    for kind in (RelayFacts, StreamFacts):
        for name in kind.__dataclass_fields__:
            assert f"`{name}`" in PAGE, name


def test_a_station_reads_the_settings_of_the_page(tmp_path: Path) -> None:
    assert SETTINGS is not None
    path = tmp_path / "services.toml"
    path.write_text(SETTINGS[1])
    found = services_of(path).plant
    assert found is not None
    assert found.servers == ("nats://127.0.0.1:4222",)
    path.write_text("[plant]\n")
    with pytest.raises(InputError, match="servers"):
        services_of(path)
