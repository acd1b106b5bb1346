"""What clients may ask (answered from the record) and what they may not (refused)."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from asyncua import ua

from station.cycle.state import Board
from station.errors import InputError, StationError
from station.genealogy.reading import RecordReader
from station.mes.opcua import records
from station.mes.opcua.records import Result, Wanted
from station.mes.opcua.structures import Structures, identifier_of
from station.mes.opcua.table import Field, TableNode

OK, NOT_FOUND, UNREADABLE = 0, -1, -2  # the argument Error: below 0 the application's own
REFUSED = ua.StatusCodes.BadNotExecutable
MOST_CONFIGURATIONS = 1000
_TRUE, _DONT_CARE = 1, 2  # TriStateBooleanDataType
_log = logging.getLogger(__name__)
_PYTHON = {"Int32": int, "UInt32": int, "Boolean": bool, "String": str}
_VARIANTS = {
    "Int32": ua.VariantType.Int32,
    "UInt32": ua.VariantType.UInt32,
    "Boolean": ua.VariantType.Boolean,
    "String": ua.VariantType.String,
    "UtcTime": ua.VariantType.DateTime,
    "Handle": ua.VariantType.UInt32,
    "ResultStateDataType": ua.VariantType.Int32,
    "BaseDataType": ua.VariantType.Variant,
    "TriStateBooleanDataType": ua.VariantType.Int32,
}
Answer = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Methods:
    """The answers. Every one may run in any thread; none changes anything."""

    reader: RecordReader
    board: Board
    camera: str
    structures: Structures
    _handles: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)  # many questions must not slow the cell

    def callback(self, method: TableNode) -> Callable[..., ua.CallMethodResult]:
        """What the library calls: the answer of a method of the table, or its refusal."""
        answer = self._answers().get(method.name)
        takes = method.inputs.fields if method.inputs else ()
        gives = method.outputs.fields if method.outputs else ()

        def call(_parent: ua.NodeId, *given: ua.Variant) -> ua.CallMethodResult:
            if answer is None:
                return _status(REFUSED)
            if len(given) != len(takes):
                missing = len(given) < len(takes)
                codes = ua.StatusCodes
                return _status(codes.BadArgumentsMissing if missing else codes.BadTooManyArguments)
            if not all(itertools.starmap(self._fits, zip(takes, given, strict=True))):
                return _status(ua.StatusCodes.BadInvalidArgument)
            try:
                with self._one_at_a_time:
                    said = answer(*(one.Value for one in given))
            except Exception as error:  # a bug or a broken disk is the station's, and the client is told so
                _log.warning("the method %s of OPC UA failed: %s", method.name, error)
                return _status(ua.StatusCodes.BadInternalError)
            return ua.CallMethodResult(
                OutputArguments=[_variant(one, value) for one, value in zip(gives, said, strict=True)]
            )

        return call

    def is_answered(self, method: TableNode) -> bool:
        """Whether a client may call it at all."""
        return method.name in self._answers()

    def _answers(self) -> Mapping[str, Callable[..., Answer]]:
        return {
            "GetResultById": self._result_by_id,
            "GetResultComponentsById": self._result_components,
            "GetResultListFiltered": self._result_list,
            "ReleaseResultHandle": self._release,
            "GetRecipeListFiltered": self._recipe_list,
            "ReleaseRecipeHandle": self._release,
            "GetConfigurationById": self._configuration_by_id,
            "GetConfigurationList": self._configuration_list,
            "ReleaseConfigurationHandle": self._release,
        }

    def _fits(self, wanted: Field, given: ua.Variant) -> bool:
        value = given.Value
        if wanted.data_type in _VARIANTS:
            kind = _PYTHON.get(wanted.data_type, int)
            return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        return self.structures.of_kind(value, wanted.data_type)

    def _found(self, result_id: Any) -> tuple[Result | None, int]:
        try:
            return records.result_of(self.reader, str(result_id.Id or "")), OK
        except InputError:
            return None, NOT_FOUND
        except StationError:
            return None, UNREADABLE

    def _result_by_id(self, result_id: Any, _timeout: int) -> Answer:
        found, error = self._found(result_id)
        if found is None:
            return 0, self.structures.no_result(), error
        return next(self._handles), self.structures.result(found), OK

    def _result_components(self, result_id: Any, _timeout: int) -> Answer:
        found, error = self._found(result_id)
        shown = self.structures.no_result() if found is None else self.structures.result(found)
        names = [
            "IsPartial",
            "IsSimulated",
            "ResultState",
            "MeasId",
            "PartId",
            "ExternalRecipeId",
            "InternalRecipeId",
            "ProductId",
            "ExternalConfigurationId",
            "InternalConfigurationId",
            "JobId",
            "CreationTime",
            "ProcessingTimes",
            "ResultContent",
        ]
        handle = 0 if found is None else next(self._handles)
        return False, handle, *(getattr(shown, name) for name in names), error

    def _result_list(
        self,
        state: int,
        meas: Any,
        part: Any,
        external_recipe: Any,
        internal_recipe: Any,
        external_configuration: Any,
        internal_configuration: Any,
        product: Any,
        job: Any,
        most: int,
        start: int,
        _timeout: int,
    ) -> Answer:
        if external_configuration.Id or external_configuration.Hash:
            return True, 0, 0, [], OK  # the station's configurations have no ids of somebody else's
        wanted = Wanted(
            state=state,
            meas=str(meas.Id or ""),
            part=str(part.Id or ""),
            recipes=(identifier_of(external_recipe), identifier_of(internal_recipe)),
            configurations=(identifier_of(internal_configuration),),
            product=str(product.Id or ""),
            job=str(job.Id or ""),
        )
        try:
            found, is_complete = records.results(self.reader, wanted, start, _page(most, records.MOST_LISTED))
        except StationError:
            return False, 0, 0, [], UNREADABLE
        return is_complete, len(found), next(self._handles), [self.structures.result(one) for one in found], OK

    def _recipe_list(
        self, external: Any, product: Any, is_prepared: int, most: int, start: int, _timeout: int
    ) -> Answer:
        asked, part_number = identifier_of(external), str(product.Id or "")
        try:
            found = [
                one
                for one in records.recipes(self.reader, self.board.latest())
                if asked.id in ("", one.identifier.id)
                and asked.sha256 in ("", one.identifier.sha256)
                and part_number in ("", one.product)
                and (is_prepared == _DONT_CARE or one.is_prepared == (is_prepared == _TRUE))
            ]
        except StationError:
            return False, 0, 0, [], UNREADABLE
        page = found[start : start + _page(most, records.MOST_RECIPES)]
        listed = [self.structures.identifier("RecipeIdInternalDataType", one.identifier) for one in page]
        return start + len(page) >= len(found), len(page), next(self._handles), listed, OK

    def _configuration_by_id(self, internal: Any, _timeout: int) -> Answer:
        asked = identifier_of(internal)
        try:
            listed = records.configurations(self.reader, self.camera)
        except StationError:
            return 0, self.structures.configuration(None), UNREADABLE
        for one in listed:
            if asked.id == one.identifier.id and asked.sha256 in ("", one.identifier.sha256):
                return next(self._handles), self.structures.configuration(one), OK
        return 0, self.structures.configuration(None), NOT_FOUND

    def _configuration_list(self, most: int, start: int, _timeout: int) -> Answer:
        try:
            found = records.configurations(self.reader, self.camera)
        except StationError:
            return False, 0, 0, [], UNREADABLE
        page = found[start : start + _page(most, MOST_CONFIGURATIONS)]
        listed = [self.structures.configuration(one) for one in page]
        return start + len(page) >= len(found), len(page), next(self._handles), listed, OK

    def _release(self, _handle: int) -> Answer:
        """Records do not change and nothing is kept for a handle: there is nothing to free."""
        return (OK,)


def _page(asked: int, most: int) -> int:
    """0 asks for all: as many as one answer holds."""
    return min(asked, most) if asked else most


def _status(code: int) -> ua.CallMethodResult:
    return ua.CallMethodResult(StatusCode=ua.StatusCode(code))


def _variant(one: Field, value: Any) -> ua.Variant:
    if value is None:
        return ua.Variant(None, ua.VariantType.Null)
    kind = _VARIANTS.get(one.data_type, ua.VariantType.ExtensionObject)
    return ua.Variant(value, kind, is_array=one.is_array)
