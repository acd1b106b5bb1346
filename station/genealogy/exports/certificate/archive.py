"""What makes the file one that archives keep (PDF/A-3b, ISO 19005-3): metadata in XMP and the meaning of its colours.

Not checked by veraPDF here. Both are made without looking at a clock: the same certificate has the same bytes.
"""

from __future__ import annotations

from datetime import datetime
from xml.sax.saxutils import escape

from fpdf.output import PDFICCProfile
from PIL import ImageCms

_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" '
    'xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="3" pdfaid:conformance="B" '
    'xmp:CreateDate="{at}" xmp:ModifyDate="{at}" xmp:MetadataDate="{at}" pdf:Producer="station">'
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
    "<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>"
    "<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def xmp(title: str, author: str, language: str, at: datetime) -> str:
    """The metadata of a file that was made `at`."""
    stamp = at.isoformat(timespec="seconds")
    return _XMP.format(title=escape(title), author=escape(author), language=language, at=stamp)


def srgb() -> PDFICCProfile:
    """The colour profile of everything in the file."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return PDFICCProfile(profile[:24] + bytes(12) + profile[36:], 3, "DeviceRGB")  # its date: ICC.1:2022, 7.2.8
