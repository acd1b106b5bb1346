"""The unit under a real systemd, in a machine made of name spaces. Run by scripts/test_systemd."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from station import __file__ as package

pytestmark = pytest.mark.skipif(
    os.environ.get("STATION_TEST_SYSTEMD") != "1", reason="needs root and name spaces: scripts/test_systemd"
)
ROOT = Path(package).resolve().parents[1]
HERE = Path(__file__).resolve().parent
CGROUPS = Path("/sys/fs/cgroup")
WATCHDOG_S = 3
FIRST_START_S = 900.0  # of a machine that has other things to do
START_S = 20  # how long a start may take that says nothing; compiling takes longer on any machine


class Machine:
    """A running systemd; `run` runs a command inside."""

    def __init__(self, log: Path) -> None:
        unified = (CGROUPS / "cgroup.controllers").exists()
        self._group = (CGROUPS if unified else CGROUPS / "systemd") / f"station-test-{os.getpid()}"
        self._group.mkdir()
        self._log = log.open("w", encoding="utf-8")
        spaces = ["--mount", "--cgroup", "--pid", "--ipc", "--uts", "--net", "--fork", "--kill-child"]
        enter = f'echo $$ >"{self._group}/cgroup.procs"; exec unshare {" ".join(spaces)} sh "$@"'
        self._process = subprocess.Popen(
            ["sh", "-c", enter, "sh", str(HERE / "systemd_machine.sh"), str(ROOT)],
            stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._log_path = log

    def _first(self) -> str:
        """The pid, out here, of its systemd; empty while there is none."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return children[0] if children else ""

    def run(self, *words: str, timeout_s: float = 300.0) -> subprocess.CompletedProcess[str]:
        spaces = ["--mount", "--pid", "--net", "--root", "--wd=/"]
        return subprocess.run(
            ["nsenter", "--target", self._first(), *spaces, *words], capture_output=True, text=True, timeout=timeout_s
        )

    def wait_up(self) -> None:
        until(lambda: bool(self._first()), 10.0, self._log_path.read_text)
        until(
            lambda: self.run("systemctl", "is-active", "bare.target").stdout.strip() == "active",
            30.0,
            self._log_path.read_text,
        )

    def says(self) -> str:
        status = self.run("systemctl", "status", "station", "--no-pager", "--full").stdout
        return f"{status}\n{self._log_path.read_text()[-3000:]}"

    def show(self, key: str) -> str:
        return self.run("systemctl", "show", "station", "-p", key, "--value").stdout.strip()

    def override(self, **settings: str) -> None:
        """A drop-in: what the unit says otherwise in this test."""
        lines = "".join(f"{key}=\n{key}={value}\n" if key == "ExecStart" else f"{key}={value}\n"
                        for key, value in settings.items())  # fmt: skip
        self.run("systemctl", "stop", "station")
        self.run("systemctl", "reset-failed", "station")
        self.run("rm", "-rf", "/var/lib/station", "/var/cache/station")
        folder = "/run/systemd/system/station.service.d"
        self.run("mkdir", "-p", folder)
        self.run("sh", "-c", f'printf %s "$0" >{folder}/test.conf', f"[Service]\n{lines}")
        self.run("systemctl", "daemon-reload")

    def close(self) -> None:
        self._process.kill()
        self._process.wait(10.0)
        self._log.close()
        for _ in range(50):
            groups = sorted((p for p in self._group.rglob("*") if p.is_dir()), reverse=True)
            try:
                for group in [*groups, self._group]:
                    group.rmdir()
            except OSError:
                time.sleep(0.1)  # its processes are still ending
                continue
            return


def until(true: Callable[[], bool], seconds: float, says: Callable[[], str]) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, says()
        time.sleep(0.05)


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Iterator[Machine]:
    found = Machine(tmp_path_factory.mktemp("machine") / "log")
    try:
        found.wait_up()
        yield found
    finally:
        found.close()


def python_settings() -> dict[str, str]:
    """What lets the checkout's own Python run in there, wherever it lies."""
    base = sys.base_prefix
    hidden = {"ProtectHome": "tmpfs", "BindReadOnlyPaths": base} if base.startswith(("/home/", "/root/")) else {}
    return {**hidden, "Environment": "PYTHONPATH=/opt/station PYTHONDONTWRITEBYTECODE=1 PYTHONFAULTHANDLER=1"}


@pytest.fixture
def watched(machine: Machine) -> Machine:
    """The unit as it is, but for the program and a shorter watchdog, running."""
    program = "/opt/station/.venv/bin/python -m tests.rig.watched_program"
    machine.override(ExecStart=program, WatchdogSec=str(WATCHDOG_S), RestartSec="0.3", **python_settings())
    started = machine.run("systemctl", "start", "station")
    assert started.returncode == 0, machine.says()
    return machine


def test_start_returns_when_the_service_said_that_it_is_ready(watched: Machine) -> None:
    assert watched.show("ActiveState") == "active"
    assert watched.show("StatusText") == "waits for a part"


def test_it_runs_as_its_user_with_its_folders_and_may_do_no_more(watched: Machine) -> None:
    report = json.loads(watched.run("cat", "/var/lib/station/report.json").stdout)
    assert report["home"] == "/var/lib/station"
    assert report["uid"] == int(watched.run("id", "-u", "station").stdout) != 0
    names = {line.split(":")[0]: int(line.split(":")[2]) for line in watched.run("getent", "group").stdout.splitlines()}
    assert {names[name] for name in ("dialout", "gpio", "video", "input")} <= set(report["groups"])
    assert report["watchdog_s"] == WATCHDOG_S
    assert report["writes"] == ["/var/lib/station", "/var/cache/station"]
    # Of people's homes at most what a checkout's own Python needs (python_settings), and that only as a way to it.
    assert all(sys.base_prefix.startswith(home) for home in report["homes"])
    for forbidden in ("sets_clock", "opens_packet_socket"):
        assert not report[forbidden], forbidden
    for needed in ("runs_what_it_wrote", "reads_cpuinfo"):
        assert report[needed], needed


def test_while_it_gives_signs_of_life_it_is_left_alone(watched: Machine) -> None:
    pid = watched.show("MainPID")
    time.sleep(WATCHDOG_S + 2.0)
    assert watched.show("MainPID") == pid
    assert watched.show("NRestarts") == "0"


def test_a_hung_cycle_is_killed_and_started_again(watched: Machine) -> None:
    pid, began = watched.show("MainPID"), time.monotonic()
    watched.run("touch", "/var/lib/station/hang")
    until(lambda: watched.show("NRestarts") == "1" and watched.show("ActiveState") == "active", 20.0, watched.says)
    took = time.monotonic() - began
    assert watched.show("MainPID") != pid
    assert took > 0.9 * WATCHDOG_S - 0.5
    print(f"\nhang to running again: {took:.1f} s with a watchdog of {WATCHDOG_S} s", end="")


def test_one_that_fails_again_and_again_stays_out(watched: Machine) -> None:
    watched.run("touch", "/var/lib/station/fail")
    until(lambda: watched.show("ActiveState") == "failed", 30.0, watched.says)
    assert watched.show("Result") in ("start-limit-hit", "exit-code")
    assert int(watched.show("NRestarts")) == 5  # five starts within ten minutes, the fifth restart was refused
    time.sleep(1.0)
    assert watched.show("ActiveState") == "failed"


def test_it_ends_in_order_when_it_is_asked_to(watched: Machine) -> None:
    watched.run("systemctl", "stop", "station")
    assert watched.show("ActiveState") == "inactive"
    assert watched.show("Result") == "success"
    assert watched.run("test", "-e", "/var/lib/station/ended").returncode == 0


def test_the_station_itself_starts_for_the_first_time_and_measures_under_its_unit(machine: Machine) -> None:
    """The simulated cell on an empty cache: a start that is longer than it may be, but for the loops it compiles; then
    parts are measured and recorded, the page answers, and it ends in order."""
    command = "/opt/station/.venv/bin/python -m station run --rig /etc/station/rig.toml"
    machine.override(ExecStart=command, TimeoutStartSec=str(START_S), Restart="no", **python_settings())
    began = time.monotonic()
    machine.run("systemctl", "start", "--no-block", "station")
    said: set[str] = set()

    def is_up() -> bool:
        time.sleep(0.5)
        state = machine.show("ActiveState")
        assert state in ("activating", "active"), machine.says()
        said.add(machine.show("StatusText"))
        return state == "active"

    until(is_up, FIRST_START_S, machine.says)
    took = time.monotonic() - began
    assert took > START_S, "nothing was compiled"
    assert any("loops are compiled" in text for text in said), said
    assert machine.show("StatusText") == "twin: running"

    def decided() -> bool:
        assert machine.show("ActiveState") == "active", machine.says()
        return bool(re.search(r"[✓✗] (PASS|FAIL)", machine.says()))

    until(decided, 60.0, machine.says)
    python = ("env", "STATION_HOME=/var/lib/station", "PYTHONPATH=/opt/station", "/opt/station/.venv/bin/python")
    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8080/', timeout=9).status)"
    assert machine.run(*python, "-c", ask).stdout.strip() == "200", machine.says()
    time.sleep(1.0)
    machine.run("systemctl", "stop", "station")
    assert machine.show("Result") == "success"
    assert machine.run("stat", "-c", "%U:%a", "/var/lib/station").stdout.strip() == "station:750"
    kept = machine.run("sh", "-c", "find /var/cache/station -name '*.nbi' | wc -l")
    assert int(kept.stdout) > 50, "what was compiled was not kept"
    verify = machine.run(*python, "-m", "station", "verify")
    assert verify.returncode == 0, verify.stdout + verify.stderr

    machine.run("touch", "/run/stopped")
    began = time.monotonic()
    assert machine.run("systemctl", "start", "station").returncode == 0, machine.says()
    again = time.monotonic() - began
    machine.run("systemctl", "stop", "station")
    assert machine.run("find", "/var/cache/station", "-name", "*.nbc", "-newer", "/run/stopped").stdout == ""
    print(f"\nthe simulated cell: first start {took:.0f} s, second {again:.0f} s, {verify.stdout.strip()}", end="")


def test_nothing_of_the_host_was_changed(machine: Machine) -> None:
    for path in ("/etc/sysusers.d/station.conf", "/etc/station/rig.toml", "/var/lib/station/report.json"):
        assert not Path(path).exists() or machine.run("cat", path).stdout != Path(path).read_text()
