"""A manifest as the text of its TOML file; what `station.networks.manifest` reads back is the same manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from station.errors import InputError
from station.networks.manifest import Manifest

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_of(manifest: Manifest) -> str:
    """The file's text.

    Raises:
        InputError: the settings hold something that TOML does not know.
    """
    simple, tables = {}, {}
    for one in fields(manifest):
        value = getattr(manifest, one.name)
        if one.name in ("thresholds", "settings"):
            continue
        if isinstance(value, (str, int)):
            simple[one.name] = value
        else:
            tables[one.name] = {inner.name: getattr(value, inner.name) for inner in fields(value)}
    text = _lines(simple)
    for name, table in tables.items():
        text += f"\n[{name}]\n{_lines({key: value for key, value in table.items() if value != {}})}"
        if name == "output":
            for threshold in manifest.thresholds:
                told = {"name": threshold.name, "value": threshold.value, "chosen": threshold.chosen}
                text += f"\n[[thresholds]]\n{_lines(told)}"
    if manifest.settings:
        text += f"\n[settings]\n{_lines(manifest.settings)}"
    return text


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(value, key)}\n" for key, value in table.items())


def _value(value: Any, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML's strings escape as JSON's do
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(one, place) for one in value)}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(one, place)}" for key, one in value.items()) + "}"
    raise InputError(f"a manifest cannot hold {type(value).__name__}", place=place)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)
