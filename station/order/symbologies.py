"""Names of symbologies, as people and machines write them, and the one name that the station works with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Symbology:
    """`known`: one of `SYMBOLOGIES`, else `name` is what was written. `gs1`: the name says that it carries GS1."""

    name: str
    known: bool
    gs1: bool = False


SYMBOLOGIES = frozenset(
    {
        *("datamatrix", "qr", "microqr", "rmqr", "aztec", "pdf417", "micropdf417", "maxicode"),
        *("code128", "code39", "code93", "codabar", "itf", "telepen"),
        *("ean13", "ean8", "upca", "upce", "databar", "databarexpanded", "databarlimited"),
    }
)
GS1_CARRIERS = frozenset({"datamatrix", "qr", "code128", "databar", "databarexpanded", "databarlimited"})
_ALWAYS_GS1 = frozenset({"databar", "databarexpanded", "databarlimited"})
_ALIASES = {
    **dict.fromkeys(("dm", "dmc", "ecc200", "datamatrixecc200", "datamatrixcode"), "datamatrix"),
    **dict.fromkeys(("qrcode", "qrcodemodel2", "qr2"), "qr"),
    **dict.fromkeys(("microqrcode", "mqr"), "microqr"),
    **dict.fromkeys(("rmqrcode", "rectangularmicroqrcode"), "rmqr"),
    **dict.fromkeys(("azteccode",), "aztec"),
    **dict.fromkeys(("c128",), "code128"),
    **dict.fromkeys(("interleaved2of5", "i2of5", "2of5interleaved", "itf14"), "itf"),
    **dict.fromkeys(("ean", "gtin13", "jan13"), "ean13"),
    **dict.fromkeys(("gtin8",), "ean8"),
    **dict.fromkeys(("upc", "gtin12"), "upca"),
    **dict.fromkeys(("databaromni", "databaromnidirectional", "rss14"), "databar"),
    **dict.fromkeys(("databarexp", "rssexpanded"), "databarexpanded"),
    **dict.fromkeys(("databarltd", "rsslimited"), "databarlimited"),
}
_GS1_ALIASES = dict.fromkeys(("gs1128", "ean128", "uccean128", "gs1code128"), "code128")


def symbology_of(written: str) -> Symbology:
    """The symbology that a name means: case, spaces and punctuation do not count (`GS1 DataMatrix`, `Code-128`)."""
    key = "".join(letter for letter in written.casefold() if letter.isalnum())
    if key in _GS1_ALIASES:
        return Symbology(_GS1_ALIASES[key], True, True)
    plain = key.removeprefix("gs1")
    name = _ALIASES.get(plain, plain)
    gs1 = plain != key
    if name not in SYMBOLOGIES or (gs1 and name not in GS1_CARRIERS):
        return Symbology(written, False)
    return Symbology(name, True, gs1 or name in _ALWAYS_GS1)
