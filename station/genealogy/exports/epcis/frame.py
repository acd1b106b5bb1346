"""What every event of a part has in common: who it is, when it was, under which order."""

from __future__ import annotations

from dataclasses import dataclass

from station.genealogy.exports.epcis.words import Json
from station.genealogy.exports.uris import entry_uri, private_uri

UTC = "+00:00"  # the record keeps moments in UTC; which offset the clock on the wall had, it does not know


@dataclass(frozen=True, slots=True)
class PartFrame:
    """The part and its order, as events name them; `customer_reference` may be empty."""

    order_id: str
    serial: str
    uri: str
    customer_reference: str

    def head(self, kind: str, id: str, happened: str, recorded: str) -> Json:
        """The beginning of an event: its type, its id, and its moments as the record writes them."""
        return {
            "type": kind,
            "eventID": entry_uri(id),
            "eventTime": happened,
            "eventTimeZoneOffset": UTC,
            "recordTime": recorded,
        }

    def transactions(self, inspection_id: str = "") -> list[Json]:
        """The documents behind an event: production order, the customer's order, and the record of an inspection."""
        found = [{"type": "prodorder", "bizTransaction": private_uri("order", self.order_id)}]
        if self.customer_reference:
            found.append({"type": "po", "bizTransaction": private_uri("customer-reference", self.customer_reference)})
        if inspection_id:
            found.append({"type": "testres", "bizTransaction": private_uri("record", inspection_id)})
        return found
