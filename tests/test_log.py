"""The Merkle log is RFC 6962's, and its proofs prove."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.log import (
    EMPTY,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from storage.tiles import Tiles
from storage.tree import TILE, Tree, completed

# The eight leaves and the roots of the first n of them that Certificate Transparency implementations test with.
PAYLOADS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(str(place).encode()) for place in range(33)]


def by_definition(hashes):
    """The recursive root of RFC 6962 §2.1, word for word."""
    if not hashes:
        return EMPTY
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(by_definition(hashes[:split]), by_definition(hashes[split:]))


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size):
    """The known leaves give the known roots."""
    assert root([leaf_hash(payload) for payload in PAYLOADS[:size]]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_root_is_the_recursive_one(size):
    """Pairing level by level gives the tree of the definition, at every size."""
    assert root(LEAVES[:size]) == by_definition(LEAVES[:size])


def fetched(hashes):
    """What the database gives: leaves at level 0, roots of whole 256^level leaves above."""

    def fetch(level, first, end):
        width = TILE**level
        return [by_definition(hashes[at * width : (at + 1) * width]) for at in range(first, end)]

    return fetch


def audit_path(index, hashes):
    """PATH(m, D[n]) of RFC 6962 §2.1.1, word for word."""
    if len(hashes) == 1:
        return []
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if index < split:
        return [*audit_path(index, hashes[:split]), by_definition(hashes[split:])]
    return [*audit_path(index - split, hashes[split:]), by_definition(hashes[:split])]


def subproof(old, hashes, whole):
    """SUBPROOF(m, D[n], b) of RFC 6962 §2.1.2, word for word."""
    if old == len(hashes):
        return [] if whole else [by_definition(hashes)]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if old <= split:
        return [*subproof(old, hashes[:split], whole), by_definition(hashes[split:])]
    return [*subproof(old - split, hashes[split:], False), by_definition(hashes[:split])]


MANY = [leaf_hash(str(place).encode()) for place in range(600)]


@given(st.integers(1, 600), st.data())
def test_every_leaf_is_proved_at_every_size(size, data):
    """Each audit path is the definition's, and holds for its own leaf, place and size only."""
    index = data.draw(st.integers(0, size - 1))
    tree = Tree(size, fetched(MANY))
    path, head = tree.inclusion(index), tree.root()
    assert head == by_definition(MANY[:size]) == root(MANY[:size])
    assert path == audit_path(index, MANY[:size])
    assert verify_inclusion(MANY[index], index, size, path, head)
    assert not verify_inclusion(leaf_hash(b"another"), index, size, path, head)
    assert not verify_inclusion(MANY[index], index + 1, size, path, head)
    assert not verify_inclusion(MANY[index], index, size, [*path, head], head)
    assert not path or not verify_inclusion(MANY[index], index, size, path[:-1], head)


@given(st.integers(0, 600), st.data())
def test_every_log_continues_every_beginning_of_it(size, data):
    """Each consistency proof is the definition's, and does not hold for a log whose past was changed."""
    old = data.draw(st.integers(0, size))
    tree = Tree(size, fetched(MANY))
    proof, head, old_head = tree.consistency(old), tree.root(), by_definition(MANY[:old])
    assert proof == (subproof(old, MANY[:size], True) if 0 < old < size else [])
    assert verify_consistency(old, old_head, size, head, proof)
    changed = root([leaf_hash(b"forged"), *MANY[1:old]])
    assert not verify_consistency(old, changed, size, head, proof)
    assert not verify_consistency(old, old_head, size, head, [*proof, head])


@pytest.mark.parametrize("size", [1, 7, 8, 255, 256, 257, 511, 512, 513, 600])
def test_all_places_and_beginnings_around_the_edges_of_tiles(size):
    """At the sizes where a tile is full, or nearly, every single proof holds."""
    tree = Tree(size, fetched(MANY))
    head = tree.root()
    for place in range(size):
        assert verify_inclusion(MANY[place], place, size, tree.inclusion(place), head)
        assert verify_consistency(place, root(MANY[:place]), size, head, tree.consistency(place))


# What Certificate Transparency implementations expect of those eight leaves: (leaf, size) and (old size, size).
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
BEGINNINGS = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def test_proofs_are_those_of_certificate_transparency():
    """The known leaves give the known paths, to the byte."""
    fetch = fetched([leaf_hash(payload) for payload in PAYLOADS])
    for (index, size), expected in PATHS.items():
        assert [node.hex() for node in Tree(size, fetch).inclusion(index)] == expected
    for (old, size), expected in BEGINNINGS.items():
        assert [node.hex() for node in Tree(size, fetch).consistency(old)] == expected


@given(st.lists(st.integers(1, 900), max_size=12))
def test_nodes_grow_with_the_log(steps):
    """However leaves come in, each whole tile has its node, once, and it is the root of the tile."""
    hashes = [place.to_bytes(32) for place in range(sum(steps))]
    nodes, size = {}, 0

    def fetch(level, first, end):
        return hashes[first:end] if level == 0 else [nodes[level, at] for at in range(first, end)]

    for step in steps:
        for level, index, found in completed(size, size + step, fetch):
            assert (level, index) not in nodes
            nodes[level, index] = found
        size += step
    assert nodes == {(1, at): root(hashes[at * TILE : (at + 1) * TILE]) for at in range(size // TILE)}
    assert Tree(size, fetch).root() == root(hashes)


def test_nodes_of_the_second_level():
    """65,536 leaves that come in two parts have 256 nodes, and one above them that is the root."""
    hashes = [place.to_bytes(32) for place in range(TILE**2)]
    nodes = {}

    def fetch(level, first, end):
        return hashes[first:end] if level == 0 else [nodes[level, at] for at in range(first, end)]

    for before, after in ((0, 40_000), (40_000, TILE**2)):
        nodes |= {(level, index): found for level, index, found in completed(before, after, fetch)}
    assert len(nodes) == TILE + 1
    assert nodes[2, 0] == root(hashes) == Tree(TILE**2, fetch).root()


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_a_changed_proof_proves_nothing(payloads, data):
    """One flipped bit anywhere in a path is noticed."""
    hashes = [leaf_hash(payload) for payload in payloads]
    index = data.draw(st.integers(0, len(hashes) - 1))
    path = Tree(len(hashes), fetched(hashes)).inclusion(index)
    assert verify_inclusion(hashes[index], index, len(hashes), path, root(hashes))
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        path[place] = bytes([path[place][0] ^ 1]) + path[place][1:]
        assert not verify_inclusion(hashes[index], index, len(hashes), path, root(hashes))


def test_no_proof_for_what_is_not_there():
    """A leaf or an old log beyond the end is an IndexError, and verifies as false."""
    tree = Tree(3, fetched(LEAVES))
    with pytest.raises(IndexError):
        tree.inclusion(3)
    with pytest.raises(IndexError):
        tree.consistency(4)
    assert not verify_inclusion(LEAVES[0], 3, 3, [], LEAVES[0])
    assert not verify_consistency(4, EMPTY, 3, EMPTY, [])
    assert not verify_consistency(3, EMPTY, 5, EMPTY, [])


LEAF_HASHES = [leaf_hash(str(place).encode()) for place in range(TILE * TILE + TILE + 3)]


@given(
    st.sampled_from([0, 1, TILE - 1, TILE, TILE + 1, 3 * TILE + 7, len(LEAF_HASHES)]),
    st.lists(st.integers(0, len(LEAF_HASHES)), max_size=5),
)
@settings(max_examples=25, deadline=None)
def test_a_tree_made_leaf_by_leaf_has_the_same_nodes_and_roots(size, asked):
    """Nodes as `completed` gives them for all leaves at once, roots as RFC 6962 defines them."""
    made = Tiles(asked)
    for leaf in LEAF_HASHES[:size]:
        made.add(leaf)
    below: dict[tuple[int, int], bytes] = {}

    def fetch(level, first, end):
        return LEAF_HASHES[first:end] if level == 0 else [below[level, index] for index in range(first, end)]

    for level, index, found in completed(0, size, fetch):
        below[level, index] = found
    assert made.size == size
    assert made.nodes() == below
    for one in asked:
        if one <= size:
            assert made.root(one) == root(LEAF_HASHES[:one])
