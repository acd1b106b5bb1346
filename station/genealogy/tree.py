"""The Merkle tree over the stored chain: its complete subtrees of 256, 65 536, … leaves are kept, the rest is hashed
when it is asked for. So a root or a proof over a million entries reads some hundred rows."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from station.errors import IntegrityError
from station.genealogy import merkle
from station.genealogy.schema import chain, subtrees

STEP = 8  # levels between those that are kept
_WIDTH = 1 << STEP


class ChainTree:
    """Roots and proofs over the chain as one transaction sees it; subtrees that it looked at are remembered."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[int, int], bytes] = {}

    def size(self) -> int:
        """How many leaves there are: the newest cursor."""
        return self._connection.execute(select(func.max(chain.c.cursor))).scalar() or 0

    def root(self, size: int) -> bytes:
        """The root over the first `size` entries. Raises: IntegrityError: one is missing."""
        return merkle.root(size, self.subtree)

    def inclusion(self, cursor: int, size: int) -> tuple[bytes, ...]:
        """The audit path of the entry `cursor` in the tree over `size` entries; raises as `root`."""
        return merkle.inclusion(cursor - 1, size, self.subtree)

    def consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        """What proves that the tree over `first` entries is the beginning of that over `second`; raises as `root`."""
        return merkle.consistency(first, second, self.subtree)

    def subtree(self, level: int, position: int) -> bytes:
        """The hash of one complete subtree; raises as `root`."""
        key = (level, position)
        if key not in self._known:
            found = self._kept(level, position) if level and level % STEP == 0 else None
            self._known[key] = found if found is not None else self._hashed(level, position)
        return self._known[key]

    def _kept(self, level: int, position: int) -> bytes | None:
        query = select(subtrees.c.hash).where(subtrees.c.level == level, subtrees.c.position == position)
        found = self._connection.execute(query).scalar()
        return None if found is None else _bytes(found, f"subtree {level}/{position}")

    def _hashed(self, level: int, position: int) -> bytes:
        if level > STEP:  # from the kept ones below
            left, right = self.subtree(level - 1, 2 * position), self.subtree(level - 1, 2 * position + 1)
            return merkle.node_hash(left, right)
        first = (position << level) + 1
        return merkle.complete([merkle.leaf_hash(data) for data in self._leaves(first, 1 << level)])

    def _leaves(self, first: int, count: int) -> list[bytes]:
        query = (
            select(chain.c.hash).where(chain.c.cursor >= first, chain.c.cursor < first + count).order_by(chain.c.cursor)
        )
        found = [_bytes(text, f"chain {first + n}") for n, text in enumerate(self._connection.execute(query).scalars())]
        if len(found) != count:
            raise IntegrityError(f"{count - len(found)} entries are missing from here on", place=f"chain {first}")
        return found


def add_subtrees(connection: Connection, cursor: int) -> None:
    """Keep the subtrees that the entry `cursor` completes; needs the writer's lock."""
    tree, level = ChainTree(connection), STEP
    while cursor % (1 << level) == 0:
        position = (cursor >> level) - 1
        found = tree.subtree(level, position).hex()
        connection.execute(insert(subtrees).values(level=level, position=position, hash=found))
        level += STEP


def add_missing_subtrees(connection: Connection) -> None:
    """Keep the subtrees of a chain that was written without any; needs the writer's lock."""
    last = ChainTree(connection).size()
    for cursor in range(_WIDTH, last + 1, _WIDTH):
        add_subtrees(connection, cursor)


def _bytes(text: str, place: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != 32:
        raise IntegrityError("the hash stored here is none", place=place)
    return data
