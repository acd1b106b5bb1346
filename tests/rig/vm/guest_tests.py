"""Runs in the virtual machine every test file of tests/rig that asks for one of its devices.

Such a file names one of the variables that `devices` exports. Each of its tests must pass; one that skips did not find
what it was written for. Where a file can be about several devices it is run for each, and a test must pass for one.
"""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from tests.rig.vm.machine import PROJECT, run
from tests.rig.vm.scene import write_scenes

LIMIT_S = 900.0
RIG = PROJECT / "tests" / "rig"
PYTHON = ".venv/bin/python"
SCENES = {"/dev/video10": "/talk/scene8.npy", "/dev/video11": "/talk/scene16.npy"}
# What a file about video devices is run for, one after the other.
CAMERAS: Mapping[str, Mapping[str, str]] = {
    "scene8": {"STATION_V4L2_DEVICE": "/dev/video10", "STATION_V4L2_FORMAT": "GREY"},
    "scene16": {"STATION_V4L2_DEVICE": "/dev/video11", "STATION_V4L2_FORMAT": "Y16 "},
    "vivid": {
        "STATION_V4L2_DEVICE": "/dev/video0",
        "STATION_V4L2_UNPLUG": "echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind",
    },
}


def files_naming(names: Sequence[str]) -> list[str]:
    """The rig's test files in which one of the names stands, as paths of the project."""
    pattern = re.compile("|".join(names))
    return [
        str(file.relative_to(PROJECT)) for file in sorted(RIG.glob("test_*.py")) if pattern.search(file.read_text())
    ]


def command(arguments: Sequence[str]) -> str:
    """What the guest's shell is to do; the results of each run of pytest go to /talk/NAME.xml."""
    video = files_naming(["STATION_V4L2_"])
    lines = [". tests/rig/vm/devices", "failed=0"]
    for file in files_naming(exported()):  # one run each: a line or port that one leaves open is free for the next
        lines += [_pytest(Path(file).stem, [file], {}, arguments)] if file not in video else []
    for name, camera in CAMERAS.items() if video else ():
        device = camera["STATION_V4L2_DEVICE"]
        scene = {"STATION_V4L2_SCENE": SCENES[device]} if device in SCENES else {}
        lines += [f"{PYTHON} tests/rig/vm/play.py {device} {scene['STATION_V4L2_SCENE']}"] if scene else []
        lines += [_pytest(name, video, {**camera, **scene}, arguments)]
    return "\n".join([*lines, "exit $failed", ""])


def exported() -> list[str]:
    """The variables that `devices` exports."""
    return sorted(set(re.findall(r"export (STATION_\w+)", (RIG / "vm" / "devices").read_text())))


def _pytest(name: str, files: Sequence[str], environment: Mapping[str, str], arguments: Sequence[str]) -> str:
    """One run; a test that hangs says where it is after two minutes."""
    color = "--color=yes" if sys.stdout.isatty() else "--color=no"
    options = ["-vv", "-s", color, "--no-header", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=120"]
    no_tests = "[ $? = 5 ] ||" if arguments else ""  # nothing in this file fits the arguments
    settings = [f"{key}={value}" for key, value in environment.items()]
    words = ["env", *settings, PYTHON, "-m", "pytest", *options, f"--junitxml=/talk/{name}.xml", *files, *arguments]
    return f"echo; echo '== {name}'; {shlex.join(words)} || {no_tests} failed=1"


def outcomes(results: Sequence[Path]) -> dict[str, str]:
    """What became of every test: "passed", or why not. One that skips in some runs must pass in another."""
    became: dict[str, tuple[int, str]] = {}
    for file in results:
        for case in ElementTree.parse(file).iter("testcase"):
            test = f"{case.get('classname')}.{case.get('name')}"
            became[test] = max(_outcome(case), became.get(test, (0, "")))
    return {test: words for test, (_, words) in became.items()}


def _outcome(case: ElementTree.Element) -> tuple[int, str]:
    """What counts more comes later: skipped, passed, failed."""
    for bad in case:
        if bad.tag in ("skipped", "failure", "error"):
            return 0 if bad.tag == "skipped" else 2, f"{bad.tag}: {(bad.get('message') or '').partition(chr(10))[0]}"
    return 1, "passed"


def main(machine: Path, arguments: Sequence[str]) -> int:
    """0 if every test passed; `arguments` go to pytest, as in -k NAME."""
    with tempfile.TemporaryDirectory() as folder:
        talk = Path(folder)
        write_scenes(talk)
        ended = run(machine, command(arguments), talk, limit_s=LIMIT_S)
        became = outcomes(sorted(talk.glob("*.xml")))
    absent = {test: why for test, why in became.items() if why != "passed"}
    for test, why in absent.items():
        print(f"NOT PASSED {test}: {why}")
    passed = len(became) - len(absent)
    print(f"{passed} of {len(became)} tests passed in the virtual machine; {ended.seconds:.0f} s, {ended.reason}.")
    if ended.status is None:
        print("It did not come to its end, so some tests were not run.")
    return 0 if passed and not absent and (ended.status, ended.reason) == (0, "guest-shutdown") else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
