"""The table of certified sizes, MASTERS.csv: what is certified in which picture, by whom, and between which edges."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from station.documents import read_limited
from station.errors import CalibrationError, InputError
from station.metrology.calibration_origin import MasterPapers, day_from
from station.order.geometry import ArcFeature, CircleFeature
from station.order.limits import MAX_EDGE
from station.order.model import Order

MAX_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Certificate:
    """One row of MASTERS.csv: a feature's certified size, or the centre distance of two (`A-B`), whose, and of which
    kind its edge is (empty: not said)."""

    image: Path
    feature: str
    value_mm: float
    u_mm: float
    place: str  # file and row, for sentences
    papers: MasterPapers | None = None
    edge: str = ""

    @property
    def row(self) -> str:
        """Where in its file it stands."""
        return self.place.rpartition(", ")[2]


def read_certificates(path: Path) -> list[Certificate]:
    """MASTERS.csv: image, feature, value_mm, u_mm; where there are several, the kind of edge (edge); and where known
    whose: master, certificate, issuer, date, due.

    Raises:
        InputError: with the row.
    """
    text = read_limited(path).decode("utf-8-sig", errors="replace")
    reader = csv.DictReader(io.StringIO(text))
    needed = {"image", "feature", "value_mm", "u_mm"}
    reader.fieldnames = [(name or "").strip() for name in (reader.fieldnames or [])]
    columns = set(reader.fieldnames)
    if not needed <= columns:
        raise InputError(f"the table lacks the columns {', '.join(sorted(needed - columns))}", place=str(path))
    rows = []
    for number, row in enumerate(reader, start=2):
        place = f"{path}, row {number}"
        if number > MAX_ROWS:
            raise InputError(f"the table has more than {MAX_ROWS} rows", place=str(path))
        try:
            value, u = float(row["value_mm"]), float(row["u_mm"])
        except (TypeError, ValueError) as error:
            raise InputError("value_mm and u_mm have to be numbers", place=place) from error
        if not (math.isfinite(value) and value > 0.0 and math.isfinite(u) and u >= 0.0):
            raise InputError(f"value_mm = {value:g}, u_mm = {u:g} is not a certified size", place=place)
        if not (row["image"] or "").strip() or not (row["feature"] or "").strip():
            raise InputError("image and feature must not be empty", place=place)
        image, feature, edge = (
            path.parent / row["image"].strip(),
            row["feature"].strip(),
            (row.get("edge") or "").strip(),
        )
        if len(edge) > MAX_EDGE or not edge.isprintable():
            raise InputError(f"edge is not a name of at most {MAX_EDGE} characters", place=place)
        rows.append(Certificate(image, feature, value, u, place, _papers(row, place), edge))
    if not rows:
        raise InputError("the table has no rows", place=str(path))
    return rows


def _papers(row: dict[str, str | None], place: str) -> MasterPapers | None:
    """What the further columns say of the master's certificate, if anything."""
    master, certificate, issuer, dated, due = (
        (row.get(name) or "").strip() for name in ("master", "certificate", "issuer", "date", "due")
    )
    if not (master or certificate or issuer or dated or due):
        return None
    try:
        return MasterPapers(master, certificate, issuer, day_from(dated, "date"), day_from(due, "due"))
    except CalibrationError as error:
        raise InputError(f"{error.place}: {error.sentence}", place=place) from error


def feature_names(certificate: Certificate, order: Order) -> tuple[str, ...]:
    """The one or two features of the order that a certificate speaks of. Raises: CalibrationError with its row."""
    features = order.geometry.features
    name = certificate.feature
    if name in features:
        if not isinstance(features[name], CircleFeature | ArcFeature):
            raise CalibrationError(
                f"{name} has no size: masters are circles, arcs, or distances A-B of two circles",
                place=certificate.place,
            )
        return (name,)
    for cut in range(1, len(name)):
        pair = (name[:cut], name[cut + 1 :])
        if name[cut] in "-:" and all(part in features for part in pair):
            return pair
    raise CalibrationError(f"the order's geometry has no feature {name!r}", place=certificate.place)


def kinds_in(certificates: Sequence[Certificate], order: Order) -> dict[tuple[Path, str], str]:
    """By picture and feature the kind of edge, as the table says it, or else the order; empty: the default kind.

    Features that are certified by nothing but distances, and of which nobody says a kind, are left out.

    Raises:
        CalibrationError: with the row: one edge is said to be of two kinds.
    """
    found: dict[tuple[Path, str], str] = {}
    said: dict[object, tuple[str, Certificate]] = {}
    for c in certificates:
        names = feature_names(c, order)
        for name in names:
            kind = _kind_of(c, name, order)
            if not kind and len(names) > 1:
                continue
            # The same certificate in another picture is the same edge.
            keys: list[object] = [(c.image, name)]
            if len(names) == 1:
                keys.append((name, c.papers.master if c.papers and c.papers.master else (c.value_mm, c.u_mm)))
            for key in keys:
                other, row = said.setdefault(key, (kind, c))
                if other != kind:
                    raise CalibrationError(
                        f"the edge of {name} is {_shown(kind)} here and {_shown(other)} in {row.row}: one edge is of "
                        "one kind",
                        place=c.place,
                    )
            found[c.image, name] = kind
    return found


def with_kinds(order: Order, certificates: Sequence[Certificate]) -> Order:
    """The order with what the certificates say of its edges. Raises: CalibrationError, as `kinds_in`."""
    said = {name: kind for (_, name), kind in kinds_in(certificates, order).items() if kind}
    return replace(order, geometry=replace(order.geometry, edges={**order.geometry.edges, **said})) if said else order


def _kind_of(c: Certificate, name: str, order: Order) -> str:
    ordered = order.geometry.edges.get(name, order.geometry.edge)
    if c.edge and ordered and c.edge != ordered:
        raise CalibrationError(
            f"the edge of {name} is {_shown(c.edge)} here and {_shown(ordered)} in the order: one edge is of one kind",
            place=c.place,
        )
    return c.edge or ordered


def _shown(kind: str) -> str:
    return repr(kind) if kind else "of no named kind"
