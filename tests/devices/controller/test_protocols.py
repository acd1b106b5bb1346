"""The controller's devices have the methods of the hardware boundary."""

import inspect

import pytest

from station.devices import controller, protocols
from station.facts import facts_of

PAIRS = [
    (getattr(protocols, name), getattr(controller, name)) for name in ("Light", "Gate", "Tower", "Button", "Interlock")
]


@pytest.mark.parametrize(("protocol", "device"), PAIRS)
def test_every_method_with_the_same_signature(protocol, device):
    methods = {name: one for name, one in vars(protocol).items() if inspect.isfunction(one) and name[0] != "_"}
    for name, method in methods.items():
        assert inspect.signature(method) == inspect.signature(getattr(device, name)), name


def test_facts_from_a_rig_file():
    light = facts_of(controller.LightFacts, {"channels": {"ring": [2, 3]}, "levels": {"ring": 0.5}}, "light")
    assert light == controller.LightFacts({"ring": (2, 3)}, {"ring": 0.5})
    assert facts_of(controller.ControllerFacts, {"port": "/dev/ttyACM0"}, "controller").baud == 57600
    assert facts_of(controller.GateFacts, {}, "gate").open_ms == 2000
