"""Scans of the paged state tree against a sorted list: whatever the keys, pages and prefixes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muniment.proof.errors import StorageFault
from muniment.storage.pages import PagedTree

WORDS = st.sampled_from(["a", "ab", "b", "0", "00", "1", "9", "z"])
KEYS = st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=300)


def key(words):
    return "/".join([*words, ""]).encode()


@given(KEYS, st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=4))
def test_scan_gives_the_entries_under_a_prefix_in_order(named, prefix, after):
    entries = {key(words): b"v" + key(words) for words in named}
    pages = {}
    tree = PagedTree(pages.get, pages_cached=2)
    ordered = sorted(entries.items())
    for at in range(0, len(ordered), 40):
        tree.apply(ordered[at::40] if at < 40 else ordered[at : at + 40])
        pages.update(tree.take_changed())
    start = key(prefix) if prefix else b""
    above = key(after) if after else b""
    tree.apply(ordered)
    pages.update(tree.take_changed())
    again = PagedTree(pages.get, tree.root_page, tree.next_page, pages_cached=2)
    for one in (tree, again, again):
        assert list(one.scan(start, above)) == [
            (name, value) for name, value in ordered if name.startswith(start) and name > above]
        assert all(one.get(name) == value for name, value in ordered)


def test_page_that_was_sound_and_is_damaged_later_is_found_when_it_is_read_again():
    names = [f"a/{number:06}/".encode() for number in range(200)]
    pages = {}
    tree = PagedTree(pages.get, pages_cached=2)
    tree.apply([(name, b"v" + name) for name in names])
    pages.update(tree.take_changed())
    reader = PagedTree(pages.get, tree.root_page, tree.next_page, pages_cached=1)
    assert all(reader.get(name) == b"v" + name for name in (*names, *names))
    for number, sound in list(pages.items()):
        pages[number] = sound.replace(b"va/0001", b"va/0002", 1)
        if pages[number] != sound:
            with pytest.raises(StorageFault):
                [reader.get(name) for name in names]
        pages[number] = sound
    assert all(reader.get(name) == b"v" + name for name in names)
