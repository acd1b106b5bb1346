"""The frame of the pages of light, focus and sharpness: who, when, with which camera and lamp, from which pictures."""

from __future__ import annotations

from collections.abc import Sequence

from station.metrology.sections import Made
from station.reports.document import Document, Fact, Judgement, Section, Source, Tone, facts_of, moment_text

COVERAGE = Fact("coverage factor k", "2 (± is the expanded uncertainty U = 2 u)")


def instrument_page(
    title: str,
    method: str,
    asked: str,
    judgement: Judgement,
    made: Made,
    parameters: Sequence[Fact],
    rows: Sequence[tuple[str, str]],
    sections: Sequence[Section],
    notes: Sequence[str],
) -> Document:
    """The page; `rows` are the document's figures in words."""
    warm = "not known" if made.temperature_c is None else f"{made.temperature_c:g} °C"
    return Document(
        title=title,
        method=method,
        asked=asked,
        judgement=judgement,
        made_by=made.by,
        made_on=moment_text(made.created),
        about=(
            Fact("camera", made.camera_serial or "serial not said"),
            Fact("lamp", made.lamp_serial or "serial not said"),
            Fact("temperature", warm),
        ),
        parameters=(COVERAGE, *parameters),
        notes=tuple(notes),
        sections=(Section("Figures", facts=facts_of(rows)), *sections),
        sources=tuple(Source(i.name, i.sha256, "picture") for i in made.inputs),
        software=f"station {made.software}",
    )


def judged(sentence: str, notes: Sequence[str]) -> Judgement:
    """Nothing is judged here but what was noted."""
    if notes:
        return Judgement(Tone.DOUBTFUL, "measured, with remarks", f"{sentence} See the remarks below.")
    return Judgement(Tone.NONE, "measured", sentence)
