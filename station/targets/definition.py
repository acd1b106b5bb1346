"""Boards as `calibration/boards/*.toml` defines them: the specification, and which files are made of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from station.documents import read_limited
from station.errors import InputError
from station.targets.shapes import Target, board_target, fitting_paper
from station.targets.writers import dxf_of, pdf_of, png_of, svg_of
from station.vision.boards import parse_board

DEFAULT_PX_PER_MM = 20.0
Format = Literal["svg", "pdf", "dxf", "png"]


class BoardDocument(BaseModel):
    """A board's definition; `made` says how and `serves` for what, for people."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    board: str
    formats: tuple[Format, ...] = Field(min_length=1)
    paper: str | None = None
    made: str
    serves: str


def read_board(path: Path) -> BoardDocument:
    """The definition in a TOML file.

    Raises:
        InputError: one sentence with the file and the key.
    """
    place = str(path)
    try:
        return BoardDocument.model_validate(tomllib.loads(read_limited(path).decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"this is not a TOML file ({error})", place=place) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{key}: {first['msg'][:1].lower()}{first['msg'][1:]}", place=place) from error


def target_for(spec: str, kind: str, paper: str | None) -> Target:
    """The board of a specification on the sheet that a file of that kind wants: paper for PDF and SVG."""
    board = parse_board(spec)
    if paper is None and kind in ("pdf", "svg"):
        paper = fitting_paper(board)
    return board_target(board, spec.strip(), paper=None if paper in (None, "none") else paper)


def data_of(target: Target, kind: str, px_per_mm: float = DEFAULT_PX_PER_MM) -> bytes:
    """The target as a file of that kind.

    Raises:
        InputError: no such kind, or no such resolution.
    """
    match kind:
        case "svg":
            return svg_of(target)
        case "pdf":
            return pdf_of(target)
        case "dxf":
            return dxf_of(target)
        case "png":
            if not 0.01 < px_per_mm < 10_000:
                raise InputError(f"{px_per_mm:g} pixels per millimetre make no sense", place="--px-per-mm")
            return png_of(target, px_per_mm)
        case _:
            raise InputError("a target is an .svg, .pdf, .dxf or .png file", place="--out")


def write_boards(definition: Path, folder: Path) -> list[Path]:
    """All files of a definition, under its own name, in `folder`.

    Raises:
        InputError: the definition, or a file that cannot be written.
    """
    wanted = read_board(definition)
    paths = []
    for kind in wanted.formats:
        path = folder / f"{definition.stem}.{kind}"
        data = data_of(target_for(wanted.board, kind, wanted.paper), kind)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise InputError(f"the file cannot be written ({error.strerror})", place=str(path)) from error
        paths.append(path)
    return paths
