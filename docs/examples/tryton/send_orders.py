"""Sends the orders of Tryton's open productions to a station, and ends; a timer starts it again.

A production carries its order as an attachment `order.json` (`order/1`, its `order_id` the production's number) and,
if the order names one, the drawing as an attachment of the drawing's name. Sending it again changes nothing.

    STATION_TOKEN=… TRYTON_PASSWORD=… python send_orders.py STATION_URL TRYTON_URL TRYTON_USER

Exit status: 0 the station has them all; 1 some order is wrong or was changed after it was sent; 2 no connection.
"""

import argparse
import json
import os
import sys
from xmlrpc.client import Error as TrytonError

from proteus import Model, config
from station_api import RefusedError, Station

NAME = "order.json"


def main() -> int:
    """Sends what is attached to productions that are planned or under way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("station", help="address of the station, such as https://cell-3.example")
    parser.add_argument("tryton", help="address of Tryton's XML-RPC, such as https://erp.example/DATABASE/rpc/")
    parser.add_argument("user", help="user in Tryton; the password is in TRYTON_PASSWORD")
    given = parser.parse_args()
    station = Station(given.station, os.environ["STATION_TOKEN"])
    try:
        with config.set_xmlrpc_session(given.tryton, given.user, os.environ["TRYTON_PASSWORD"]):
            productions = Model.get("production").find([("state", "in", ["waiting", "assigned", "running"])])
            return max([send(station, production) for production in productions], default=0)
    except (OSError, TrytonError) as error:
        print(f"{error}", file=sys.stderr)
        return 2


def send(station: Station, production: Model) -> int:
    """Sends a production's order, if it carries one. Returns the exit status."""
    attached = Model.get("ir.attachment").find([("resource", "=", f"production,{production.id}")])
    files = {one.name: bytes(one.data) for one in attached if one.type == "data"}
    if NAME not in files:
        return 0
    try:
        order = json.loads(files[NAME])
        if order["order_id"] != production.number:
            raise ValueError(f"it is for {order['order_id']}")
        drawing = order.get("geometry", {}).get("drawing")
        if drawing and drawing not in files:
            raise ValueError(f"its drawing {drawing} is not attached")
        new = station.put_order(production.number, files[NAME], files[drawing] if drawing else None)
    except (RefusedError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"{production.number}: the order was not sent: {error}.", file=sys.stderr)
        return 1
    print(f"{production.number}: {'sent' if new else 'was there already'}.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
