"""The shapes of what the API takes and gives, for its OpenAPI document; what comes in is held against them strictly."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from station.mes.cursors import LETTERS

Verdict = Literal["PASS", "FAIL", "UNDECIDED", "ERROR"]
CursorText = Annotated[str, Field(min_length=LETTERS, max_length=LETTERS, description="Opaque; keep it as it is.")]
Moment = Annotated[str, Field(description="UTC to the millisecond.", examples=["2026-11-22T09:12:03.512Z"])]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256, hexadecimal.")]
_Name = Annotated[str, Field(min_length=1, max_length=128)]
_NameOrNone = Annotated[str, Field(max_length=128)]
_Remark = Annotated[str, Field(max_length=1000)]
_By = Annotated[str, Field(max_length=64, description="Who did it; the token's name where nobody is named.")]


class Taken(BaseModel):
    """What comes in: no conversions, no unknown keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class MaterialConsumed(Taken):
    """The part was made from a lot of material."""

    kind: Literal["material-consumed"]
    order_id: _Name
    lot: Annotated[_Name, Field(examples=["HT-4711"])]
    material: _NameOrNone = ""
    quantity: Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None = None
    unit: _NameOrNone = ""
    supplier: _NameOrNone = ""
    by: _By = ""
    remark: _Remark = ""


class BuiltInto(Taken):
    """The part was built into another."""

    kind: Literal["built-into"]
    order_id: _Name
    parent_order_id: _Name
    parent_serial: _Name
    position: _NameOrNone = ""
    by: _By = ""
    remark: _Remark = ""


class OperationDone(Taken):
    """A step of the part's routing was done by somebody else."""

    kind: Literal["operation-done"]
    order_id: _Name
    operation: _Name
    organisation: _Name
    done_at: Annotated[AwareDatetime, Field(strict=False)] | None = None
    reference: _NameOrNone = ""
    by: _By = ""
    remark: _Remark = ""


PartEvent = Annotated[MaterialConsumed | BuiltInto | OperationDone, Field(discriminator="kind")]


class Disposition(Taken):
    """What a person decided about the part after this inspection; its verdict stays what was measured."""

    decision: Literal["use-as-is", "rework", "scrap", "return", "hold"]
    reason_code: Annotated[_Name, Field(examples=["CONC-118"])]
    by: _By = ""
    remark: _Remark = ""


class Reason(Taken):
    """Why something does not stand."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    by: _By = ""


class Problem(BaseModel):
    """RFC 9457: `detail` is one sentence for a person, `place` where in what was sent."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    place: str | None = None


class Record(BaseModel):
    """An inspection in a list. `inspection` is its document, byte for byte as committed, where it was asked for."""

    cursor: CursorText
    id: str
    order_id: str
    serial: str
    attempt: Annotated[int, Field(ge=1)]
    verdict: Verdict
    committed: Moment
    inspection: dict[str, Any] | None = None


class RecordPage(BaseModel):
    """Records in commit order; `next` is the cursor to go on after, also where there is nothing yet."""

    records: list[Record]
    next: CursorText


class ChainLine(BaseModel):
    """An entry of the chain with all that its hash is made from: `docs/record.md` says how."""

    cursor: CursorText
    position: Annotated[int, Field(ge=1)]
    kind: Literal["inspection", "event"]
    id: str
    committed: Moment
    previous_hash: Hash
    hash: Hash
    body: dict[str, Any]


class EventOut(BaseModel):
    """An event as committed."""

    id: str
    kind: str
    subject: str
    at: Moment
    payload: dict[str, Any]


class OrderAnswer(BaseModel):
    """What became of an order that was sent."""

    order_id: str
    serial: str
    sha256: Hash
    drawing_sha256: Hash | None
    created: bool


class Genealogy(BaseModel):
    """The tree of an order: its parts with their attempts, materials, operations, assemblies and decisions."""

    order_id: str
    received: list[dict[str, Any]]
    parts: list[dict[str, Any]]


class State(BaseModel):
    """The station at one moment; `opc_40100` is its state in the words of OPC 40100-1."""

    version: int
    state: str
    opc_40100: str
    since: str
    station_id: str
    rig: str
    simulated: bool
    message: str
    warning: str
    queue: list[dict[str, Any]]
    last: dict[str, Any] | None
    fault: dict[str, Any] | None


class Health(BaseModel):
    """Whether the record can be read."""

    status: Literal["ok"]
