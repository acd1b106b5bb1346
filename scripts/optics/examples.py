"""The rigs that hw/optics.md works out: for each field the Raspberry Pi's own camera, then larger ones."""

from __future__ import annotations

from .lens import Lens, Optics, Sensor

IMX296 = Sensor("IMX296 mono", 1456, 1088, 3.45)
IMX264 = Sensor("IMX264", 2448, 2048, 3.45)
IMX304 = Sensor("IMX304", 4096, 3000, 3.45)
IMX541 = Sensor("IMX541", 4504, 4504, 2.74)

# Where a maker's table has them: magnification, NA, working distance, telecentricity, distortion. Of a class: what
# such lenses have; the one you buy says its own, and the table is made again with it.
X5 = Lens("5X long-distance objective, 200 mm tube lens", 5.0, 0.14, 34.0, 0.10, 0.10, "class")
X7 = Lens("7.5X long-distance objective, 200 mm tube lens", 7.5, 0.21, 35.0, 0.10, 0.10, "class")
X1_5 = Lens("1.5X telecentric, WD 65", 1.5, 0.075, 65.0, 0.10, 0.10, "class")
X2_5 = Lens("2.5X telecentric, WD 65", 2.5, 0.090, 65.0, 0.10, 0.10, "class")
X0_516 = Lens("0.516X bi-telecentric, WD 111", 0.516, 0.032, 111.0, 0.10, 0.10, "data sheet")
X1 = Lens("1X bi-telecentric, f/10", 1.0, 0.050, 44.0, 0.08, 0.10, "class")
X0_201 = Lens("0.201X bi-telecentric, WD 254", 0.201, 0.013, 254.0, 0.10, 0.10, "data sheet")
X0_334 = Lens("0.334X bi-telecentric, WD 138", 0.334, 0.028, 138.0, 0.10, 0.10, "data sheet")

EXAMPLES = (
    Optics(1, IMX296, X5),
    Optics(1, IMX264, X7),
    Optics(3, IMX296, X1_5),
    Optics(3, IMX264, X2_5),
    Optics(8, IMX296, X0_516),
    Optics(8, IMX264, X1),
    Optics(8, IMX541, X1_5),
    Optics(25, IMX296, X0_201),
    Optics(25, IMX264, X0_334),
    Optics(25, IMX304, X0_516),
)
