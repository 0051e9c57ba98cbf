"""The log's tree is RFC 6962's, at every size, as an independent implementation computes it."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from tenure_server.domain.audit import GrowingTree, leaf_hash, root_hash


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=70))
def test_the_tree_hash_is_that_of_an_independent_implementation_at_every_size(bodies: list[bytes]):
    theirs, ours = InmemoryTree(algorithm="sha256"), GrowingTree()
    for body in bodies:
        theirs.append_entry(body)
        ours.add(leaf_hash(body))
        assert ours.root() == theirs.get_root()
    assert root_hash([leaf_hash(body) for body in bodies]) == theirs.get_root()
    assert ours.size == len(bodies)


def test_an_empty_tree_hashes_nothing():
    nothing = hashlib.sha256(b"").digest()
    assert GrowingTree().root() == nothing
    assert root_hash([]) == nothing
