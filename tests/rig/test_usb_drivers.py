"""The station's serial devices at a cable that is really pulled out: STATION_USB_SERIAL, which scripts/test_vm has."""

from __future__ import annotations

import pytest

from station.devices.grbl import GrblFacts, GrblStage
from station.devices.scanner_serial import Scanner, ScannerFacts
from tests.rig.motion_bench import quick_peer
from tests.rig.usb_cable import PORT, SOON_S, AttachedDevice, Bridge, lost_after_s, needs_usb_cable, plug_in

pytestmark = needs_usb_cable


def test_a_scanner_is_lost_and_found_again() -> None:
    plug_in()
    with AttachedDevice(lambda data: None) as gun:
        scanner = Scanner(ScannerFacts(str(PORT)))
        gun.say(b"RING-237-0001\r")
        assert scanner.read(SOON_S) == "RING-237-0001"
        assert lost_after_s(lambda: scanner.read(SOON_S), 0.5) < 1.0
        plug_in()
        again = Scanner(ScannerFacts(str(PORT)))
        gun.say(b"RING-237-0002\r")
        assert again.read(SOON_S) == "RING-237-0002"
        scanner.close()
        again.close()


def test_a_stage_on_its_way_is_lost_and_must_be_homed_again() -> None:
    plug_in()
    facts = GrblFacts(str(PORT), boot_s=SOON_S, feed_mm_per_min=300.0)
    with quick_peer(tcp=False) as peer, Bridge(peer.port):
        stage = GrblStage(facts)
        stage.home()
        stage.move_to((-5.0, -5.0, -5.0))
        assert lost_after_s(lambda: stage.move_to((-45.0, -5.0, -5.0)), 1.0) < 1.0
        stage.close()
        plug_in()
        again = GrblStage(facts)
        again.home()
        again.move_to((-6.0, -5.0, -5.0))
        assert again.position_mm() == pytest.approx((-6.0, -5.0, -5.0), abs=0.01)
        again.close()
