"""What the figures rest on, as it stands on the paper: pictures, traceability, hashes, signature."""

from __future__ import annotations

import io
from collections.abc import Iterator
from math import inf

from station.genealogy.dossier import Dossier
from station.genealogy.exports.certificate.pictures import ALL_BYTES, small_jpeg
from station.genealogy.exports.certificate.sheet import INK, LINE, MARGIN, SOFT, WIDTH, Sheet
from station.genealogy.exports.certificate.signing import Signer
from station.genealogy.exports.certificate.traces import record_pairs, trace_pairs
from station.texts import Texts

MOST_FRAMES = 12  # shown; the others are named by their hashes alone
_GAP = 6.0  # mm between two pictures
_TALLEST = 150.0  # mm
_PX_PER_MM = 9.0  # about 230 dpi


def draw_pictures(sheet: Sheet, dossier: Dossier, texts: Texts) -> None:
    """The picture drawn for people, then those that were taken; what cannot be shown is named."""
    overlay, frames = dossier.overlay(), dossier.inspection["frames"]
    sheet.heading(texts("section.pictures"), 60 if overlay or frames else 10)
    if overlay is None and not frames:
        sheet.paragraph(texts("picture.none"))
        return
    share = ALL_BYTES // (4 + min(len(frames), MOST_FRAMES))
    if overlay is not None:
        _draw_abreast(sheet, [(overlay, texts("picture.overlay"))], WIDTH, 4 * share, texts)
    taken = list(_taken(dossier, texts))
    for n in range(0, len(taken), 2):
        _draw_abreast(sheet, taken[n : n + 2], (WIDTH - _GAP) / 2, share, texts)
    if len(frames) > MOST_FRAMES:
        sheet.paragraph(texts("picture.more", count=len(frames) - MOST_FRAMES))


def _taken(dossier: Dossier, texts: Texts) -> Iterator[tuple[bytes | None, str]]:
    for frame in dossier.inspection["frames"][:MOST_FRAMES]:
        caption = texts("picture.frame", view=frame["view"], width=frame["width"], height=frame["height"])
        yield dossier.frame(frame["sha256"]), caption


def _draw_abreast(
    sheet: Sheet, pictures: list[tuple[bytes | None, str]], width: float, most_bytes: int, texts: Texts
) -> None:
    """Pictures beside each other, each `width` mm with its caption below; data None: it is no longer kept."""
    made = [
        (None if data is None else small_jpeg(data, round(width * _PX_PER_MM), most_bytes), data, caption)
        for data, caption in pictures
    ]
    scales = [min(width / jpeg[1], _TALLEST / jpeg[2]) if jpeg else inf for jpeg, _, _ in made]
    tallest = max((jpeg[2] * scale for (jpeg, _, _), scale in zip(made, scales, strict=True) if jpeg), default=0.0)
    sheet.room_for(tallest + 10)
    top = below = sheet.get_y()
    for column, ((jpeg, data, caption), scale) in enumerate(zip(made, scales, strict=True)):
        x = MARGIN + column * (width + _GAP)
        if jpeg:
            w, h = jpeg[1] * scale, jpeg[2] * scale
            sheet.image(io.BytesIO(jpeg[0]), x, top, w, h, alt_text=caption)
            sheet.set_draw_color(*LINE)
            sheet.set_line_width(0.2)
            sheet.rect(x, top, w, h)
        else:
            caption = f"{caption}: {texts('picture.gone' if data is None else 'picture.unreadable')}"
        sheet.set_y(top + tallest + 1.2)
        sheet.pen(7, SOFT)
        sheet.block(x, sheet.shown(caption), width)
        below = max(below, sheet.get_y())
    sheet.set_y(below + 3)


def draw_traces(sheet: Sheet, dossier: Dossier, texts: Texts) -> None:
    """Station and calibration, then the record with its hashes and how they are checked."""
    sheet.heading(texts("section.traceability"))
    sheet.pairs(trace_pairs(dossier, texts))
    sheet.heading(texts("section.record"))
    sheet.pairs([*record_pairs(dossier, texts), (texts("label.verify"), texts("trace.verify"))])


def draw_signature(sheet: Sheet, signer: Signer | None, certifies: bool, texts: Texts) -> None:
    """Who signed the file and how to recognise the key, and a place for the person whom EN 10204 asks for."""
    sheet.heading(texts("section.signature"), 70 if certifies else 35)
    if signer is None:
        sheet.paragraph(texts("sign.none"), 9, INK, "B")
    else:
        own = signer.certificate
        dates = {"start": f"{own.not_valid_before_utc:%Y-%m-%d}", "end": f"{own.not_valid_after_utc:%Y-%m-%d}"}
        sheet.paragraph(texts("sign.method", algorithm=signer.algorithm))
        sheet.pairs(
            [
                (texts("label.signed_by"), signer.name),
                (texts("label.issuer"), texts("sign.self_signed") if signer.self_signed else signer.issuer),
                (texts("label.valid"), texts("sign.valid", **dates)),
                (texts("label.fingerprint"), signer.fingerprint),
            ]
        )
    if certifies:
        _draw_representative(sheet, texts)


def _draw_representative(sheet: Sheet, texts: Texts) -> None:
    sheet.set_y(sheet.get_y() + 4)
    sheet.paragraph(texts("label.representative"), 9, INK, "B")
    sheet.paragraph(texts("sign.representative"), 7.5, SOFT)
    y = sheet.get_y() + 16
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.2)
    for start, width, name in ((0.0, 64.0, "name"), (70.0, 30.0, "date"), (106.0, 64.0, "hand")):
        sheet.line(MARGIN + start, y, MARGIN + start + width, y)
        sheet.set_y(y + 1)
        sheet.pen(7, SOFT)
        sheet.block(MARGIN + start, texts(f"label.{name}"), width)
