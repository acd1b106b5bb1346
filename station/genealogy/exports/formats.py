"""The formats of `station export`, and how each is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from station.errors import InputError
from station.genealogy.dossier import Dossier
from station.genealogy.exports import aas, as9102_csv, dfq, epcis, qif
from station.texts import DEFAULT, LANGUAGES

__all__ = ["FORMATS", "LANGUAGES", "Format", "format_of"]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: file suffix with its dot, media type, and the function that makes the file of one inspection.

    A format for people has `make_in` as well: the same in one of `LANGUAGES`; `make` is then in English. `remark` is
    what whoever exports should be told about the file; mostly nothing. What `has_others` holds entries byte for byte,
    with who recorded them and what other orders they name.
    """

    suffix: str
    media_type: str
    make: Callable[[Dossier], bytes]
    make_in: Callable[[Dossier, str], bytes] | None = None
    remark: Callable[[Dossier], str] = lambda _: ""
    has_others: bool = False

    def file(self, dossier: Dossier, language: str = "") -> bytes:
        """The file of one inspection, in a language where that is asked for. Raises: InputError: it has none such."""
        if not language:
            return self.make(dossier)
        if self.make_in is None:
            raise InputError("this format is for programs and has no language", place="language")
        if language not in LANGUAGES:
            raise InputError(f"{language[:20]!r} is not a language; there are {', '.join(LANGUAGES)}", place="language")
        return self.make_in(dossier, language)


def _certificate(dossier: Dossier, language: str = DEFAULT) -> bytes:
    from station.genealogy.exports.certificate.issue import issue  # fpdf2 and pyHanko only when they are needed

    return issue(dossier, language)


def _unsigned(dossier: Dossier) -> str:
    from station.genealogy.exports.certificate.issue import signer_of

    missing = f"the certificate is not signed: there is no key for it in {dossier.reader.home.keys}"
    return missing if signer_of(dossier) is None else ""


FORMATS: dict[str, Format] = {
    "qif": Format(qif.SUFFIX, qif.MEDIA_TYPE, qif.make),
    "dfq": Format(".dfq", "application/octet-stream", dfq.make),
    "csv": Format(".csv", "text/csv; charset=utf-8", as9102_csv.make),
    "epcis": Format(".jsonld", "application/ld+json", epcis.make),
    "aas": Format(".json", "application/json", aas.make),
    "pdf": Format(".pdf", "application/pdf", _certificate, _certificate, _unsigned),
}


def format_of(name: str) -> Format:
    """The format of this name. Raises: InputError: there is none."""
    if name not in FORMATS:
        raise InputError(f"{name[:40]!r} is not a format; there are {', '.join(FORMATS)}", place="format")
    return FORMATS[name]
