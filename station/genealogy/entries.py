"""What a body in the chain says, and whether everything else in the store agrees with it. Pure: rows in, faults out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from station.documents import canonical
from station.errors import IntegrityError
from station.genealogy.chain import EVENT, INSPECTION, ChainEntry
from station.genealogy.events import OVERLAY, mentioned
from station.genealogy.events import SCHEMA as EVENT_SCHEMA
from station.genealogy.inspection import OLD_OVERLAY
from station.genealogy.inspection import SCHEMA as INSPECTION_SCHEMA
from station.genealogy.values import is_sha256, read_canonical

SHIFT_CHECK = "shift-check"
DRAWING = "drawing_sha256"  # key of a payload: the document that came with an order
REMOVED = "pictures-removed"  # by a rule of retention
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class IndexRows:
    """What the searching tables hold for one cursor: rows without the cursor; None where there is no row."""

    inspection: Row | None  # order_id, serial, attempt, verdict, overlay_sha256
    event: Row | None  # kind, subject, document_sha256
    frames: tuple[Row, ...]  # view, sha256; in sequence
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """What one entry says and refers to, as far as it could be read."""

    sentences: tuple[str, ...] = ()  # what is wrong with the entry itself
    key: tuple[str, str] | None = None  # order_id, serial
    attempt: int = 0
    documents: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    mentions: int = 0  # rows that find an event
    masters: tuple[str, ...] = ()  # pictures of a shift check, which the searching tables do not list
    removed: tuple[str, ...] = ()  # pictures whose files were taken away
    verdict: str = ""  # of an inspection


def claims_of(entry: ChainEntry, index: IndexRows | None) -> Claims:
    """Read the body of `entry` and compare it with the columns beside it, and with the searching tables, if any."""
    try:
        document = read_canonical(entry.body)
        same = canonical(document) == entry.body
    except (ValueError, RecursionError, TypeError, AttributeError):
        return Claims(("its body is not a JSON document",))
    sentences = [] if same else ["its body is not canonical JSON (RFC 8785)"]
    reader = _READERS.get(entry.kind)
    if reader is None:
        return Claims((*sentences, f"its kind is {entry.kind[:40]!r}, which does not exist"))
    try:
        found, claims = reader(document)
        doubt = _not_pass(document) if claims.verdict == "PASS" else ""
    except (KeyError, TypeError, AttributeError, IndexError):
        return Claims((*sentences, f"its body is not a complete {entry.kind} document"))
    if doubt:
        sentences.append(f"its verdict is PASS, {doubt}")
    if document["id"] != entry.id:
        sentences.append("the id in its body is not the id in its row")
    if entry.kind == EVENT and document["at"] != entry.committed:
        sentences.append("the moment in its body is not the moment in its row")
    if index is not None and index != found:
        sentences.append("the tables that find it say something else than its body")
    if not all(map(is_sha256, (*claims.documents, *claims.frames, *claims.overlays, *claims.masters, *claims.removed))):
        return Claims((*sentences, "it refers to something that is not a SHA-256"), claims.key, claims.attempt)
    return replace(claims, sentences=tuple(sentences))


def index_of(entry: ChainEntry) -> IndexRows:
    """The rows that find an entry, from its body alone. Raises: IntegrityError: the body is not such a document."""
    try:
        return _READERS[entry.kind](read_canonical(entry.body))[0]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise IntegrityError(
            "its body is not a complete document of its kind", place=f"chain {entry.cursor}"
        ) from error


def _inspection(document: dict[str, Any]) -> tuple[IndexRows, Claims]:
    if document["schema"] != INSPECTION_SCHEMA:
        raise KeyError("schema")
    overlay = document.get(OLD_OVERLAY)
    key = (document["order_id"], document["serial"])
    frames = tuple((frame["view"], frame["sha256"]) for frame in document["frames"])
    row = (*key, document["attempt"], document["verdict"], overlay)
    calibration = document["calibration"]
    named = (document["order_sha256"], document.get("drawing_sha256"), calibration and calibration["sha256"])
    claims = Claims(
        key=key,
        attempt=document["attempt"],
        documents=tuple(str(digest) for digest in named if digest is not None),
        frames=tuple(str(digest) for _, digest in frames),
        overlays=() if overlay is None else (str(overlay),),
        verdict=str(document["verdict"]),
    )
    hash(key)  # a list in the place of a text is not a complete document
    return IndexRows(row, None, frames), claims


def _not_pass(document: Mapping[str, Any]) -> str:
    """Why an inspection cannot be PASS; nothing where it can."""
    rows, findings = document["characteristics"], document["findings"]
    named = [f"characteristic {row['id']}" for row in rows if row["verdict"] != "PASS" or row["measured"] is not True]
    named += [f"what was found ({one['kind']})" for one in findings if one["verdict"] != "PASS"]
    if not rows:
        return "though nothing was decided"
    return f"though {str(named[0])[:80]} is not" if named else ""


def _event(document: dict[str, Any]) -> tuple[IndexRows, Claims]:
    if document["schema"] != EVENT_SCHEMA:
        raise KeyError("schema")
    digest = document["document_sha256"]
    row = (document["kind"], document["subject"], digest)
    shown = document["payload"]["masters"] if document["kind"] == SHIFT_CHECK else []
    masters = tuple(str(frame["sha256"]) for master in shown for frame in master["frames"])
    names = mentioned(document["subject"], document["payload"])
    claims = Claims(
        documents=tuple(str(name) for name in (digest, document["payload"].get(DRAWING)) if name is not None),
        mentions=len(names),
        overlays=(str(document["payload"]["sha256"]),) if document["kind"] == OVERLAY else (),
        masters=masters,
        removed=tuple(map(str, document["payload"]["sha256"])) if document["kind"] == REMOVED else (),
    )
    return IndexRows(None, row, (), names), claims


_READERS: Mapping[str, Callable[[dict[str, Any]], tuple[IndexRows, Claims]]] = {
    INSPECTION: _inspection,
    EVENT: _event,
}
