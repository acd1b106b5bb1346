"""The controller's firmware in its emulator. These tests run in scripts/test_controller, which builds both."""

import os
import time

import pytest

from station.devices.controller import Controller, ControllerFacts
from tests.peers.controller import Emulator, Host


@pytest.fixture
def emulator():
    """The firmware, just powered on."""
    if "STATION_CONTROLLER" not in os.environ:
        pytest.skip("needs the firmware and its emulator: scripts/test_controller builds them")
    running = Emulator()
    running.run_ms(150)  # the self-test at boot, and what it says then
    yield running
    running.close()


@pytest.fixture
def host(emulator):
    """A host that has begun a session; what was said before is read."""
    speaking = Host(emulator.port)
    speaking.lines()
    assert speaking.ask("hello") == "ok"
    yield speaking
    speaking.close()


@pytest.fixture
def controller(emulator):
    """The driver. Its answers may take long: this machine has other things to do."""
    driver = Controller(ControllerFacts(emulator.port, answer_s=1.0))
    yield driver
    driver.close()


@pytest.fixture
def eventually():
    """Waits until something holds."""

    def wait(holds, timeout_s=3.0):
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.01)

    return wait
