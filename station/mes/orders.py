"""Sending orders to a station."""

# No `annotations` from __future__ here: FastAPI could not see what the routes' annotations name in their function.
import json
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from station.mes.access import Caller, Gate
from station.mes.described import TAG, answers
from station.mes.desk import OrderDesk
from station.mes.forms import FORM, JSON, order_and_drawing
from station.mes.models import OrderAnswer
from station.mes.names import OrderId
from station.mes.threads import Routes
from station.mes.tokens import Role
from station.order.schema import order_schema

_EXAMPLE = {
    "schema": "order/1",
    "order_id": "MO-2026-000417",
    "part": {"part_number": "RING-237", "serial": "RING-237-0001"},
    "geometry": {
        "features": [{"id": "OD", "type": "circle", "side": "outer", "center": [0, 0], "diameter": 23.7}],
    },
    "characteristics": [
        {"id": "1", "type": "diameter", "feature": "OD", "nominal": 23.7, "lower_tol": -0.05, "upper_tol": 0.05}
    ],
}


def order_routes(desk: OrderDesk, gate: Gate) -> APIRouter:
    """`PUT /orders/{order_id}`."""
    routes = Routes(gate.threads, "orders")

    @routes.put(
        "/orders/{order_id}",
        summary="Send an order",
        description=(
            "The order is checked completely, recorded, and laid where the cell finds it. The same content again "
            "changes nothing (200), other content is refused (409). A drawing comes with it as a part of a form, or "
            "not at all."
        ),
        responses=answers(
            409, 415,
            s200={"model": OrderAnswer, "description": "It was here already.", "headers": TAG},
            s201={"model": OrderAnswer, "description": "It is here now.", "headers": TAG},
        ),
        openapi_extra={"requestBody": _body()},
    )  # fmt: skip
    async def put_order(
        request: Request, caller: Annotated[Caller, Depends(gate.only(Role.MES))], order_id: OrderId
    ) -> Response:
        threads = gate.threads
        async with threads.order_in_memory:
            data, drawing = await order_and_drawing(request)
            received = await threads.order(desk.receive, order_id, data, drawing, caller.signature())
        known = received.known
        answer = OrderAnswer(
            order_id=order_id,
            serial=received.order.part.serial,
            sha256=known.sha256,
            drawing_sha256=known.drawing_sha256,
            created=received.created,
        )
        headers = {"ETag": f'"{known.sha256}"'}
        return Response(json.dumps(answer.model_dump()), 201 if received.created else 200, headers, JSON)

    return routes


def _body() -> dict[str, object]:
    file = {"type": "string", "format": "binary"}
    form = {
        "type": "object",
        "properties": {"order": file, "drawing": file},
        "required": ["order"],
        "additionalProperties": False,
    }
    return {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/Order"}, "example": _EXAMPLE},
            FORM: {"schema": form},
        },
    }


def order_components() -> dict[str, object]:
    """The schema of `order/1` as components of the API's document."""
    text = json.dumps(order_schema()).replace("#/$defs/", "#/components/schemas/")
    document = json.loads(text)
    parts: dict[str, object] = document.pop("$defs", {})
    document.pop("$schema", None)
    return {**parts, "Order": document}
