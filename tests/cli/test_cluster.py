"""Stored inspections again on a Dask cluster: a scheduler and workers in processes of their own, one of them killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import World
from .program import ROOT, script

pytest.importorskip("distributed")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def begin(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    found = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]], env=found, **quiet
    )  # type: ignore[call-overload]


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    process = begin("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show")
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield f"tcp://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture
def workers(scheduler: str, tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    common = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path / "dask"))
    elsewhere = {"STATION_HOME": str(tmp_path / "elsewhere")}  # a worker has nothing of the record
    found = [begin("worker", scheduler, *common, environment=elsewhere) for _ in range(2)]
    yield found
    for process in found:
        process.kill()
        process.wait()


def wait_for_workers(scheduler: str, count: int) -> None:
    from distributed import Client

    client = Client(scheduler, timeout=30.0, set_as_default=False)
    client.wait_for_workers(count, timeout=60.0)
    client.close()


def test_a_cluster_finds_what_this_machine_finds(
    world: World, scheduler: str, workers: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [world.inspect("--json").document["id"] for _ in range(6)]
    monkeypatch.setenv("STATION_HOME", str(world.home))
    wait_for_workers(scheduler, 2)
    here = script("recheck.py", "all", "--processes", 1, "--json").document
    there = script("recheck.py", "all", "--cluster", scheduler, "--json").document
    assert there == here
    assert (there["rechecked"], there["verdicts_changed"], there["left_out"]) == (6, 0, [])

    gone = world.inspect("--json").document
    digest = gone["frames"][0]["sha256"]
    (world.home / "frames" / digest[:2] / f"{digest}.png").write_bytes(b"changed")
    workers[0].send_signal(signal.SIGKILL)  # what it had begun goes to the other
    found = script("recheck.py", *ids, gone["id"], "--cluster", scheduler, "--json")
    assert found.status == 2
    assert "not what was stored" in str(found.document["left_out"])


def test_what_is_wrong_is_one_sentence(world: World, scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.inspect()
    monkeypatch.setenv("STATION_HOME", str(world.home))
    monkeypatch.setattr("station.app.cluster.ANSWER_S", 1.0)
    assert "has no workers" in script("recheck.py", "all", "--cluster", scheduler).err
    assert "no Dask scheduler answers" in script("recheck.py", "all", "--cluster", "tcp://127.0.0.1:1").err
    assert script("recheck.py", "all", "--cluster", scheduler, "--processes", 2).status == 2
