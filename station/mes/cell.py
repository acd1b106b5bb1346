"""What only a single station has: its state."""

# No `annotations` from __future__ here: FastAPI could not see what the routes' annotations name in their function.
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from station.cycle.state import Board
from station.cycle.transitions import OPC_40100, State
from station.mes import models
from station.mes.access import STAFF, Caller, Gate
from station.mes.described import answers
from station.mes.metrics import Metric, label
from station.mes.threads import Routes


def cell_routes(board: Board, gate: Gate) -> APIRouter:
    """`GET /state`."""
    routes = Routes(gate.threads, "station")

    @routes.get("/state", summary="The station now", responses=answers())
    def state(_: Annotated[Caller, Depends(gate.only(*STAFF))]) -> models.State:
        return models.State(**state_of(board)[1])

    return routes


def state_of(board: Board) -> tuple[int, dict[str, Any]]:
    """The snapshot's version, and the snapshot as JSON."""
    now = board.latest()
    return now.version, {**asdict(now), "queue": [asdict(one) for one in now.queue], "opc_40100": OPC_40100[now.state]}


def cell_metrics(board: Board) -> tuple[Metric, ...]:
    """The cell's own metrics."""
    now = board.latest()
    states = tuple((label("state", state), float(state is now.state)) for state in State)
    return (
        Metric("station_state", "gauge", "1 for the state that the station is in.", states),
        Metric("station_simulated", "gauge", "1 if the station is its twin.", (("", float(now.simulated)),)),
    )
