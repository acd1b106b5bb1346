"""The wiring sheets: as the script draws them, with the pins that the firmware and the header have."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from gpiozero.pins.pi import PiBoardInfo

from scripts.wiring.pins import BOARD, CONTROLLER_IN, CONTROLLER_OUT, HEADER_IN, HEADER_OUT
from scripts.wiring.sheets import sheets
from scripts.wiring.svg import HEIGHT, WIDTH

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "hw" / "firmware" / "src" / "pins.h"
ARDUINO = {  # of the Uno's and Nano's ATmega328P
    **{f"PD{n}": f"D{n}" for n in range(8)},
    **{f"PB{n}": f"D{n + 8}" for n in range(6)},
    **{f"PC{n}": f"A{n}" for n in range(6)},
}
NAMES = {
    "CAMERA": "camera", "GATE": "gate", "TOWER_RED": "tower red", "TOWER_AMBER": "tower amber",
    "TOWER_GREEN": "tower green", "TOWER_BLUE": "tower blue", "START": "start", "DOOR": "door",
    "ESTOP": "emergency stop", "TRIGGER": "trigger", **{f"LAMP{n}": f"lamp {n}" for n in range(1, 5)},
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(sheets()))
def test_a_sheet_is_as_drawn_and_inside_its_paper(name: str) -> None:
    stored = (ROOT / "hw" / "wiring" / f"{name}.svg").read_text(encoding="utf-8")
    assert stored == sheets()[name], "run scripts/draw_wiring.py"
    tree = ElementTree.fromstring(stored)
    for one in tree.iter("{http://www.w3.org/2000/svg}text"):
        x, y, size = (float(one.get(key, "nan")) for key in ("x", "y", "font-size"))
        # 0.55 of its size is the mean width of a letter of these fonts.
        long = 0.55 * size * len(one.text or "")
        left = {"start": x, "middle": x - long / 2, "end": x - long}[one.get("text-anchor", "start")]
        assert left > 5.0, one.text
        assert left + long < WIDTH - 5.0, one.text
        assert 5.0 < y < HEIGHT - 5.0, one.text


def test_the_tables_are_as_printed() -> None:
    page = (ROOT / "hw" / "wiring" / "README.md").read_text(encoding="utf-8")
    written = page.split("begins -->")[1].split("<!--")[0].strip()
    told = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "draw_wiring.py"), "--tables"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert written == told.stdout.strip()


def test_the_headers_numbers_are_those_of_the_board() -> None:
    info = PiBoardInfo.from_revision(0xC04170)  # a Pi 5
    header = {name: pin.number for pin in info.headers["J8"].pins.values() for name in pin.names}
    assert {name: header[name] for name in BOARD} == BOARD


@pytest.mark.parametrize(
    "wires", [CONTROLLER_OUT + CONTROLLER_IN, HEADER_OUT + HEADER_IN], ids=["controller", "header"]
)
def test_no_pin_is_used_twice(wires) -> None:
    assert len({wire.pin for wire in wires}) == len(wires)
    assert len({wire.role for wire in wires}) == len(wires)


def test_outputs_on_the_header_are_pulled_down_while_the_pi_starts() -> None:
    # BCM2835 ARM Peripherals, table 6-31, and RP1 alike: GPIO0 to 8 are pulled up after reset, 9 to 27 down.
    assert all(int(wire.pin[4:]) > 8 for wire in HEADER_OUT)
    assert all(int(wire.pin[4:]) <= 8 for wire in HEADER_IN)


def test_the_controllers_pins_are_its_firmwares() -> None:
    if not FIRMWARE.exists():
        pytest.skip("the firmware is not in this checkout")
    source = FIRMWARE.read_text(encoding="utf-8")
    defined = dict(re.findall(r"#define (\w+) (P[BCD]\d)\b", source))
    found = {NAMES[name]: ARDUINO[port] for name, port in defined.items() if name in NAMES}
    soft = int(re.search(r"#define SOFT_LAMPS (0x[0-9A-F]+)", source)[1], 16)
    assert soft == 0x0F
    found |= {f"lamp {n + 5}": f"A{n}" for n in range(4)}
    assert found == {wire.role: wire.pin for wire in CONTROLLER_OUT + CONTROLLER_IN}
