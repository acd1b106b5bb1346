"""The Merkle tree of RFC 6962, section 2.1, over the hashes of the chain. Pure: bytes in, bytes out.

Leaf number n - 1 is the entry with cursor n; its data are the 32 bytes of that entry's chain hash. Inner nodes are
combined with `fold`; nothing here needs the whole tree, complete subtrees do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

EMPTY = hashlib.sha256(b"").digest()
Subtree = Callable[[int, int], bytes]  # level, position -> hash of that complete subtree of 2^level leaves


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256 of a zero byte and its data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256 of a one byte and the hashes of its two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of nodes of one level."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[n], level[n + 1]) for n in range(0, len(level), 2)]
    return level[0]


def root(size: int, subtree: Subtree) -> bytes:
    """The root over the first `size` leaves."""
    return _range(0, size, subtree) if size else EMPTY


def inclusion(leaf: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The audit path of a leaf (from 0) in the tree over `size` leaves, from the leaf upwards (RFC 6962, 2.1.1)."""
    return _path(leaf, 0, size, subtree)


def consistency(first: int, second: int, subtree: Subtree) -> tuple[bytes, ...]:
    """What proves that the tree over `first` leaves is the beginning of the one over `second` (RFC 6962, 2.1.2)."""
    return () if first in (0, second) else _grown(first, 0, second, True, subtree)


class Growing:
    """A tree whose leaves come one after the other; it keeps no more than one hash for each level."""

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[tuple[int, bytes]] = []  # level and hash of what is complete, from left to right

    def add(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """The hash of the next leaf; returns what it completes: level, position at that level, hash."""
        self.size += 1
        level, found, done = 0, leaf, []
        while self._complete and self._complete[-1][0] == level:
            found = node_hash(self._complete.pop()[1], found)
            level += 1
            done.append((level, (self.size >> level) - 1, found))
        self._complete.append((level, found))
        return done

    def root(self) -> bytes:
        """The root over the leaves so far."""
        if not self._complete:
            return EMPTY
        found = self._complete[-1][1]
        for _, left in reversed(self._complete[:-1]):
            found = node_hash(left, found)
        return found


def root_from_inclusion(leaf: int, size: int, hashed: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that a leaf's hash and its audit path lead to; None where the path does not fit (RFC 9162, 2.1.3.2)."""
    if not 0 <= leaf < size:
        return None
    at, last, found = leaf, size - 1, hashed
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return found if last == 0 else None


def root_up_to(leaf: int, size: int, hashed: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root over the leaves up to this one, from its audit path in the tree over `size` leaves; None as before.

    What lies left of a leaf is the same in every tree that holds it. So with `root_from_inclusion` the audit path of
    the newest leaf of an older tree proves that this tree is the beginning of the newer one.
    """
    if root_from_inclusion(leaf, size, hashed, path) is None:
        return None
    at, last, found = leaf, size - 1, hashed
    for sibling in path:
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1
    return found


def is_consistent(first: int, second: int, old: bytes, new: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` proves that the tree with root `old` over `first` leaves became the one with root `new` over
    `second` by adding leaves only (RFC 9162, 2.1.4.2)."""
    if not 0 < first <= second:
        return first == 0 and old == EMPTY and not path
    if first == second:
        return old == new and not path
    proof = [old, *path] if first & (first - 1) == 0 else list(path)
    if not proof:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and before == old and after == new


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _range(start: int, size: int, subtree: Subtree) -> bytes:
    """Root over `size` leaves from `start`, which is a multiple of the power of two that holds them."""
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return subtree(level, start >> level)
    k = _split(size)
    return node_hash(_range(start, k, subtree), _range(start + k, size - k, subtree))


def _path(leaf: int, start: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    if size == 1:
        return ()
    k = _split(size)
    if leaf < k:
        return (*_path(leaf, start, k, subtree), _range(start + k, size - k, subtree))
    return (*_path(leaf - k, start + k, size - k, subtree), _range(start, k, subtree))


def _grown(first: int, start: int, size: int, whole: bool, subtree: Subtree) -> tuple[bytes, ...]:
    if first == size:
        return () if whole else (_range(start, size, subtree),)
    k = _split(size)
    if first <= k:
        return (*_grown(first, start, k, whole, subtree), _range(start + k, size - k, subtree))
    return (*_grown(first - k, start + k, size - k, False, subtree), _range(start, k, subtree))
