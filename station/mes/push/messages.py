"""The message about one entry of the record: small, the same for webhooks and MQTT, with pictures and everything large
by URL. The id is that of the entry, so that a receiver knows what it has already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import quote

from station.documents import canonical, sha256_hex
from station.genealogy.chain import INSPECTION, ChainEntry
from station.genealogy.events import OVERLAY
from station.genealogy.values import VERDICTS, read_canonical

GIVEN_UP = "push-given-up"
ALL = "*"
ALL_VERDICTS = ("PASS", "FAIL", "UNDECIDED", "ERROR")
MOST_PAYLOAD_BYTES = 16_384


def wanted(verdicts: Collection[str], kinds: Collection[str]) -> Callable[[ChainEntry], bool]:
    """Which entries a receiver gets: inspections of these verdicts, events of these kinds; ``*`` is every kind but
    `overlay`. What a receiver did not take is told to none, or each telling could be one more that is not taken."""

    def is_wanted(entry: ChainEntry) -> bool:
        document = read_canonical(entry.body)
        if entry.kind == INSPECTION:
            return document["verdict"] in verdicts
        kind = document["kind"]
        return kind != GIVEN_UP and (kind in kinds or (ALL in kinds and kind != OVERLAY))

    return is_wanted


def message_of(entry: ChainEntry, api: str) -> Mapping[str, Any]:
    """The message: `type`, `timestamp` and `data`, as Standard Webhooks recommends. `api` stands before every URL;
    where it is empty they are paths on the station's own API."""
    document = read_canonical(entry.body)
    common = {"id": entry.id, "position": entry.cursor, "sha256": sha256_hex(entry.body), "chain_hash": entry.hash}
    about = _inspection(document, api) if entry.kind == INSPECTION else _event(document, api)
    return {"type": f"{entry.kind}.committed", "timestamp": entry.committed, "data": {**common, **about}}


def message_bytes(entry: ChainEntry, api: str) -> bytes:
    """The message in canonical JSON: the same bytes at every try."""
    return canonical(message_of(entry, api))


def check_filter(verdicts: Collection[str]) -> str:
    """What is wrong with these verdicts, or nothing."""
    unknown = sorted(set(verdicts) - VERDICTS)
    return f"{unknown[0]!r} is not a verdict (PASS, FAIL, UNDECIDED, ERROR)" if unknown else ""


def _inspection(document: Mapping[str, Any], api: str) -> Mapping[str, Any]:
    record = f"{api}/v1/records/{quote(document['id'], safe='')}"
    return {
        "order_id": document["order_id"],
        "serial": document["serial"],
        "operation": document.get("operation"),
        "attempt": document["attempt"],
        "verdict": document["verdict"],
        "reason": document["reason"],
        "station": document["station"]["id"],
        "simulated": document["station"]["simulated"],
        "finished": document["finished"],
        "order_sha256": document["order_sha256"],
        "url": record,
        "overlay_url": f"{record}/overlay",
        "frames": [
            {"view": frame["view"], "sha256": frame["sha256"], "url": f"{api}/v1/frames/{frame['sha256']}"}
            for frame in document["frames"]
        ],
    }


def _event(document: Mapping[str, Any], api: str) -> Mapping[str, Any]:
    payload, introduced = document["payload"], document["document_sha256"]
    return {
        "kind": document["kind"],
        "subject": document["subject"],
        "at": document["at"],
        "document_sha256": introduced,
        "document_url": None if introduced is None else f"{api}/v1/documents/{introduced}",
        "payload": payload if len(canonical(payload)) <= MOST_PAYLOAD_BYTES else None,
    }
