"""A `.dfq` as others read it: `aqdefreader` for values and what it takes of the fields, a few lines for the rest."""

from __future__ import annotations

import importlib.util
import sys
from collections import defaultdict
from dataclasses import dataclass
from types import ModuleType
from typing import Any


def reader() -> Any:
    """`aqdefreader.file.DfqFile`, without the package's front page: that wants pandas and chardet, undeclared."""
    if "aqdefreader" not in sys.modules:
        spec = importlib.util.find_spec("aqdefreader")
        assert spec is not None
        assert spec.submodule_search_locations is not None
        package = ModuleType("aqdefreader")
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules["aqdefreader"] = package
    from aqdefreader.file import DfqFile

    return DfqFile


def lines_of(data: bytes) -> list[str]:
    """The lines as a program reads them that knows of UTF-8's mark."""
    text = data.decode("utf-8-sig") if data.startswith(b"\xef\xbb\xbf") else data.decode("ascii")
    assert text.endswith("\r\n")
    return text.splitlines()


def part_of(data: bytes) -> Any:
    """The one part of the file, by `aqdefreader`."""
    file = reader()(lines_of(data))
    assert file.part_count() == 1
    return file.get_part(0)


@dataclass(frozen=True)
class Fields:
    """K-fields by key: of the part, of the characteristics, and of the values (by characteristic, row by row)."""

    part: dict[str, str]
    characteristics: dict[int, dict[str, str]]
    values: dict[int, list[dict[str, str]]]
    cells: list[list[list[str]]]  # [row][characteristic] -> fields


def fields_of(data: bytes) -> Fields:
    """Every line of the file; a line that is neither K-field nor values is an error."""
    part: dict[str, str] = {}
    characteristics: dict[int, dict[str, str]] = defaultdict(dict)
    values: dict[int, list[dict[str, str]]] = defaultdict(list)
    cells: list[list[list[str]]] = []
    head, *rest = lines_of(data)
    assert head.startswith("K0100 ")
    count = int(head.split()[1])
    for line in rest:
        if line[0] != "K":
            row = [cell.split("\x14") for cell in line.split("\x0f")]
            assert len(row) == count
            cells.append(row)
            for index in range(1, count + 1):
                values[index].append({})
            continue
        code, _, text = line.partition(" ")
        key, _, index = code.partition("/")
        assert text == text.strip() != ""
        target = {"K0": lambda n: values[n][-1], "K1": lambda n: part, "K2": lambda n: characteristics[n]}[key[:2]]
        fields = target(int(index))
        assert key not in fields
        fields[key] = text
    assert sorted(characteristics) == list(range(1, count + 1))
    return Fields(part, dict(characteristics), dict(values), cells)
