"""A plan that others wrote as an order in a file, with its drawing beside it."""

from __future__ import annotations

from pathlib import Path

from station.documents import read_limited
from station.errors import InputError
from station.order.qif.plan import ImportedPlan, Wanted, import_plan
from station.order.qif.reading import MAX_QIF_BYTES


def import_plan_file(plan: Path, out: Path, *, serial: str, order_id: str = "", whole: bool = False) -> ImportedPlan:
    """Read a QIF plan and write the order that comes of it, after its drawing where it has curves.

    Raises:
        InputError: the plan, or a file that is there already or cannot be written.
    """
    drawing = out.with_suffix(".dxf")
    wanted = Wanted(serial=serial, order_id=order_id, whole=whole, drawing_name=drawing.name)
    imported = import_plan(read_limited(plan, MAX_QIF_BYTES), wanted, str(plan))
    if imported.order is not None:
        files = [(drawing, imported.order.drawing)] if imported.order.drawing else []
        files.append((out, imported.order.document))
        for path, _ in files:
            if path.exists():
                raise InputError("there is a file of this name already", place=str(path))
        for path, data in files:
            _write_new(path, data)
    return imported


def _write_new(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as stream:
            stream.write(data)
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(path)) from error
