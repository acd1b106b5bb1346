"""What parts, orders, stations and documents are called outside the station: URIs, the same from every station.

A part whose order asks for a code with GTIN and serial number bears its GS1 Digital Link; every other name is a private
``urn:station:…`` of what the record calls it, percent-encoded (RFC 3986). A private name is as unique as the order ids
and serials of the plant are.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from urllib.parse import quote

from station.documents import parse_json
from station.errors import InputError
from station.genealogy.exports.gs1 import digital_link
from station.genealogy.reading import RecordReader
from station.order.model import CharacteristicType

VOCABULARY = "urn:station:vocabulary:"  # of the words that a format has no place for
LONGEST_URI = 1024


def private_uri(kind: str, *names: str) -> str:
    """A name of our own; one longer than `LONGEST_URI` becomes the UUID of it (RFC 9562, version 5)."""
    uri = f"urn:station:{kind}:" + ":".join(quote(name, safe="") for name in names)
    return uri if len(uri) <= LONGEST_URI else uuid.uuid5(uuid.NAMESPACE_URL, uri).urn


def entry_uri(id: str) -> str:
    """An inspection or event of the record, by its id; ids made by the station are UUIDs."""
    try:
        return uuid.UUID(id).urn
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_URL, private_uri("entry", id)).urn


def content_uri(sha256: str) -> str:
    """Bytes by their SHA-256 (RFC 6920)."""
    return "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode("ascii")


def part_uri(reader: RecordReader, order_id: str, serial: str) -> str:
    """What a part is called: by the code that its order asks for, where that names one part of the world.

    A part that was not inspected here has no order here, and its private name.
    """
    for attempt in reader.attempts_of(order_id, serial):
        for code in _codes(reader.document(reader.inspection(attempt.id)["order_sha256"])):
            if link := digital_link(code):
                return link
    return private_uri("part", order_id, serial)


def _codes(order: bytes) -> Iterator[str]:
    """The contents of the codes that an order asks for; none of bytes that are no order (an attempt that came to
    nothing has kept them all the same)."""
    try:
        document = parse_json(order, "order")
    except InputError:
        return
    asked = document.get("characteristics") if isinstance(document, dict) else None
    for item in asked if isinstance(asked, list) else ():
        if isinstance(item, dict) and item.get("type") == CharacteristicType.CODE:
            expected = item.get("expected")
            if isinstance(expected, str):
                yield expected
