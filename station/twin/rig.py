"""The simulated rig: devices over one bench, a peer of real ones; it remembers when things happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from zlib import crc32

import numpy as np

from station.devices.protocols import CameraFacts, Frame, PresentedPart, TowerSign, View
from station.errors import CaptureError, DeviceError, LostDeviceError, StoppedError
from station.twin.bench import Bench, Event, Workpiece
from station.twin.demo import random_dust, random_pose
from station.twin.render import expose, render, scene_light
from station.twin.rig_file import TwinFacts
from station.twin.scene import Lamp, PlacedPart, Pose, Scene, Surface
from station.twin.troubles import Trouble

MOVED_PX = 6.0  # by which a part moves during an exposure
AGED = 0.5


class TwinCamera:
    """Renders what lies in the rig, under the light that is on."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._last: Frame | None = None
        self._sequence = 0

    def facts(self) -> CameraFacts:
        """Which camera the rig's file says this is."""
        table, optics = self._bench.facts.camera, self._bench.facts.optics
        return CameraFacts(table.model, table.serial, optics.width_px, optics.height_px, table.bit_depth)

    def capture(self, view: View, exposure_us: float) -> Frame:
        """A frame of the bench as it is now; brightness goes with the exposure, full scale clips."""
        bench = self._bench
        bench.note("camera", f"capture {view.value} {exposure_us:g} us")
        self.check()
        if Trouble.STALE_FRAME in bench.troubles and self._last is not None:
            return replace(self._last, view=view)
        if not exposure_us > 0:
            raise CaptureError(f"an exposure of {exposure_us:g} µs is not possible", place=bench.facts.camera.serial)
        exposed_us = exposure_us / 2 if Trouble.WRONG_EXPOSURE in bench.troubles else exposure_us
        digital_gain = 1.5 if Trouble.HIDDEN_GAIN in bench.troubles else 1.0
        began_s = bench.clock()
        gain = exposed_us / bench.facts.camera.exposure_us * digital_gain * bench.warmth(began_s)
        gain *= AGED if Trouble.LAMP_AGED in bench.troubles else 1.0
        scene = replace(_as_it_lies(bench), lamp=replace(_lamp(bench.facts, _lamp_lit(bench)), clip_gain=gain))
        self._sequence += 1
        if Trouble.PART_MOVED in bench.troubles:
            light = 0.5 * (scene_light(scene) + scene_light(_moved(scene)))
            image = expose(light, scene.lamp, bench.rng)
        else:
            image = render(scene, bench.rng)
        self._last = Frame(
            view, image, began_s, exposed_us, 1.0, digital_gain, bench.facts.camera.bit_depth, self._sequence
        )
        return self._last

    def check(self) -> str:
        """What it is. Raises: LostDeviceError when it is unplugged."""
        camera = self._bench.facts.camera
        if Trouble.CAMERA_LOST in self._bench.troubles:
            raise LostDeviceError("the camera does not answer", place=camera.serial)
        return f"{camera.model} {camera.serial}, simulated"

    def close(self) -> None:
        """Nothing to let go of."""


def _as_it_lies(bench: Bench) -> Scene:
    """The scene, with a second part in it where that is the trouble."""
    parts = bench.scene.parts
    if Trouble.TWO_PARTS not in bench.troubles or not parts:
        return bench.scene
    one, optics = parts[0], bench.facts.optics
    beside = replace(one.pose, x_mm=one.pose.x_mm + 0.35 * optics.width_px * optics.mm_per_px)
    aside = replace(one, pose=beside)
    return replace(bench.scene, parts=(*parts, aside))


def _moved(scene: Scene) -> Scene:
    """The same a moment later."""
    off_mm = MOVED_PX * scene.optics.mm_per_px
    parts = [replace(one, pose=Pose(one.pose.x_mm + off_mm, one.pose.y_mm, one.pose.angle_deg)) for one in scene.parts]
    return replace(scene, parts=tuple(parts))


def _lamp_lit(bench: Bench) -> View | None:
    """The view whose lamp really gives light."""
    if Trouble.LAMP_DEAD in bench.troubles or bench.lit is None:
        return None
    if Trouble.WRONG_LAMP in bench.troubles:
        return View.FRONT if bench.lit is not View.FRONT else View.BACKLIGHT
    return bench.lit


def _lamp(facts: TwinFacts, lit: View | None) -> Lamp:
    """The lamp that is on, or darkness."""
    lamp = facts.lamp(lit) if lit is not None else None
    if lamp is not None:
        return lamp
    table = facts.camera
    return Lamp(0.004, 0.004, full_well_e=table.full_well_e, read_noise_e=table.read_noise_e, bit_depth=table.bit_depth)


class TwinLight:
    """Lamps that take a moment to be steady."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @property
    def views(self) -> frozenset[View]:
        """The views that there is a lamp for."""
        return frozenset(view for view in View if self._bench.facts.lamp(view) is not None)

    def turn_on(self, view: View) -> float:
        """Light this view alone; the time from which it is steady. Raises: DeviceError without such a lamp."""
        if self._bench.facts.lamp(view) is None:
            raise DeviceError(f"this rig has no lamp for the view {view.value!r}", place=self._bench.facts.name)
        if self._bench.lit is not view:
            self._bench.lit, self._bench.lit_since_s = view, self._bench.clock()
        self._bench.note("light", f"{view.value} on")
        self._bench.check_controller()
        return self._bench.lit_since_s + self._bench.facts.settle_s

    def turn_off(self) -> None:
        """All lamps dark."""
        self._bench.lit = None
        self._bench.note("light", "off")

    def check(self) -> str:
        """What it is. Raises: LostDeviceError when their controller does not answer."""
        self._bench.check_controller()
        return "simulated lamps"

    def close(self) -> None:
        """All lamps dark."""
        self.turn_off()


class TwinGate:
    """A gate that holds unless it was told to let through."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def hold(self) -> None:
        """Let nothing through."""
        self._bench.open = False
        self._bench.note("gate", "hold")
        self._bench.check_controller()

    def let_through(self) -> None:
        """Open for the part in the rig. Raises: DeviceError when there is none, or the gate is stuck."""
        if not self._bench.serial:
            raise DeviceError("no part lies in the rig", place="gate")
        if Trouble.GATE_STUCK in self._bench.troubles:
            raise StoppedError("the gate did not open", place="gate")
        self._bench.check_controller()
        self._bench.open = True
        self._bench.note("gate", f"let through {self._bench.serial}")

    def is_holding(self) -> bool:
        """Whether it is shut."""
        return not self._bench.open

    def check(self) -> str:
        """What it is. Raises: LostDeviceError when its controller does not answer."""
        self._bench.check_controller()
        return "simulated gate"

    def close(self) -> None:
        """Hold."""
        self.hold()


class TwinTower:
    """A stack light that remembers what it showed."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def show(self, sign: TowerSign) -> None:
        """Show this sign."""
        self._bench.check_controller()
        self._bench.note("tower", sign.value)

    def check(self) -> str:
        """What it is. Raises: LostDeviceError when its controller does not answer."""
        self._bench.check_controller()
        return "simulated tower"

    def close(self) -> None:
        """Dark."""
        self.show(TowerSign.OFF)


class TwinFeeder:
    """Puts one workpiece after the other under the camera, each lying as it fell. `more` gives those that were made
    meanwhile; without it none come after the last."""

    def __init__(self, bench: Bench, more: Callable[[], Iterable[Workpiece]] | None = None) -> None:
        self._bench, self._more = bench, more

    def present(self, timeout_s: float = 0.0) -> PresentedPart | None:
        """The next part. Raises: DeviceError when the last one has not left."""
        bench = self._bench
        if bench.serial:
            raise DeviceError(f"the part {bench.serial} has not left the rig", place="feeder")
        bench.check_stage()
        if not bench.waiting and self._more is not None:
            bench.waiting.extend(self._more())
            if not bench.waiting:
                time.sleep(timeout_s)  # as one does who waits for a part
        if not bench.waiting:
            return None
        piece, facts = bench.waiting.pop(0), bench.facts
        pose = random_pose(piece.part, facts.optics, bench.rng)
        # The face is the part's own: another run, another pose show the same.
        surface = Surface(facts.field.grain, finish=facts.field.machined, seed=crc32(piece.serial.encode()))
        dust = random_dust(facts.optics, bench.rng, facts.field.specks, facts.field.fibres)
        bench.scene = Scene(facts.optics, Lamp(), (PlacedPart(piece.part, pose, piece.face, surface),), dust)
        bench.serial, bench.open = piece.serial, False
        bench.note("feeder", f"present {piece.serial}")
        return PresentedPart(piece.serial, piece.order_file)

    def halt(self) -> None:
        """Its parts wait."""

    def is_finished(self) -> bool:
        """Whether none waits, and none will come."""
        return not self._bench.waiting and self._more is None

    def clear(self) -> None:
        """The part leaves; the gate falls shut behind it. Raises: StoppedError when it is stuck."""
        bench = self._bench
        if bench.serial and Trouble.PART_STUCK in bench.troubles:
            bench.open = False
            raise StoppedError(f"the part {bench.serial} did not leave", place="gate")
        if bench.serial:
            bench.note("feeder", f"{'through' if bench.open else 'held'} {bench.serial}")
        bench.serial, bench.open, bench.scene = "", False, Scene(bench.facts.optics)

    def check(self) -> str:
        """What it is. Raises: StoppedError when the stage stands."""
        self._bench.check_stage()
        return "simulated feeder"

    def close(self) -> None:
        """Present nothing any more."""
        self._bench.waiting.clear()


class TwinInterlock:
    """A door and a stop button."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def stopped_by(self) -> str:
        """What keeps the machine still, or did since the last call."""
        return self._bench.stopped_by()

    def check(self) -> str:
        """What it is."""
        return "simulated door and stop button"

    def close(self) -> None:
        """Nothing to let go of."""


class TwinRig:
    """The rig of a twin's file over a list of workpieces, and `more` that are made while it runs. The same seed gives
    the same pictures."""

    def __init__(
        self,
        facts: TwinFacts,
        workpieces: Iterable[Workpiece] = (),
        clock: Callable[[], float] = time.monotonic,
        *,
        more: Callable[[], Iterable[Workpiece]] | None = None,
    ) -> None:
        self._bench = Bench(facts, list(workpieces), clock, np.random.default_rng(facts.seed))
        self._bench.scene = Scene(facts.optics)
        self.name, self.simulated = facts.name, True
        self.camera, self.light, self.gate = TwinCamera(self._bench), TwinLight(self._bench), TwinGate(self._bench)
        self.tower, self.feeder = TwinTower(self._bench), TwinFeeder(self._bench, more)
        self.interlock, self.thermometer = TwinInterlock(self._bench), None

    def recover(self) -> None:
        """Every device well again. Raises: DeviceError of the first that is not."""
        for device in (self.camera, self.light, self.gate, self.tower, self.feeder):
            device.check()

    @property
    def history(self) -> tuple[Event, ...]:
        """Everything that happened so far, in order."""
        return tuple(self._bench.history)

    def forget(self, count: int) -> None:
        """The first so many things that happened: a run of days remembers only what nobody has read yet."""
        del self._bench.history[:count]

    @property
    def scene(self) -> Scene:
        """What lies in the rig: for tests that compare with the truth."""
        return self._bench.scene

    def add(self, workpiece: Workpiece) -> None:
        """Put one more part into the feeder."""
        self._bench.waiting.append(workpiece)

    def misbehave(self, *troubles: Trouble) -> None:
        """From now on have these troubles and no others."""
        self._bench.misbehave(set(troubles))
        self._bench.note("twin", ", ".join(sorted(troubles)) or "no trouble")
