"""The project itself: locks in step with pyproject.toml, scripts that run and explain themselves, no stray paths."""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {
    "base": ROOT / "requirements.lock",
    "dev": ROOT / "requirements-dev.lock",
    "bench": ROOT / "requirements-bench.lock",
}
TARGETS = [
    {"python_version": python, "python_full_version": f"{python}.0", "platform_machine": machine}
    for python in ("3.11", "3.12", "3.13")
    for machine in ("x86_64", "aarch64")
]
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "implementation_name": "cpython"}
MACHINE_PATH = re.compile(r"(?<![\w.-])/(?:wor[k]|far[m]|tm[p])/")


@dataclass(frozen=True, slots=True)
class Pin:
    """One entry of a lock."""

    name: str
    version: Version
    marker: Marker | None
    hashes: tuple[str, ...]


def pins(lock: Path) -> list[Pin]:
    text = re.sub(r"\\\n\s*", "", lock.read_text(encoding="utf-8"))
    found = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        specification, *hashes = line.split("--hash=")
        requirement = Requirement(specification)
        (exact,) = requirement.specifier
        assert exact.operator == "==", line
        name = canonicalize_name(requirement.name)
        found.append(Pin(name, Version(exact.version), requirement.marker, tuple(h.strip() for h in hashes)))
    return found


def versions(lock: Path, target: dict[str, str]) -> dict[str, Version]:
    """What a lock installs on one target; an entry named twice for it is an error."""
    chosen = [pin for pin in pins(lock) if pin.marker is None or pin.marker.evaluate({**LINUX, **target})]
    assert len({pin.name for pin in chosen}) == len(chosen)
    return {pin.name: pin.version for pin in chosen}


def wanted(kind: str) -> list[Requirement]:
    names = PYPROJECT["build-system"]["requires"] + PYPROJECT["project"]["dependencies"]
    if kind != "base":
        names = names + PYPROJECT["project"]["optional-dependencies"][kind]
    return [Requirement(name) for name in names]


def committed() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: "-".join(target.values()))
@pytest.mark.parametrize("kind", LOCKS)
def test_lock_satisfies_pyproject(kind: str, target: dict[str, str]) -> None:
    locked = versions(LOCKS[kind], target)
    for requirement in wanted(kind):
        if requirement.marker and not requirement.marker.evaluate({**LINUX, **target}):
            continue
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name} is not in {LOCKS[kind].name}: run scripts/lock"
        assert requirement.specifier.contains(locked[name]), f"{requirement}, locked {locked[name]}: run scripts/lock"


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: "-".join(target.values()))
@pytest.mark.parametrize("kind", ["dev", "bench"])
def test_every_lock_holds_the_base_lock_in_the_same_versions(kind: str, target: dict[str, str]) -> None:
    base, more = versions(LOCKS["base"], target), versions(LOCKS[kind], target)
    assert base == {name: more.get(name) for name in base}


@pytest.mark.parametrize("lock", LOCKS.values(), ids=lambda lock: lock.name)
def test_every_pin_has_hashes_and_no_index(lock: Path) -> None:
    assert [pin.name for pin in pins(lock) if not pin.hashes] == []
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for pin in pins(lock) for digest in pin.hashes)
    assert "://" not in lock.read_text(encoding="utf-8")


def test_supported_pythons_are_those_locked() -> None:
    supported = Requirement(f"python{PYPROJECT['project']['requires-python']}").specifier
    assert [f"3.{minor}" for minor in range(8, 20) if supported.contains(f"3.{minor}.1")] == ["3.11", "3.12", "3.13"]


def test_shell_scripts_parse_and_may_be_run() -> None:
    checked = set()
    for path in [*ROOT.glob("scripts/*"), *ROOT.glob("scripts/lib/*.sh"), ROOT / ".ci" / "run"]:
        if path.is_dir() or path.suffix == ".py":
            continue
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first.startswith("#!") == (path.suffix != ".sh"), f"{path}: programs name a shell, parts do not"
        shell = "bash" if "bash" in first else "sh"
        subprocess.run([shell, "-n", str(path)], check=True)
        assert os.access(path, os.X_OK) == (path.suffix != ".sh"), path
        checked.add(path.relative_to(ROOT).as_posix())
    assert {"scripts/start", "scripts/test", "scripts/lock", "scripts/lib/setup.sh", ".ci/run"} <= checked


@pytest.mark.parametrize("script", sorted(ROOT.glob("scripts/*.py")), ids=lambda path: path.name)
def test_script_explains_itself(script: Path) -> None:
    done = subprocess.run(
        [sys.executable, script, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage" in done.stdout.lower()


def test_no_committed_file_names_a_path_of_a_machine() -> None:
    found = []
    for path in committed():
        if path.suffix == ".lock":
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines = enumerate(text.splitlines(), 1)
        found += [f"{path.relative_to(ROOT)}:{number}" for number, line in lines if MACHINE_PATH.search(line)]
    assert found == []
