"""How scripts/test_vm judges the results of its runs."""

from __future__ import annotations

from pathlib import Path

from tests.rig.vm.guest_tests import command, exported, files_naming, outcomes

SKIPPED, FAILED = '<skipped message="no such device"/>', '<failure message="1 != 2&#10;more of it">text</failure>'


def results(folder: Path, name: str, **tests: str) -> Path:
    cases = "".join(
        f'<testcase classname="tests.rig.test_x" name="{test}">{bad}</testcase>' for test, bad in tests.items()
    )
    file = folder / f"{name}.xml"
    file.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    return file


def test_a_test_must_pass_in_one_run_and_fail_in_none(tmp_path: Path) -> None:
    first = results(tmp_path, "a", always="", once=SKIPPED, never=SKIPPED, broken=FAILED)
    second = results(tmp_path, "b", always="", once="", never=SKIPPED, broken="")
    expected = {
        "tests.rig.test_x.always": "passed",
        "tests.rig.test_x.once": "passed",
        "tests.rig.test_x.never": "skipped: no such device",
        "tests.rig.test_x.broken": "failure: 1 != 2",
    }
    assert outcomes([first, second]) == outcomes([second, first]) == expected


def test_every_file_that_asks_for_a_device_of_the_machine_runs_in_it() -> None:
    assert {"STATION_GPIO_SIM", "STATION_USB_SERIAL", "STATION_UINPUT"} <= set(exported())
    files = files_naming([*exported(), "STATION_V4L2_"])
    assert {"tests/rig/test_kernel_gpio.py", "tests/rig/test_usb_serial.py"} <= set(files)
    assert all(file in command([]) for file in files)
