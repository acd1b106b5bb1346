"""The hardware boundary stays small, and the twin satisfies it."""

import inspect

import pytest

from station.devices.protocols import Camera, Feeder, Gate, Light, Tower, View
from station.twin.rig import TwinCamera, TwinFeeder, TwinGate, TwinLight, TwinTower

PAIRS = [(Camera, TwinCamera), (Light, TwinLight), (Gate, TwinGate), (Tower, TwinTower), (Feeder, TwinFeeder)]


@pytest.mark.parametrize(("protocol", "twin"), PAIRS)
def test_the_twin_has_every_method_with_the_same_signature(protocol, twin):
    methods = {name: one for name, one in vars(protocol).items() if inspect.isfunction(one) and name[0] != "_"}
    assert 2 <= len(methods) <= 6
    for name, method in methods.items():
        assert method.__doc__, name
        assert inspect.signature(method) == inspect.signature(getattr(twin, name)), name


def test_views_are_those_of_the_contract():
    assert [view.value for view in View] == ["backlight", "front", "ring", "dark"]
