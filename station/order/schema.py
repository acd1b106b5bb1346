"""The JSON Schema of `order/1`, for those who write orders; committed as `docs/schemas/order-1.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

from station.order.document import OrderDocument


def order_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the order document; what refers to what is checked by reading only."""
    schema = OrderDocument.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "order/1"}


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(order_schema(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
