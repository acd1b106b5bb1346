"""Units, users, rules and settings in hw/: read by the programs they are written for, naming only what is there."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HW = ROOT / "hw"
UNITS = sorted((HW / "systemd").glob("*.service"))
RULES = HW / "udev" / "99-station.rules"
FOREIGN = {"/usr/bin/cage", "/usr/bin/chromium"}  # of packages that the kiosk's unit names


def program(name: str) -> str:
    found = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not here")
    return found


def settings(unit: Path) -> dict[str, list[str]]:
    """Every key with all its values."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith(("#", "[")):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_the_unit(unit: Path) -> None:
    told = subprocess.run([program("systemd-analyze"), "verify", str(unit)], capture_output=True, text=True)
    # Here neither the project lies in /opt/station nor are the kiosk's packages installed.
    missing = r"Command (/opt/station/\.venv/bin/station|/usr/bin/cage) is not executable: No such file or directory"
    lines = [line for line in told.stderr.splitlines() if not re.search(missing, line)]
    assert [line for line in lines if unit.name in line] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_a_unit_names_is_in_the_project(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    for path in re.findall(r"(?:file://)?/opt/station/([\w./-]+)", text):
        if path == ".venv/bin/station":
            assert "station" in (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.scripts]")[1]
        else:
            assert (ROOT / path).exists(), path
    for command in settings(unit).get("ExecStart", []):
        assert command.split()[0] in {"/opt/station/.venv/bin/station", *FOREIGN}


def test_the_unit_asks_for_options_that_the_program_has() -> None:
    (command,) = settings(HW / "systemd" / "station.service")["ExecStart"]
    words = command.split()
    assert words[1] == "run"
    source = (ROOT / "station" / "cli.py").read_text(encoding="utf-8")
    for option in (word for word in words if word.startswith("--")):
        assert f'"{option}"' in source, option


def test_the_users_can_be_made(tmp_path: Path) -> None:
    made = tmp_path / "etc" / "sysusers.d" / "station.conf"
    made.parent.mkdir(parents=True)
    shutil.copy(HW / "systemd" / "sysusers.conf", made)
    # The groups that Debian has already.
    (tmp_path / "etc" / "group").write_text("root:x:0:\ndialout:x:20:\nvideo:x:44:\ninput:x:105:\nrender:x:106:\n")
    subprocess.run([program("systemd-sysusers"), f"--root={tmp_path}"], check=True, capture_output=True)
    groups = {line.split(":")[0]: line.split(":")[3] for line in (tmp_path / "etc/group").read_text().splitlines()}
    for group in ("dialout", "gpio", "video", "input"):
        assert "station" in groups[group].split(",")
    (user,) = settings(HW / "systemd" / "station.service")["User"]
    assert f"{user}:" in (tmp_path / "etc/passwd").read_text()


def test_a_cycle_that_hangs_is_found_before_a_person_would() -> None:
    found = settings(HW / "systemd" / "station.service")
    assert found["Type"] == ["notify"]
    assert found["StateDirectory"] == ["station"]
    assert 10 <= int(found["WatchdogSec"][0]) <= 120
    # Five restarts must fit into the interval, or the limit never bites: each takes the watchdog's time at most.
    interval_s = 60 * int(re.fullmatch(r"(\d+)min", found["StartLimitIntervalSec"][0])[1])
    turn_s = int(found["WatchdogSec"][0]) + int(found["RestartSec"][0]) + 10
    assert int(found["StartLimitBurst"][0]) * turn_s < interval_s


MATCH = r'(?:[A-Z_]+(?:\{[^}"]+\})?)(?:==|!=)"[^"]*"'
ASSIGN = r'(?:SYMLINK|GROUP|MODE|GOTO|LABEL|ENV\{[A-Z_]+\}|ATTR\{[\w/]+\})(?:\+=|:=|=)"[^"]+"'
KEYS = {
    "ACTION", "SUBSYSTEM", "SUBSYSTEMS", "KERNEL", "ATTR", "ATTRS", "ENV", "TEST",
    "SYMLINK", "GROUP", "MODE", "GOTO", "LABEL",
}  # fmt: skip


def rules() -> list[list[str]]:
    lines = RULES.read_text(encoding="utf-8").splitlines()
    return [re.split(r",\s*(?=[A-Z]+[{=!+:])", line) for line in lines if line and not line.startswith("#")]


def test_the_rules_are_rules() -> None:
    for rule in rules():
        for token in rule:
            assert re.fullmatch(f"{MATCH}|{ASSIGN}", token) or token == 'TEST=="power/control"', token
            assert re.match(r"[A-Z]+", token)[0] in KEYS
        kinds = [bool(re.fullmatch(MATCH, token)) for token in rule]
        assert False in kinds, rule
    labels = {token for rule in rules() for token in rule if token.startswith("LABEL=")}
    gone = {token.replace("GOTO", "LABEL") for rule in rules() for token in rule if token.startswith("GOTO=")}
    assert gone == labels


def test_every_name_is_made_below_dev_station_and_serial_ports_are_no_modems() -> None:
    tokens = [token for rule in rules() for token in rule]
    names = {token.split('"')[1] for token in tokens if token.startswith("SYMLINK")}
    assert names == {"station/controller", "station/stage", "station/scanner", "station/camera"}
    assert 'ENV{ID_MM_DEVICE_IGNORE}="1"' in tokens
    groups = {token.split('"')[1] for token in tokens if token.startswith("GROUP")}
    sysusers = (HW / "systemd" / "sysusers.conf").read_text(encoding="utf-8")
    assert all(re.search(rf"^m station\s+{group}$", sysusers, re.MULTILINE) for group in groups)


def test_udev_understands_the_rules() -> None:
    udevadm = program("udevadm")
    if "verify" not in subprocess.run([udevadm, "--help"], capture_output=True, text=True).stdout:
        pytest.skip("this udevadm cannot verify (systemd 254 can)")
    subprocess.run([udevadm, "verify", str(RULES)], check=True)


def test_the_settings_are_read_by_their_programs(tmp_path: Path) -> None:
    for name in ("system.conf.d/10-station-watchdog.conf", "journald.conf.d/10-station.conf"):
        parser = configparser.ConfigParser(strict=True, interpolation=None)
        parser.read_string((HW / "system/etc/systemd" / name).read_text(encoding="utf-8"))
        assert parser.sections()
    rule = (HW / "system/etc/tmpfiles.d/station-governor.conf").read_text(encoding="utf-8")
    (tmp_path / "t.conf").write_text(rule)
    told = subprocess.run(
        [program("systemd-tmpfiles"), f"--root={tmp_path}", "--create", str(tmp_path / "t.conf")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert "t.conf" not in told.stderr, told.stderr


def test_the_table_of_mounts_can_be_read() -> None:
    told = subprocess.run(
        [program("findmnt"), "--verify", "--tab-file", str(HW / "system" / "fstab")], capture_output=True, text=True
    )
    # The partition itself is not here.
    assert "0 parse errors" in told.stdout + told.stderr
    assert "unknown" not in told.stdout + told.stderr
