"""The program as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from .conftest import World
from .program import ROOT, station


def _environment(world: World) -> dict[str, str]:
    return {**os.environ, "STATION_HOME": str(world.home), "PYTHONWARNINGS": "error::ResourceWarning"}


def _arguments(world: World, *more: str) -> list[str]:
    files = ("--image", f"backlight={world.image}", "--calibration", str(world.calibration))
    return [sys.executable, "-m", "station", "inspect", str(world.order), *files, *more]


def test_inspect_prints_one_document_and_nothing_else(world: World) -> None:
    environment = _environment(world)
    done = subprocess.run(_arguments(world, "--json"), env=environment, capture_output=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode("utf-8"))["verdict"] == "PASS"


def test_with_a_full_disk_behind_standard_output_the_record_is_there_and_the_exit_status_is_not_0(world: World) -> None:
    with Path("/dev/full").open("wb") as full:
        environment = _environment(world)
        done = subprocess.run(_arguments(world), env=environment, stdout=full, stderr=-1, cwd=ROOT, check=False)
    assert done.returncode != 0
    assert len(world.records()) == 1
    assert b"Traceback" not in done.stderr


def test_nobody_reading_a_verdict_that_is_not_pass_does_not_make_it_exit_0(world: World) -> None:
    read, write = os.pipe()
    os.close(read)
    wide = world.order.read_text().replace("4.0", "4.3")  # the part is smaller than ordered
    world.order.write_text(wide)
    environment = _environment(world)
    done = subprocess.run(_arguments(world, "--json"), env=environment, stdout=write, stderr=-1, cwd=ROOT, check=False)
    os.close(write)
    assert [r["verdict"] for r in world.records()] not in ([], ["PASS"])
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr


def test_the_running_cell_serves_its_page_and_stops_when_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path / "home"
    command = [sys.executable, "-m", "station", "run", "--port", str(port), "--pace", "0"]
    environment = {**os.environ, "STATION_HOME": str(home)}
    with subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, cwd=ROOT) as running:
        try:
            page = ""
            for _ in range(900):
                assert running.poll() is None, running.communicate()
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                        page = answer.read().decode("utf-8")
                    break
                except OSError:
                    time.sleep(0.1)
            assert "<html" in page
            running.send_signal(signal.SIGTERM)
            _, err = running.communicate(timeout=20)
        finally:
            running.kill()
    assert b"Traceback" not in err
    assert running.returncode in (0, 1)
    if (home / "station.db").exists():
        assert station(home, "verify").status == 0
