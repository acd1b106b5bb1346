"""The record as evidence: the station's key, a checkpoint now, one inspection in a file that others can read."""

from __future__ import annotations

import hashlib
import io
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from station.app.files import check_writable
from station.app.here import now, open_record, station_record
from station.errors import InputError
from station.genealogy.dossier import Dossier, dossier_of
from station.genealogy.exports.formats import FORMATS, Format, format_of
from station.genealogy.proof import bundle
from station.genealogy.proof.checkpoint import origin_of
from station.genealogy.proof.checkpoints import (
    SignedCheckpoint,
    Signer,
    announce,
    kept_checkpoint,
    key_of_record,
    sign_checkpoint,
)
from station.genealogy.proof.keys import PRIVATE, PublicKey, signing_key
from station.genealogy.store import Genealogy

BUNDLE = "bundle"
STANDARD_OUTPUT = Path("-")


def format_names() -> tuple[str, ...]:
    """What `station export --format` takes."""
    return (BUNDLE, *FORMATS)


def origin_here() -> str:
    """The name under which this station signs."""
    return origin_of(station_record("", simulated=False).id)


def station_key() -> tuple[PublicKey, Path]:
    """The station's public key and the private one's file; made now if there is none, and put into the record.

    Raises:
        StorageError: the key or the record cannot be used.
    """
    with open_record() as genealogy:
        key = signing_key(genealogy.home.keys)
        announce(genealogy, key, at=now())
        return key.public, genealogy.home.keys / PRIVATE


def checkpoint_now() -> SignedCheckpoint:
    """The newest checkpoint of the record, signed now where something came since.

    Raises:
        StorageError: the key or the record cannot be used.
        IntegrityError: the chain is no longer the one that was signed last.
    """
    with open_record() as genealogy:
        return sign_checkpoint(genealogy, _signer(genealogy), at=now())


def bundle_format(genealogy: Genealogy) -> Format:
    """Bundles of an open record, signed by this station, as one more format."""

    def make(dossier: Dossier) -> bytes:
        stream = io.BytesIO()
        bundle.write_bundle(genealogy, dossier.inspection["id"], _signer(genealogy), stream, at=now())
        return stream.getvalue()

    return Format(bundle.SUFFIX, bundle.MEDIA_TYPE, make, has_others=True)


def export(
    inspection_id: str, format: str, out: Path | None, language: str = "", *, since: Path | None = None
) -> dict[str, Any]:
    """Write an inspection in one of `format_names` to `out` (`-`: standard output; None: a file in this folder that is
    named after the part). A file that was there stays as it was until the new one is complete.

    A format for people is in `language`, English by default. A bundle proves that the record begins as the checkpoint
    in the file `since` signed it, where there is one.

    Returns:
        Where it is, how large, and its SHA-256; `remark` is a sentence for whoever exports, or empty.

    Raises:
        InputError: there is no such inspection, format or language, or the file cannot be written.
        RecordError: what belongs to the inspection cannot be read, or is not what was committed.
    """
    older, remark = None if since is None else kept_checkpoint(since), ""
    suffix = bundle.SUFFIX if format == BUNDLE else format_of(format).suffix
    with open_record(read_only=format != BUNDLE) as genealogy:
        target = out or Path(_file_name(genealogy.inspection(inspection_id)) + suffix)
        with _writing(target) as stream:
            counted = _Counted(stream)
            if format == BUNDLE:
                bundle.write_bundle(genealogy, inspection_id, _signer(genealogy), counted, at=now(), since=older)
            else:
                dossier, chosen = dossier_of(genealogy, inspection_id), format_of(format)
                counted.write(chosen.file(dossier, language))
                remark = chosen.remark(dossier)
    return {
        "inspection": inspection_id,
        "format": format,
        "file": str(target),
        "bytes": counted.size,
        "sha256": counted.hash.hexdigest(),
        "remark": remark,
    }


class _Counted:
    """A stream on the way, its size and hash."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.hash, self.size = stream, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self.hash.update(data)
        self.size += len(data)
        self._stream.write(data)


def _signer(genealogy: Genealogy) -> Signer:
    return Signer(key_of_record(genealogy), origin_here())


def _file_name(inspection: dict[str, Any]) -> str:
    parts = (inspection["order_id"], inspection["serial"], inspection["attempt"])
    return "-".join(re.sub(r"[^A-Za-z0-9._-]", "_", str(part))[:80] for part in parts).lstrip(".-")


@contextmanager
def _writing(target: Path) -> Iterator[BinaryIO]:
    if target == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    check_writable(target)
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as stream:
            yield stream
        temporary.replace(target)
    except OSError as error:
        raise InputError(f"the file cannot be written ({error.strerror})", place=str(target)) from error
    finally:
        temporary.unlink(missing_ok=True)
