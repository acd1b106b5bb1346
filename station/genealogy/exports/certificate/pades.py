"""The signature in the PDF: PAdES baseline B-B (ETSI EN 319 142-1), invisible, over the whole file, by pyHanko."""

from __future__ import annotations

import io
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

FIELD = "Station"


class _Writer(IncrementalPdfFileWriter):
    """Keeps the file at PDF 1.7, as PDF/A-3 asks; pyHanko makes it 2.0 for ECDSA (ISO/TS 32002), PAdES does not."""

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        super().ensure_output_version(min(version, (1, 7)))  # type: ignore[no-untyped-call]


def signed(pdf: bytes, key: bytes, certificates: Sequence[x509.Certificate], name: str) -> bytes:
    """`pdf` with a certifying signature behind it, its bytes before that as they were; only signatures may follow.

    `key` is PKCS #8 in DER; the first of `certificates` is its own, the others those of its issuers.
    """
    own, *issuers = load_certs_from_pemder_data(b"".join(c.public_bytes(Encoding.PEM) for c in certificates))
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(issuers)
    signer = SimpleSigner(own, load_private_key_from_pemder_data(key, passphrase=None), store)
    how = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name=name, certify=True
    )
    made = io.BytesIO()
    PdfSigner(how, signer).sign_pdf(_Writer(io.BytesIO(pdf)), output=made)
    return made.getvalue()
