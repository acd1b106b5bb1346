"""What gpiozero and lgpio do with the kernel's own GPIO: the ground that the station's drivers stand on.

STATION_GPIO_SIM is the folder of a bank of gpio-sim; scripts/test_vm boots a machine that has one.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

BANK = Path(os.environ.get("STATION_GPIO_SIM", ""))
SOON_S = 10.0  # an emulated processor is slow
pytestmark = pytest.mark.skipif(
    "STATION_GPIO_SIM" not in os.environ, reason="no simulated GPIO bank: scripts/test_vm has one"
)


def pull(line: int, *, up: bool) -> None:
    """What a wire does to an input."""
    (BANK / f"sim_gpio{line}" / "pull").write_text("pull-up" if up else "pull-down")


def level(line: int) -> int:
    """What a wire would see."""
    return int((BANK / f"sim_gpio{line}" / "value").read_text())


@pytest.fixture
def factory() -> Iterator[object]:
    from gpiozero.pins.lgpio import LGPIOFactory

    opened = LGPIOFactory()
    yield opened
    opened.close()


def test_the_machine_is_taken_for_a_raspberry_pi(factory: object) -> None:
    assert factory.board_info.model == "4B"
    assert factory.chip == 0


def test_an_output_is_seen_on_its_line_and_falls_when_it_is_closed(factory: object) -> None:
    from gpiozero import DigitalOutputDevice

    lamp = DigitalOutputDevice(17, pin_factory=factory)
    assert level(17) == 0
    lamp.on()
    assert level(17) == 1
    lamp.close()
    assert level(17) == 0


def test_an_output_falls_when_its_program_is_killed() -> None:
    program = (
        "import time, gpiozero; from gpiozero.pins.lgpio import LGPIOFactory\n"
        "lamp = gpiozero.DigitalOutputDevice(22, initial_value=True, pin_factory=LGPIOFactory())\n"
        "print('on', flush=True); time.sleep(100)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "on\n"
        assert level(22) == 1
        other.kill()
    assert level(22) == 0


def test_an_edge_comes_as_an_interrupt_with_the_kernels_time() -> None:
    """Of lgpio itself: gpiozero's close may find the line busy while lgpio's thread still lets go of it."""
    import lgpio

    seen: queue.Queue[tuple[int, float]] = queue.Queue()
    pull(5, up=False)
    chip = lgpio.gpiochip_open(0)
    lgpio.gpio_claim_alert(chip, 5, lgpio.BOTH_EDGES)
    lgpio.callback(chip, 5, lgpio.BOTH_EDGES, lambda _chip, _line, level, at_ns: seen.put((level, 1e-9 * at_ns)))
    for up in (True, False) * 3:
        before_s = time.monotonic()
        pull(5, up=up)
        level_now, at_s = seen.get(timeout=SOON_S)
        assert level_now == up
        assert before_s <= at_s <= time.monotonic()
    lgpio.gpiochip_close(chip)
    assert seen.empty()


def test_a_line_that_another_program_has_is_busy(factory: object) -> None:
    import lgpio
    from gpiozero import DigitalOutputDevice

    mine = DigitalOutputDevice(27, pin_factory=factory)
    other = lgpio.gpiochip_open(0)
    with pytest.raises(lgpio.error, match="GPIO busy"):
        lgpio.gpio_claim_output(other, 27)
    mine.close()
    factory.close()
    assert lgpio.gpio_claim_output(other, 27) == 0
    lgpio.gpiochip_close(other)
