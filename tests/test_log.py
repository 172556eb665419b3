"""The Merkle log is RFC 6962's, and its proofs prove."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.log import (
    EMPTY,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

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


def test_every_leaf_is_proved_at_every_size():
    """Each inclusion proof holds, for its own leaf, place and size only."""
    for size in range(1, len(LEAVES) + 1):
        head = root(LEAVES[:size])
        for index in range(size):
            path = inclusion_proof(index, LEAVES[:size])
            assert verify_inclusion(LEAVES[index], index, size, path, head)
            assert not verify_inclusion(leaf_hash(b"another"), index, size, path, head)
            assert not verify_inclusion(LEAVES[index], index + 1, size, path, head)
            assert not verify_inclusion(LEAVES[index], index, size, [*path, head], head)
            assert not path or not verify_inclusion(LEAVES[index], index, size, path[:-1], head)


def test_every_log_continues_every_beginning_of_it():
    """Each consistency proof holds, and not for a log whose past was changed."""
    for size in range(len(LEAVES) + 1):
        head = root(LEAVES[:size])
        for old in range(size + 1):
            proof = consistency_proof(old, LEAVES[:size])
            assert verify_consistency(old, root(LEAVES[:old]), size, head, proof)
            changed = root([leaf_hash(b"forged"), *LEAVES[1:old]])
            assert not verify_consistency(old, changed, size, head, proof)
            assert not verify_consistency(old, root(LEAVES[:old]), size, head, [*proof, head])


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_a_changed_proof_proves_nothing(payloads, data):
    """One flipped bit anywhere in a path is noticed."""
    hashes = [leaf_hash(payload) for payload in payloads]
    index = data.draw(st.integers(0, len(hashes) - 1))
    path = inclusion_proof(index, hashes)
    assert verify_inclusion(hashes[index], index, len(hashes), path, root(hashes))
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        path[place] = bytes([path[place][0] ^ 1]) + path[place][1:]
        assert not verify_inclusion(hashes[index], index, len(hashes), path, root(hashes))


def test_no_proof_for_what_is_not_there():
    """A leaf or an old log beyond the end is an IndexError, and verifies as false."""
    with pytest.raises(IndexError):
        inclusion_proof(3, LEAVES[:3])
    with pytest.raises(IndexError):
        consistency_proof(4, LEAVES[:3])
    assert not verify_inclusion(LEAVES[0], 3, 3, [], LEAVES[0])
    assert not verify_consistency(4, EMPTY, 3, EMPTY, [])
    assert not verify_consistency(3, EMPTY, 5, EMPTY, [])


def test_a_hundred_thousand_leaves_take_a_moment():
    """Root and proof of 10^5 leaves stay far below what a request may take."""
    hashes = [place.to_bytes(32, "big") for place in range(100_000)]
    started = time.process_time()
    path = inclusion_proof(54_321, hashes)
    assert verify_inclusion(hashes[54_321], 54_321, len(hashes), path, root(hashes))
    assert time.process_time() - started < 2
