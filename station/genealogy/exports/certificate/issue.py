"""Making a certificate: laid out, then signed with the key of the home that issues it."""

from __future__ import annotations

from datetime import UTC, datetime

from station.genealogy.dossier import Dossier
from station.genealogy.exports.certificate.document import laid_out
from station.genealogy.exports.certificate.signing import Signer, signer_in
from station.genealogy.proof.checkpoints import KEY
from station.genealogy.proof.keys import PRIVATE
from station.texts import DEFAULT, texts_of

_PACKAGE = "station.genealogy.exports.certificate"


def certificate(dossier: Dossier, language: str = DEFAULT, signer: Signer | None = None) -> bytes:
    """The certificate in a language, as PDF; signed where there is a signer, and saying so where there is none.

    Raises:
        IntegrityError: a picture is not what was committed: nothing is certified then.
    """
    pdf = laid_out(dossier, texts_of(_PACKAGE, language), signer)
    return pdf if signer is None else signer.sign(pdf)


def issue(dossier: Dossier, language: str = DEFAULT) -> bytes:
    """The certificate, signed as `signer_of` says.

    Raises:
        InputError: the key or its certificate cannot be used.
        IntegrityError: as `certificate`.
    """
    return certificate(dossier, language, signer_of(dossier))


def signer_of(dossier: Dossier) -> Signer | None:
    """The signer in the home of the record, made on first use in the station's name; None where there is none.

    Where the record is signed, and the key of the record is not here, this is a copy: none is made there.

    Raises:
        InputError: the key or its certificate cannot be used.
    """
    home, name = dossier.reader.home, dossier.inspection["station"]["id"]
    is_copy = bool(dossier.reader.events(KEY, limit=1)) and not (home.keys / PRIVATE).exists()
    return signer_in(home, name, datetime.now(UTC), make=not is_copy)
