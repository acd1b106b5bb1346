"""A document as a file: complete, alone, safe to open, and the same each time."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from station.errors import InputError
from station.reports.document import (
    Document,
    Fact,
    Judgement,
    Section,
    Source,
    Table,
    Thumbnail,
    Tone,
    numbers,
    source_of,
    words,
)
from station.reports.drawing import canvas
from station.reports.page import page, write_page

HOSTILE = '<script>alert("1")</script>'


def drawn(title: str = "Plot"):
    with canvas() as c:
        c.axis.plot([1, 2, 3], [1, 4, 9], "o", label="x")
        c.axis.set_xlabel("größe, µm")
        return c.plot(title, "A caption.")


def document(text: str = "words") -> Document:
    table = Table((*words("Name"), *numbers("Value")), ((text, "1.5"), (Thumbnail(b"\x89PNG", text), "–")))
    return Document(
        title=f"Title {text}",
        method=f"method {text}",
        asked=f"asked {text}",
        judgement=Judgement(Tone.DOUBTFUL, f"word {text}", f"sentence {text}"),
        made_by=f"maker {text}",
        made_on=f"day {text}",
        about=(Fact("about", text),),
        parameters=(Fact("parameter", text),),
        notes=(f"note {text}",),
        sections=(
            Section("One", (f"paragraph {text}",), (Fact("fact", text),), table, (drawn(text), drawn(text))),
            Section("Two", plots=(drawn(),)),
        ),
        sources=(Source(f"file {text}", "ab" * 32, f"what {text}"),),
    )


def test_everything_stands_on_the_page():
    text = page(document())
    for part in ("Title", "method", "asked", "word", "sentence", "maker", "day", "note", "paragraph", "file", "what"):
        assert f"{part} words" in text, part
    for other in ("<h2>One</h2>", "<h2>Two</h2>", "parameter", "ab" * 32, "software", "größe, µm", "! word"):
        assert other in text, other
    assert text.count("<svg") == 3
    assert re.search(r'<th class="n">Value</th>', text)
    assert re.search(r'<td class="n">1.5</td>', text)


def test_it_needs_nothing_from_elsewhere_and_runs_nothing():
    text = page(document(HOSTILE))
    assert "<script" not in text
    assert "alert(" in text  # the words are there, as words
    assert not re.search(r'(?:src|href)="(?!#|data:image/png)', text.replace("xlink:", ""))
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_plots_do_not_share_names_and_find_their_own_parts():
    text = page(document())
    names = re.findall(r'\bid="([^"]*)"', text)
    assert len(names) == len(set(names))
    used = re.findall(r'(?:url\(#|xlink:href="#)([^)"]*)', text)
    assert used
    assert set(used) <= set(names)


def test_equal_documents_give_equal_bytes():
    assert page(document()) == page(document())


@pytest.mark.parametrize("tone", Tone)
def test_an_answer_is_a_symbol_and_a_word_beside_its_colour(tone):
    found = replace(document(), judgement=Judgement(tone, "answer", "why"))
    (symbol,) = re.findall(r"<b>(.) answer</b>", page(found))
    assert symbol in "✓!✗·"


def test_who_was_not_said_is_said():
    assert "not said" in page(replace(document(), made_by=""))


def test_a_source_is_the_file_as_it_is(tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n")
    assert source_of(path, "table") == Source("t.csv", hashlib.sha256(b"a,b\n1,2\n").hexdigest(), "table")
    with pytest.raises(InputError, match="there is no such file"):
        source_of(tmp_path / "none")


def test_a_page_that_cannot_be_written_says_so(tmp_path: Path):
    with pytest.raises(InputError, match="the file cannot be written"):
        write_page(tmp_path / "no" / "page.html", document())
