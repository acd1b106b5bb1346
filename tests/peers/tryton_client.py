"""A person at Tryton, through proteus: run by Tryton's own Python, never by the project's.

company                       makes the company of the database in TRYTOND_DATABASE_URI
books URL                     prints productions with lots, inspections and alerts
alone URL                     lets Tryton decide every size for itself, from its own limits; prints what it says
do URL NUMBER                 presses Do on a production; prints its state
resolve URL RECORD            resolves the alerts of a record's inspection
plan URL PART_NUMBER FILE …   plans a production with attachments (`NUMBER` in them: its number); prints its number
starved URL PART_NUMBER       the same with a material that nobody has
cancelled URL PART_NUMBER     the same, and cancels it
killed COUNT SCRIPT …         runs a script and kills it right after its write to Tryton of that number
"""

import json
import os
import runpy
import signal
import sys
from decimal import Decimal
from pathlib import Path
from xmlrpc.client import Fault, ServerProxy

from proteus import Model, config

USER = "admin"
WRITES = {"create", "write", "delete", "wait", "assign_try", "run", "do", "process", "fail", "resolve"}


def company():
    config.set_trytond(os.environ["TRYTOND_DATABASE_URI"])
    from trytond.modules.company.tests.tools import create_company

    create_company()


def books():
    return [
        {
            "order": production.reference or production.number,
            "state": production.state,
            "made": [[o.product.code, o.lot and o.lot.number, o.quantity, o.state] for o in production.outputs],
            "inspections": [inspection(one) for one in inspections(("origin", "=", f"production,{production.id}"))],
        }
        for production in Model.get("production").find([], order=[("id", "ASC")])
    ]


def inspections(*clauses):
    return Model.get("quality.inspection").find(list(clauses), order=[("id", "ASC")])


def inspection(one):
    points = {point.name: point for point in one.control.points}
    return {
        "record": one.reference,
        "state": one.state,
        "points": {
            name: [point.string, point.type_, one.points.get(name), point.tolerance_lower, point.tolerance_upper]
            for name, point in points.items()
        },
        "alerts": [[alert.state, alert.title, alert.description] for alert in one.alerts],
    }


def alone():
    """Each size with its limits as they stand in Tryton, in a control of its own; as a Decimal, too."""
    said = []
    for one in inspections(("reference", "!=", None)):
        for point in one.control.points:
            value = one.points.get(point.name)
            if point.type_ == "float" and value is not None:
                states = [decided(point, kind, value) for kind in ("float", "numeric")]
                limits = point.tolerance_lower, point.tolerance_upper
                said.append([one.reference, point.string, value, *limits, *states])
    return said


def decided(point, kind, value):
    control = Model.get("quality.control")(name="alone", frequency=0.0)
    control.points.new(
        name="c", string="c", type_=kind, tolerance_lower=point.tolerance_lower, tolerance_upper=point.tolerance_upper
    )
    control.save()
    value = value if kind == "float" else Decimal(repr(value))
    one = Model.get("quality.inspection")(control=control, points={"c": value})
    one.click("process")
    return one.state


def do(number):
    (production,) = Model.get("production").find(["OR", ("number", "=", number), ("reference", "=", number)])
    try:
        production.click("do")
    except Fault as fault:
        return fault.faultString
    production.reload()
    return production.state


def resolve(record):
    (one,) = inspections(("reference", "=", record))
    for alert in one.alerts:
        alert.click("process")
        alert.click("resolve")
    return one.state


def planned(code, material=None):
    (product,) = Model.get("product.product").find([("code", "=", code)])
    production = Model.get("production")(product=product, quantity=1)
    output = production.outputs.new(product=product, quantity=1, unit_price=Decimal(0))
    output.currency = production.company.currency
    if material:
        production.inputs.new(product=material, quantity=1)
    production.click("wait")
    return production


def starved(code):
    (product,) = Model.get("product.product").find([("code", "=", code)])
    material = Model.get("product.template")(name="wire", type="goods", default_uom=product.default_uom)
    material.save()
    return planned(code, material.products[0]).number


def cancelled(code):
    production = planned(code)
    production.click("cancel")
    return production.number


def plan(code, *files):
    production = planned(code)
    for file in map(Path, files):
        data = file.read_bytes().replace(b"NUMBER", production.number.encode())
        Model.get("ir.attachment")(name=file.name, data=data, resource=production).save()
    return production.number


def killed(count, *command):
    left, ask = int(count), ServerProxy._ServerProxy__request

    def counting(proxy, method, parameters):
        nonlocal left
        answer = ask(proxy, method, parameters)
        if method.startswith("model.") and method.rpartition(".")[2] in WRITES:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return answer

    ServerProxy._ServerProxy__request = counting
    sys.argv, sys.path[0] = list(command), str(Path(command[0]).parent)
    runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    act, *arguments = sys.argv[1:]
    if act in ("company", "killed"):
        globals()[act](*arguments)
    else:
        with config.set_xmlrpc_session(arguments[0], USER, os.environ["TRYTON_PASSWORD"]):
            print(json.dumps(globals()[act](*arguments[1:])))
