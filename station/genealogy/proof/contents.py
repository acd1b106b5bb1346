"""What a bundle is made of: which entries belong to a part, which files these refer to, and the table of contents.

Pure, and the same for whoever makes a bundle and whoever checks it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from station.documents import sha256_hex
from station.genealogy.calibrations import IN_FORCE
from station.genealogy.chain import DOMAIN, EVENT, INSPECTION, ChainEntry
from station.genealogy.entries import DRAWING, REMOVED
from station.genealogy.events import OVERLAY
from station.genealogy.inspection import OLD_OVERLAY
from station.genealogy.parts import ORDER_RECEIVED
from station.genealogy.proof.checkpoint import Checkpoint
from station.genealogy.proof.checkpoints import KEY
from station.genealogy.values import read_canonical

SCHEMA = "bundle/1"
README, MANIFEST, CHECKPOINT, KEY_FILE = "README.txt", "manifest.json", "checkpoint.txt", "key.pem"
SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
STAMPED, TOKEN, STAMP_PROOF = "time/checkpoint.txt", "time/token.tst", "time/proof.json"
SINCE, SINCE_PROOF = "since/checkpoint.txt", "since/proof.json"
DOCUMENTS, FRAMES, OVERLAYS = "documents", "frames", "overlays"
_ROLES = {KEY: "key", ORDER_RECEIVED: "order", **dict.fromkeys(IN_FORCE, "calibration")}  # of an event's document
_SUFFIXES = {"order": ".json", "drawing": ".dxf", "calibration": ".json", "key": ".pem"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that an entry refers to: in which folder of the bundle, its hash, what it is, which entry says so."""

    folder: str
    sha256: str
    role: str
    cursor: int

    @property
    def suffix(self) -> str:
        """How the name of a document ends."""
        return _SUFFIXES.get(self.role, ".bin")


@dataclass(frozen=True, slots=True)
class Dated:
    """The time stamp in a bundle: over which checkpoint, and the moment it vouches for (UTC text)."""

    size: int
    moment: str


def entry_name(cursor: int) -> str:
    """What the three files of an entry are called, without suffix: `.json` body, `.link` text, `.proof` inclusion."""
    return f"entries/{cursor:012d}"


def link_text(entry: ChainEntry) -> bytes:
    """The six lines whose SHA-256 is the hash of the entry."""
    lines = (DOMAIN, entry.cursor, entry.kind, entry.committed, entry.previous_hash, sha256_hex(entry.body))
    return "".join(f"{line}\n" for line in lines).encode()


def wanted(entries: Sequence[ChainEntry]) -> tuple[Wanted, ...]:
    """Every file that these entries refer to, once, in their sequence. Raises: KeyError, TypeError: a body is none."""
    found: dict[tuple[str, str], Wanted] = {}
    for entry in entries:
        for folder, digest, role in _named(entry.kind, read_canonical(entry.body)):
            if digest is not None:
                found.setdefault((folder, digest), Wanted(folder, digest, role, entry.cursor))
    return tuple(found.values())


def removals(entries: Sequence[ChainEntry]) -> dict[str, int]:
    """Pictures that retention took away, with the entry that says so; raises as `wanted`."""
    found: dict[str, int] = {}
    for entry in entries:
        body = read_canonical(entry.body)
        if entry.kind == EVENT and body["kind"] == REMOVED:
            found.update(dict.fromkeys(body["payload"]["sha256"], entry.cursor))
    return found


def never_removed(entries: Sequence[ChainEntry]) -> set[str]:
    """Pictures of inspections that are not PASS: no rule of retention takes them away; raises as `wanted`."""
    bodies = [read_canonical(entry.body) for entry in entries if entry.kind == INSPECTION]
    return {frame["sha256"] for body in bodies if body["verdict"] != "PASS" for frame in body["frames"]}


def manifest(
    inspection_id: str,
    entries: Sequence[ChainEntry],
    files: Mapping[tuple[str, str], str],
    checkpoint: Checkpoint,
    fingerprint: str,
    dated: Dated | None,
) -> dict[str, Any]:
    """The table of contents; `files` names the file of each folder and hash that is there. Raises as `wanted`."""
    gone = removals(entries)
    bodies = {entry.cursor: read_canonical(entry.body) for entry in entries}
    about = next(body for body in bodies.values() if body["id"] == inspection_id)
    referred = [
        {
            "role": one.role,
            "sha256": one.sha256,
            "entry": one.cursor,
            "file": files.get((one.folder, one.sha256)),
            "removed_by": None if (one.folder, one.sha256) in files else gone.get(one.sha256),
        }
        for one in wanted(entries)
    ]
    return {
        "schema": SCHEMA,
        "inspection": inspection_id,
        "order_id": about["order_id"],
        "serial": about["serial"],
        "attempt": about["attempt"],
        "verdict": about["verdict"],
        "station": about["station"],
        "key": {"file": KEY_FILE, "fingerprint": fingerprint},
        "checkpoint": {"file": CHECKPOINT, **_checkpoint(checkpoint)},
        "time_stamp": None if dated is None else {"file": TOKEN, "size": dated.size, "moment": dated.moment},
        "entries": [_entry(entry, bodies[entry.cursor]) for entry in entries],
        "files": referred,
    }


def _checkpoint(one: Checkpoint) -> dict[str, Any]:
    return {"origin": one.origin, "size": one.size, "root": one.root.hex(), "chain": one.chain, "time": one.time}


def _entry(entry: ChainEntry, body: Mapping[str, Any]) -> dict[str, Any]:
    is_event = entry.kind == EVENT
    return {
        "cursor": entry.cursor,
        "kind": entry.kind,
        "id": entry.id,
        "committed": entry.committed,
        "hash": entry.hash,
        "what": body["kind"] if is_event else f"attempt {body['attempt']}: {body['verdict']}",
        "files": entry_name(entry.cursor),
    }


def _named(kind: str, body: Mapping[str, Any]) -> list[tuple[str, str | None, str]]:
    if kind == INSPECTION:
        calibration = body["calibration"]
        return [
            (DOCUMENTS, body["order_sha256"], "order"),
            (DOCUMENTS, body.get("drawing_sha256"), "drawing"),
            (DOCUMENTS, calibration and calibration["sha256"], "calibration"),
            *((FRAMES, frame["sha256"], f"frame {frame['view']}") for frame in body["frames"]),
            (OVERLAYS, body.get(OLD_OVERLAY), "overlay"),
        ]
    if body["kind"] == OVERLAY:
        return [(OVERLAYS, body["payload"]["sha256"], "overlay")]
    return [
        (DOCUMENTS, body["document_sha256"], _ROLES.get(body["kind"], body["kind"])),
        (DOCUMENTS, body["payload"].get(DRAWING), "drawing"),
    ]
