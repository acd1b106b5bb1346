import threading
import time

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin


@pytest.fixture
def pins():
    """The mocked header: `pins.pin(17)` is GPIO17."""
    before = gpiozero.Device.pin_factory
    factory = gpiozero.Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield factory
    factory.reset()
    gpiozero.Device.pin_factory = before


@pytest.fixture
def soon():
    """Wait until something holds; whether it came to hold."""

    def wait(holds, timeout_s=2.0):
        deadline_s = time.monotonic() + timeout_s
        while not holds():
            if time.monotonic() > deadline_s:
                return False
            time.sleep(0.002)
        return True

    return wait


@pytest.fixture
def later():
    """Do something in a while, in another thread."""
    timers = []

    def call(delay_s, act, *arguments):
        timers.append(threading.Timer(delay_s, act, arguments))
        timers[-1].start()

    yield call
    for timer in timers:
        timer.join()
