"""Results, recipes and configurations as values of OPC UA, and what a client sent read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asyncua import Server, ua

from station.mes.opcua.nodes import Nodes
from station.mes.opcua.records import Configuration, Identifier, Result

SHA_256 = "SHA-256"
_PLAIN = {"i=6": "Int32", "i=7": "UInt32", "i=12": "String"}  # what TrimmedString, Handle and the like are
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Structures:
    """Makes values of the standard's structures."""

    nodes: Nodes

    @classmethod
    async def load(cls, server: Server, nodes: Nodes) -> Structures:
        """Teaches the library the structures of the table, which must be in the address space."""
        for node in nodes.table.nodes.values():
            if node.node_class == "DataType" and node.parent in _PLAIN:
                # OPC UA has types of these names of its own by now, and the library goes by names.
                ua.basetype_by_datatype[nodes.id(node.id)] = _PLAIN[node.parent]
        await server.load_data_type_definitions()
        return cls(nodes)

    def make(self, name: str, **fields: Any) -> Any:
        """A structure of the table by name."""
        return ua.get_type(self.nodes.id(self.nodes.table.named(name).id))(**fields)

    def of_kind(self, value: Any, name: str) -> bool:
        """Whether `value` is that structure."""
        return isinstance(value, ua.get_type(self.nodes.id(self.nodes.table.named(name).id)))

    def identifier(self, kind: str, one: Identifier) -> Any:
        """A recipe's or configuration's id with its hash, where that is known."""
        if not one.sha256:
            return self.make(kind, Id=one.id)
        return self.make(kind, Id=one.id, Hash=bytes.fromhex(one.sha256), HashAlgorithm=SHA_256)

    def configuration(self, one: Configuration | None) -> Any:
        """A calibration; None where none is in force."""
        found = one or Configuration(Identifier(""), _NEVER)
        return self.make(
            "ConfigurationDataType",
            HasTransferableDataOnFile=False,
            InternalId=self.identifier("ConfigurationIdDataType", found.identifier),
            LastModified=found.modified,
        )

    def result(self, one: Result) -> Any:
        """A result with its content."""
        return self.make("ResultDataType", **self.result_fields(one))

    def no_result(self) -> Any:
        """What stands for a result that there is not: its state is Undefined (12.19)."""
        return self.make("ResultDataType", CreationTime=_NEVER)

    def result_fields(self, one: Result) -> dict[str, Any]:
        """The fields of `ResultDataType`; None where one does not apply."""
        times = self.make("ProcessingTimesDataType", StartTime=one.started, EndTime=one.finished)
        return {
            "ResultId": self.make("ResultIdDataType", Id=one.id),
            "HasTransferableDataOnFile": False,
            "IsPartial": False,
            "IsSimulated": one.is_simulated,
            "ResultState": one.state,
            "MeasId": self.make("MeasIdDataType", Id=one.meas) if one.meas else None,
            "PartId": self.make("PartIdDataType", Id=one.part),
            "ExternalRecipeId": self.identifier("RecipeIdExternalDataType", one.recipe),
            "InternalRecipeId": self.identifier("RecipeIdInternalDataType", one.recipe),
            "ProductId": self.make("ProductIdDataType", Id=one.product) if one.product else None,
            "InternalConfigurationId": self.identifier("ConfigurationIdDataType", one.configuration),
            "JobId": self.make("JobIdDataType", Id=one.job),
            "CreationTime": one.created,
            "ProcessingTimes": times,
            "ResultContent": [ua.Variant(text, ua.VariantType.String) for text in one.content],
        }

    def system_state(self, word: str, sentence: str) -> Any:
        """What the system is there for now, and a sentence about it."""
        kind = ua.get_type(self.nodes.id(self.nodes.table.named("SystemStateDataType").id))
        return self.make("SystemStateDescriptionDataType", State=kind[word], StateDescription=sentence or None)


def identifier_of(value: Any) -> Identifier:
    """What a client asked for by id, hash or both; a hash of another kind matches nothing."""
    digest = bytes(value.Hash or b"")
    algorithm = (value.HashAlgorithm or "").upper().replace("-", "")
    sha256 = digest.hex() if not digest or algorithm in ("", "SHA256") else f"{algorithm}:{digest.hex()}"
    return Identifier(str(value.Id or ""), sha256)
