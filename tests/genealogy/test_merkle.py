"""The Merkle tree against the published test vectors of Certificate Transparency and against pymerkle."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from pymerkle import verify_consistency as verify_growth
from pymerkle import verify_inclusion as verify_path

from station.genealogy import merkle

# certificate-transparency-go, testonly/constants.go: leaves and roots that all implementations share.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def subtrees_of(data: list[bytes]) -> merkle.Subtree:
    def subtree(level: int, position: int) -> bytes:
        start = position << level
        return merkle.complete([merkle.leaf_hash(leaf) for leaf in data[start : start + (1 << level)]])

    return subtree


def test_empty_tree() -> None:
    assert merkle.root(0, subtrees_of([])) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(size: int) -> None:
    assert merkle.root(size, subtrees_of(LEAVES)).hex() == ROOTS[size - 1]


def test_published_paths() -> None:
    subtree = subtrees_of(LEAVES)
    assert [h.hex() for h in merkle.inclusion(5, 8, subtree)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [h.hex() for h in merkle.consistency(6, 8, subtree)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.integers(1, 70), st.data())
def test_agrees_with_another_implementation(size: int, data: st.DataObject) -> None:
    leaves = [bytes([n]) * 32 for n in range(size)]
    theirs = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        theirs.append_entry(leaf)
    subtree = subtrees_of(leaves)
    ours = merkle.root(size, subtree)
    assert ours == theirs.get_root(size)
    at = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    path, growth = merkle.inclusion(at, size, subtree), merkle.consistency(first, size, subtree)
    assert merkle.root_from_inclusion(at, size, merkle.leaf_hash(leaves[at]), path) == ours
    assert merkle.is_consistent(first, size, merkle.root(first, subtree), ours, growth)
    verify_path(merkle.leaf_hash(leaves[at]), ours, theirs.prove_inclusion(at + 1, size))
    verify_growth(merkle.root(first, subtree), ours, theirs.prove_consistency(first, size))


@given(st.integers(2, 40), st.data())
def test_what_was_changed_does_not_lead_to_the_root(size: int, data: st.DataObject) -> None:
    leaves = [bytes([n]) * 32 for n in range(size)]
    subtree = subtrees_of(leaves)
    at = data.draw(st.integers(0, size - 1))
    path, root = list(merkle.inclusion(at, size, subtree)), merkle.root(size, subtree)
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != at))
    assert merkle.root_from_inclusion(other, size, merkle.leaf_hash(leaves[at]), path) != root
    assert merkle.root_from_inclusion(at, size, merkle.leaf_hash(leaves[other]), path) != root
    assert merkle.root_from_inclusion(at, size, merkle.leaf_hash(leaves[at]), path[:-1]) != root
    assert merkle.root_from_inclusion(at, size, merkle.leaf_hash(leaves[at]), [*path, root]) is None
    first = data.draw(st.integers(1, size - 1))
    growth = merkle.consistency(first, size, subtree)
    assert not merkle.is_consistent(first, size, merkle.leaf_hash(b"another"), root, growth)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 64, 100])
def test_the_path_of_the_newest_leaf_of_an_older_tree_proves_that_it_is_the_beginning(size: int):
    """Against pymerkle's roots of both trees."""
    leaves = [b"%d" % number for number in range(size)]
    theirs = InmemoryTree(algorithm="sha256")
    roots = [theirs.get_root()]
    for leaf in leaves:
        theirs.append_entry(leaf)
        roots.append(theirs.get_root())
    hashed = [merkle.leaf_hash(leaf) for leaf in leaves]

    def subtree(level: int, position: int) -> bytes:
        return merkle.complete(hashed[position << level : (position + 1) << level])

    for old in range(1, size + 1):
        path = merkle.inclusion(old - 1, size, subtree)
        assert merkle.root_from_inclusion(old - 1, size, hashed[old - 1], path) == roots[size]
        assert merkle.root_up_to(old - 1, size, hashed[old - 1], path) == roots[old]
    assert merkle.root_up_to(size, size, hashed[0], ()) is None
