"""Which characteristic of QIF each of ours is, and what one of its definitions, nominals and measurements holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from station.order.model import CharacteristicType as Type


class Family(Enum):
    """How QIF writes limits and values of a characteristic."""

    LINEAR = auto()  # Tolerance in the definition, TargetValue in the nominal
    ANGULAR = auto()
    ZONE = auto()  # ToleranceValue, the width of a zone
    NUMBER = auto()  # limits in the nominal, in a unit of its own
    TEXT = auto()  # PassValues


@dataclass(frozen=True, slots=True)
class Kind:
    """A characteristic of QIF. `what` says what is to be measured where QIF has no type of its own."""

    name: str
    family: Family
    what: str = ""
    material: bool = False  # its definition says the material condition
    zone: str = ""  # shape of its zone
    paired: bool = False  # between two features: a pair instead of a list
    size: bool = False  # its definition says how the size is determined (GG, GX, GN, LP)


_PLANAR = "PlanarZone"
_ROUND = "DiametricalZone"


def _linear(what: str) -> Kind:
    return Kind("UserDefinedLinear", Family.LINEAR, what)


KINDS: dict[Type, Kind] = {
    Type.DIAMETER: Kind("Diameter", Family.LINEAR, size=True),
    Type.RADIUS: Kind("Radius", Family.LINEAR, size=True),
    Type.DISTANCE: Kind("DistanceBetween", Family.LINEAR, paired=True),
    Type.WIDTH: Kind("Width", Family.LINEAR, size=True),
    Type.LENGTH: Kind("Length", Family.LINEAR),
    Type.ANGLE: Kind("AngleBetween", Family.ANGULAR, paired=True),
    Type.ROUNDNESS: Kind("Circularity", Family.ZONE),
    Type.STRAIGHTNESS: Kind("Straightness", Family.ZONE, zone="NonDiametricalZone"),
    Type.PARALLELISM: Kind("Parallelism", Family.ZONE, material=True, zone=_PLANAR),
    Type.PERPENDICULARITY: Kind("Perpendicularity", Family.ZONE, material=True, zone=_PLANAR),
    Type.ANGULARITY: Kind("Angularity", Family.ZONE, material=True, zone=_PLANAR),
    Type.POSITION: Kind("Position", Family.ZONE, material=True, zone=_ROUND),
    Type.CONCENTRICITY: Kind("Concentricity", Family.ZONE, zone=_ROUND),
    Type.SYMMETRY: Kind("Symmetry", Family.ZONE),
    Type.LINE_PROFILE: Kind("LineProfile", Family.ZONE),
    Type.CIRCULAR_RUNOUT: Kind("CircularRunout", Family.ZONE),
    Type.TIP_DIAMETER: _linear("tip diameter of a gear (ISO 21771), least squares over all teeth"),
    Type.ROOT_DIAMETER: _linear("root diameter of a gear (ISO 21771), least squares over all teeth"),
    Type.PITCH_DEVIATION: _linear("largest single pitch deviation of a gear, f_p of ISO 1328-1"),
    Type.CUMULATIVE_PITCH: _linear("total cumulative pitch deviation of a gear, F_p of ISO 1328-1"),
    Type.RUNOUT: _linear("runout of a gear's teeth, F_r of ISO 1328-2"),
    Type.TOOTH_THICKNESS: _linear("mean tooth thickness of a gear at the reference circle (ISO 21771)"),
    Type.PITCH: _linear("pitch of a thread (ISO 5408)"),
    Type.MAJOR_DIAMETER: _linear("major diameter of a thread (ISO 5408)"),
    Type.MINOR_DIAMETER: _linear("minor diameter of a thread (ISO 5408)"),
    Type.PITCH_DIAMETER: _linear("simple pitch diameter of a thread (ISO 5408)"),
    Type.FLANK_ANGLE: Kind("UserDefinedAngular", Family.ANGULAR, "flank angle of a thread (ISO 5408)"),
    Type.COUNT: Kind("UserDefinedUnit", Family.NUMBER),
    Type.CODE: Kind("UserDefinedAttribute", Family.TEXT, "content of a machine-readable code"),
    Type.TEXT: Kind("UserDefinedAttribute", Family.TEXT, "content of a text"),
    Type.SURFACE: _linear("size of the largest defect of a surface"),
}
