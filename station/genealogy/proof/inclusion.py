"""Inclusion proofs as files: the audit path of RFC 6962 in the JSON that pymerkle reads. Pure.

{"metadata": {"algorithm": "sha256", "index": <cursor>, "security": true, "size": <entries of the checkpoint>},
 "path": [<hash of the leaf>, <sibling>, … up to the root], "rule": [0 sibling right, 1 sibling left, …],
 "type": "inclusion"}
"""

from __future__ import annotations

from collections.abc import Sequence

from station.documents import canonical, parse_json
from station.errors import InputError
from station.genealogy import merkle
from station.genealogy.values import is_sha256

MAX_PROOF_BYTES = 16 * 1024


def proof_file(cursor: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """The proof that the entry `cursor`, whose leaf hash is `leaf`, is among `size` entries."""
    metadata = {"algorithm": "sha256", "index": cursor, "security": True, "size": size}
    hashes = [digest.hex() for digest in (leaf, *path)]
    return canonical({"type": "inclusion", "metadata": metadata, "rule": _rule(cursor, size), "path": hashes})


def check_proof(
    data: bytes, cursor: int, size: int, chain_hash: str, root: bytes, place: str, *, begins: bytes | None = None
) -> None:
    """Raises InputError, with `place`, unless `data` is the proof that this entry is under this root; with `begins`
    also that this is the root over the entries up to this one."""
    document = parse_json(data, place)
    path = document.get("path") if isinstance(document, dict) else None
    if not isinstance(path, list) or not all(isinstance(one, str) and is_sha256(one) for one in path):
        raise InputError("this is not an inclusion proof", place=place)
    leaf = merkle.leaf_hash(bytes.fromhex(chain_hash))
    siblings = [bytes.fromhex(one) for one in path[1:]]
    if data != proof_file(cursor, size, leaf, siblings):
        raise InputError(f"this is not a proof of entry {cursor} among {size}", place=place)
    if merkle.root_from_inclusion(cursor - 1, size, leaf, siblings) != root:
        raise InputError("this proof does not lead to the root of the checkpoint", place=place)
    if begins is not None and merkle.root_up_to(cursor - 1, size, leaf, siblings) != begins:
        raise InputError("the record does not begin as the older checkpoint signed it", place=place)


def _rule(cursor: int, size: int) -> list[int]:
    """On which side each sibling is, from the leaf upwards, and a last 0 for the root (RFC 9162, 2.1.3.2)."""
    at, last, found = cursor - 1, size - 1, []
    while last:
        if at & 1 or at == last:
            found.append(1)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found.append(0)
        at, last = at >> 1, last >> 1
    return [*found, 0]
