"""What an ONNX file says of itself before anything is computed with it: the operator sets that it was written for.

Source: onnx.proto3 of ONNX 1.23 (ModelProto) and the Protocol Buffers encoding.
"""

from __future__ import annotations

from collections.abc import Iterator

_OPSET_IMPORT = 8  # of ModelProto: OperatorSetIdProto {1: domain, 2: version}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_SHIFT = 63


def opsets_of(data: bytes) -> dict[str, int]:
    """Version by domain; the domain of ONNX's own operators is the empty text.

    Raises:
        ValueError: this is not an ONNX file, or only a piece of one.
    """
    found: dict[str, int] = {}
    for field, value in _fields(memoryview(data)):
        if field == _OPSET_IMPORT and isinstance(value, memoryview):
            domain, version = "", 0
            for inner, said in _fields(value):
                if inner == 1 and isinstance(said, memoryview):
                    domain = bytes(said).decode("utf-8")
                elif inner == 2 and isinstance(said, int):
                    version = said
            found["" if domain == "ai.onnx" else domain] = version
    return found


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(number, value) of each field of one message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        value: int | memoryview
        if kind == _VARINT:
            value, at = _varint(data, at)
        elif kind in (_FIXED64, _BYTES, _FIXED32):
            length = {_FIXED64: 8, _FIXED32: 4}.get(kind, 0)
            if kind == _BYTES:
                length, at = _varint(data, at)
            if at + length > len(data):
                raise ValueError("it ends too early")
            value = data[at : at + length]
            at += length
        else:
            raise ValueError("it is not in ONNX's encoding")
        yield key >> 3, value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, _MOST_SHIFT + 1, 7):
        if at >= len(data):
            raise ValueError("it ends too early")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("it is not in ONNX's encoding")
