"""Every bound on what an order may contain, in one place; `docs/orders.md` repeats them for integrators."""

from __future__ import annotations

from decimal import Decimal

MAX_FEATURES = 5000  # written or taken from the drawing
MAX_CHARACTERISTICS = 5000
MAX_DATUMS = 100
MOST_DATUM_FEATURES = 8  # of one characteristic
MAX_DRAWING_BYTES = 32 * 1024 * 1024
MAX_RECORDS = 150_000  # records of any kind in the drawing's file
MAX_ENTITIES = 50_000  # drawn entities once every block is exploded
MAX_SEGMENTS = 500_000  # straight and round pieces once every curve is flattened
MAX_BLOCK_DEPTH = 16

MAX_COORDINATE_MM = Decimal(10_000)
MAX_DECIMALS = 340  # places after the point of any number: what a double in print can have (6.123233995736766e-17)
MAX_ID = 64  # characters of a feature's or characteristic's id
MAX_NAME = 128  # characters of order_id, serial and the other names
MAX_EDGE = 32  # characters of the name of a kind of edge
MAX_EXPECTED = 4000  # characters of a code's or text's expected content

CHORD_ERROR_MM = 0.0002  # splines and ellipses become chords that stay this close
DRAWN_JOIN_MM = 0.005  # drawn ends this close are one corner
WRITTEN_JOIN_MM = 0.02  # written ends this close are one corner; written edges this close to drawn ones are the same
GAP_HINT_MM = 0.5  # an outline that would close across a gap of this size is taken for a mistake
