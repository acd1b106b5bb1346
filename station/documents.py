"""Strict JSON in, canonical JSON out: the one way documents enter and leave the station."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from station.canonical import canonical
from station.errors import InputError

__all__ = ["canonical", "parse_json", "plain", "read_limited", "sha256_hex"]

MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 32
MAX_NUMBER_DIGITS = 40


def read_limited(path: Path, limit_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The file's bytes; refuses what is not a regular file or larger than `limit_bytes`.

    Raises:
        InputError: with the path as its place.
    """
    try:
        if not path.exists():
            raise InputError("there is no such file", place=str(path))
        if not path.is_file():
            raise InputError("this is not a regular file", place=str(path))
        with path.open("rb") as stream:
            data = stream.read(limit_bytes + 1)
    except OSError as error:
        raise InputError(f"the file cannot be read ({error.strerror})", place=str(path)) from error
    if len(data) > limit_bytes:
        raise InputError(f"the file is larger than the {limit_bytes:,} bytes allowed", place=str(path))
    return data


def parse_json(data: bytes, place: str) -> Any:
    """Strict JSON: UTF-8, finite numbers, no duplicate keys, bounded depth; decimals stay exact (`Decimal`).

    Raises:
        InputError: one sentence with the place.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"the document is not UTF-8 (byte {error.start})", place=place) from error

    def decimal(literal: str) -> Decimal:
        try:
            number = Decimal(literal)
        except InvalidOperation as error:
            raise InputError(f"the number {literal[:24]} is out of range", place=place) from error
        if len(number.as_tuple().digits) > MAX_NUMBER_DIGITS or not -300 < number.adjusted() < 300:
            raise InputError(f"the number {literal[:24]} is out of range", place=place)
        return number

    def integer(literal: str) -> int:
        if len(literal) > MAX_NUMBER_DIGITS:
            raise InputError(f"the number {literal[:24]}… is out of range", place=place)
        return int(literal)

    def no_constant(literal: str) -> Any:
        raise InputError(f"{literal} is not a finite number", place=place)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise InputError(f"the key {key[:60]!r} appears twice", place=place)
            found[key] = value
        return found

    try:
        document = json.loads(
            text, parse_float=decimal, parse_int=integer, parse_constant=no_constant, object_pairs_hook=unique
        )
    except json.JSONDecodeError as error:
        raise InputError(
            f"this is not JSON ({error.msg}, line {error.lineno} column {error.colno})", place=place
        ) from error
    except RecursionError as error:
        raise InputError("the document is nested too deeply", place=place) from error
    _check_depth(document, place, MAX_DEPTH)
    return document


def _check_depth(value: Any, place: str, left: int) -> None:
    if left < 0:
        raise InputError("the document is nested too deeply", place=place)
    if isinstance(value, dict):
        for child in value.values():
            _check_depth(child, place, left - 1)
    elif isinstance(value, list):
        for child in value:
            _check_depth(child, place, left - 1)


def sha256_hex(data: bytes) -> str:
    """Hexadecimal SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def plain(value: Any) -> Any:
    """`value` with `Decimal` as float, tuples as lists and mappings as dicts: what JSON can carry."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(child) for child in value]
    return value
