"""What stands in Tryton for an inspection record: product, lot, production, quality control, inspection, alert.

Everything is looked up before it is made, and each step can be taken again, so a record that is entered twice, or
again after a crash at any point, leaves what it leaves when it is entered once.
"""

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from xmlrpc.client import Fault

from proteus import Model

CATEGORY = "Inspected by a station"  # of products whose production Tryton does not finish without an inspection
AT_THE_END = "production:do"
PASSED_BY_STATION = "station"  # the point that holds the station's own verdict
YES_OR_NO = {"code", "text", "surface"}  # characteristics without a size


@dataclass(frozen=True)
class Point:
    """A point of a quality control, and what the record says there."""

    name: str
    label: str
    type: str
    value: float | bool
    lower: float | None = None
    upper: float | None = None


def points_of(inspection: dict) -> tuple[Point, ...]:
    """A point for the station's verdict, then one per characteristic, with the limits that the station decided by.

    The first one is what keeps Tryton from passing what it alone would pass: Tryton compares with the limits
    themselves and knows nothing of the measurement uncertainty, of findings, or of edges under dirt.
    Sizes are points of the type `float`, because Tryton keeps its tolerances as floats: both are then the doubles
    that the station compared. Decimal("23.7") on a limit of 23.7 would be out of tolerance, as the double lies below.
    What has no size, or was not measured, is a yes or no: Tryton processes no inspection with an empty point.
    """
    points = [Point(PASSED_BY_STATION, "Passed by the station", "boolean", inspection["verdict"] == "PASS")]
    for place, one in enumerate(inspection["characteristics"], 1):
        unit = "" if one["unit"] in ("", "1") else f" [{one['unit']}]"
        name, label = f"c{place}", f"{one['id']} {one['type'].replace('_', ' ')}{unit}"
        limits = one["lower_limit"], one["upper_limit"]
        if one["type"] in YES_OR_NO or limits == (None, None) or one["value"] is None:
            points.append(Point(name, label, "boolean", one["verdict"] == "PASS"))
        else:
            points.append(Point(name, label, "float", float(one["value"]), *limits))
    return tuple(points)


class Books:
    """The books of the company that the connection to Tryton belongs to."""

    def __init__(self):
        self._category = (_first("product.category", name=CATEGORY) or _made("product.category", name=CATEGORY)).id
        if not _first("quality.control", name=CATEGORY):
            # Asked for whenever a production is to be finished and no record has come.
            points = (Point(PASSED_BY_STATION, "Passed by the station", "boolean", False),)
            self._new_control(CATEGORY, points, product_category=self._category)

    def enter(self, record: dict, order: dict) -> str:
        """Enters a record with its order. Returns a sentence about what became of it."""
        inspection = record["inspection"]
        title = f"{record['order_id']}, {record['serial']}, attempt {record['attempt']}: {record['verdict']}"
        product = self._product(order["part"].get("part_number") or record["serial"])
        production = self._production(record["order_id"], product, self._lot(product, record["serial"]))
        points = points_of(inspection)
        entered = _first("quality.inspection", reference=record["id"])
        if not entered:
            control = self._control(record["order_id"], product, points)
            values = {point.name: point.value for point in points}
            entered = _made(
                "quality.inspection", reference=record["id"], control=control, origin=production, points=values
            )
        _settle_earlier(production, entered, title)
        if record["verdict"] != "PASS" and not entered.alerts:
            _made("quality.alert", origin=entered, title=f"{title}. {inspection['reason']}".strip())
        if entered.state == "pending" and record["verdict"] in ("PASS", "FAIL"):
            entered.click("process")  # Tryton decides
        if record["verdict"] != "PASS":
            return f"{title}; the inspection is {entered.state}, the production stays {production.state}."
        if entered.state != "passed":
            return f"{title}, but the inspection is {entered.state}; the production stays {production.state}."
        return f"{title}; {_finish(production, entered, record['serial'])}"

    def _product(self, code: str) -> Model:
        if found := _first("product.product", code=code):
            return found
        unit = _first("product.uom", name="Unit")
        template = Model.get("product.template")(
            name=code, code=code, type="goods", default_uom=unit, producible=True, list_price=Decimal(0)
        )
        template.categories.append(Model.get("product.category")(self._category))
        template.save()
        return template.products[0]

    def _lot(self, product: Model, serial: str) -> Model:
        return _first("stock.lot", product=product.id, number=serial) or _made(
            "stock.lot", product=product, number=serial
        )

    def _production(self, order_id: str, product: Model, lot: Model) -> Model:
        """The production for an order, running if Tryton lets it.

        One that was planned in Tryton carries the order's id as its number, one that is made here as its reference:
        Tryton gives numbers itself.
        """
        model = Model.get("production")
        found = model.find(["OR", ("number", "=", order_id), ("reference", "=", order_id)], limit=1)
        production = found[0] if found else model(reference=order_id, product=product, quantity=1)
        if not found:
            output = production.outputs.new(product=product, quantity=1, unit_price=Decimal(0))
            output.currency = production.company.currency
        for output in production.outputs:
            if production.state not in ("done", "cancelled") and output.product == product and not output.lot:
                output.lot = lot
        production.save()
        for state, button in (("draft", "wait"), ("waiting", "assign_try"), ("assigned", "run")):
            if production.state == state:
                _try(production, button)
        return production

    def _control(self, order_id: str, product: Model, points: tuple[Point, ...]) -> Model:
        """The control with these limits. A material modifier widens a limit from part to part: then it is another."""
        asked = [(point.name, point.label, point.type, point.lower, point.upper) for point in points]
        name = f"{order_id} {hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]}"
        # A frequency of 0: Tryton asks for it in no other production.
        return _first("quality.control", name=name) or self._new_control(name, points, product=product, frequency=0.0)

    @staticmethod
    def _new_control(name: str, points: tuple[Point, ...], **fields: object) -> Model:
        control = Model.get("quality.control")(name=name, operations=[AT_THE_END], **fields)
        for point in points:
            control.points.new(
                name=point.name, string=point.label, type_=point.type, digits=None,
                tolerance_lower=point.lower, tolerance_upper=point.upper,
            )  # fmt: skip
        control.save()
        return control


def _settle_earlier(production: Model, entered: Model, title: str) -> None:
    """Closes the earlier inspections of a part that were left open (UNDECIDED, ERROR): this one takes their place.

    The alert is resolved before Tryton fails its inspection, so that a crash between the two is made good next time.
    """
    for earlier in Model.get("quality.inspection").find(
        [("origin", "=", f"production,{production.id}"), ("state", "=", "pending"), ("id", "<", entered.id)]
    ):
        if not earlier.reference or PASSED_BY_STATION not in [point.name for point in earlier.control.points]:
            continue  # not a record's
        alert = earlier.alerts[0] if earlier.alerts else _made("quality.alert", origin=earlier, title="Left open")
        if alert.state == "open":
            alert.description = f"Superseded: {title}"
            alert.save()
            alert.click("process")
        if alert.state == "processing":
            alert.click("resolve")
        earlier.click("process")


def _finish(production: Model, entered: Model, serial: str) -> str:
    """Marks a production done, if nothing speaks against it. Returns what became of it."""
    if production.state in ("done", "cancelled"):
        return f"the production is {production.state}."
    newest = Model.get("quality.inspection").find(
        [("origin", "=", f"production,{production.id}")], order=[("id", "DESC")], limit=1
    )
    if newest != [entered]:
        return f"a newer inspection counts, the production stays {production.state}."
    if [output.lot and output.lot.number for output in production.outputs] != [serial]:
        return f"the production makes something else than this part and stays {production.state}."
    refusal = _try(production, "do")
    if production.state != "done":
        return f"the production stays {production.state}: {refusal or 'Tryton asks for more.'}"
    return "the production is done."


def _try(record: Model, button: str) -> str:
    """Presses a button. Returns why Tryton refused, or nothing."""
    refusal = ""
    try:
        record.click(button)
    except Fault as fault:
        refusal = fault.faultString.strip(" -")
    record.reload()
    return refusal


def _first(model: str, **fields: object) -> Model | None:
    asked = [(name, "=", value) for name, value in fields.items()]
    found = Model.get(model).find(asked, order=[("id", "ASC")], limit=1)
    return found[0] if found else None


def _made(model: str, **fields: object) -> Model:
    record = Model.get(model)(**fields)
    record.save()
    return record
