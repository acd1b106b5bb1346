"""Measured edges beside the drawing, their deviations exaggerated by a round factor so that they can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from station.cycle.measure import Outcome
from station.cycle.overlay.canvas import Canvas
from station.cycle.overlay.forms import quiet_deviation, states_of
from station.cycle.overlay.palette import QUIET, STATE_COLOUR, WHITE, State
from station.cycle.overlay.view import View
from station.cycle.placing import to_picture
from station.metrology.calibration import Calibration
from station.metrology.features import MeasuredFeature
from station.plan.plan import Plan
from station.vision.pose import Pose

Floats = NDArray[np.float64]

LARGEST = 36.0  # display pixels that the largest deviation may take
FACTORS = (1, 2, 5, 10, 20, 50, 100)  # beyond, the picture would show the camera's noise as the part's form
_GAP = 8.0  # spacings between points that are no longer one line
_COMB = 9.0  # display pixels between the teeth of what is not inside


@dataclass(frozen=True, slots=True)
class Trace:
    """One measured feature in the picture: `nominal` (n, 2) display pixels, `normals` (n, 2) unit, out of the material,
    `deviation` (n,) display pixels before exaggeration, `state` (n,) of `State`, `runs` slices without gaps."""

    nominal: Floats
    normals: Floats
    deviation: Floats
    state: NDArray[np.int8]
    runs: tuple[slice, ...]
    extent: float  # display pixels across

    def drawn(self, factor: float) -> Floats:
        """(n, 2) the measured edge with its deviations exaggerated."""
        return np.asarray(self.nominal + factor * self.deviation[:, None] * self.normals)


def traces_of(plan: Plan, calibration: Calibration, outcome: Outcome, pose: Pose, view: View) -> list[Trace]:
    """All measured features that have points, the quiet ones first."""
    traces = []
    features = {feature.id: feature for feature in outcome.features}
    for feature in outcome.features:
        if len(feature.points_mm) < 5:
            continue
        at, normals = to_picture(feature.nominal_mm, feature.normals, pose, calibration, plan.mm_per_px)
        nominal = view.to_display(at)
        traces.append(
            Trace(
                nominal,
                normals,
                quiet_deviation(feature, feature.points_mm) / plan.mm_per_px * view.zoom,
                states_of(feature, outcome.items, features),
                _runs(feature),
                float(np.ptp(nominal, axis=0).max()),
            )
        )
    return sorted(traces, key=lambda trace: int(trace.state.max()))


def factor_for(traces: list[Trace]) -> int:
    """The largest round factor that keeps every deviation within `LARGEST`, and within half of its feature."""
    room = [min(LARGEST, 0.3 * t.extent) / max(float(np.abs(t.deviation).max()), 1e-9) for t in traces]
    usable = [factor for factor in FACTORS if factor <= min(room, default=1.0)]
    return usable[-1] if usable else 1


def draw_traces(canvas: Canvas, traces: list[Trace], factor: int) -> None:
    """Thin quiet lines; what is in the guard band or outside is thicker, tinted, with a comb from the drawing."""
    for state in State:
        bands = [
            np.concatenate([trace.nominal[piece], trace.drawn(factor)[piece][::-1]])
            for trace in traces
            for piece in _pieces(trace, state)
        ]
        canvas.tint(bands, STATE_COLOUR[state], 0.22 if state is State.INSIDE else 0.4)
    for trace in traces:
        for run in trace.runs:
            canvas.line(trace.nominal[run], QUIET, 1)
    for state in State:
        for trace in traces:
            for piece in _pieces(trace, state):
                _draw_piece(canvas, trace.nominal[piece], trace.drawn(factor)[piece], state)


def _draw_piece(canvas: Canvas, nominal: Floats, edge: Floats, state: State) -> None:
    colour, width = STATE_COLOUR[state], 2 + int(state)
    if state is not State.INSIDE:
        along = np.append(0.0, np.cumsum(np.hypot(*np.diff(nominal, axis=0).T)))
        teeth = np.unique(np.searchsorted(along, np.arange(0.0, along[-1] + _COMB, _COMB)).clip(0, len(along) - 1))
        canvas.lines(np.stack([nominal[teeth], edge[teeth]], axis=1), colour, 1)
    canvas.line(edge, WHITE, width + 2)
    canvas.line(edge, colour, width)


def _pieces(trace: Trace, state: State) -> list[slice]:
    """Runs of points that are in one state, each reaching over to the next point."""
    pieces = []
    for run in trace.runs:
        marks = trace.state[run]
        cuts = [0, *(np.flatnonzero(np.diff(marks)) + 1).tolist(), len(marks)]
        for start, stop in pairwise(cuts):
            if marks[start] == state:
                pieces.append(slice(run.start + start, min(run.start + stop + 1, run.stop)))
    return [piece for piece in pieces if piece.stop - piece.start > 1]


def _runs(feature: MeasuredFeature) -> tuple[slice, ...]:
    steps = np.hypot(*np.diff(feature.nominal_mm, axis=0).T)
    cuts = [0, *(np.flatnonzero(steps > _GAP * feature.spacing_mm) + 1).tolist(), len(feature.nominal_mm)]
    return tuple(slice(start, stop) for start, stop in pairwise(cuts))
