"""The paged tree equals the reference; storage is atomic, locked, and never believed."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.node.audit import audit
from muniment.node.register import Register
from muniment.node.solo import SoloLedger
from muniment.operations.file_application import FileApplication
from muniment.proof import statetree
from muniment.proof.errors import Busy, StorageFault, VerificationError
from muniment.storage.pages import PAGE_ITEMS_MAX, PagedTree

key_parts = st.sampled_from([b"a", b"b", b"application", b"0", b"9"])
drawn_keys = st.one_of(
    st.integers(0, 5_000).map(lambda n: b"application/US/patent/06/%012d/" % n),
    st.lists(key_parts, min_size=1, max_size=6).map(lambda parts: b"/".join(parts) + b"/"),
    st.integers(0, 60).map(lambda n: b"p" * n + b"/"),
)


@settings(max_examples=250)
@given(st.lists(st.lists(st.tuples(drawn_keys, st.binary(min_size=1, max_size=9)), max_size=120),
                max_size=4))
def test_paged_tree_is_the_reference_tree(blocks):
    store, entries = {}, {}
    tree = PagedTree(store.get, pages_cached=3)
    for block in blocks:
        fresh = dict(block)
        entries |= fresh
        tree.apply(sorted(fresh.items()))
        store.update(tree.take_changed())
        assert tree.root() == statetree.root(sorted(entries.items()))
    again = PagedTree(store.get, tree.root_page, tree.next_page, pages_cached=2)
    memory = statetree.MemoryTree(entries)
    for key in list(entries)[:20]:
        assert again.get(key) == entries[key]
        assert again.path(key) == memory.path(key)
        assert again.neighbours(key) == memory.neighbours(key)
        prefix = key[: len(key) // 2]
        assert list(again.scan(prefix)) == list(memory.scan(prefix))


def test_order_of_writes_does_not_show_in_the_root():
    items = [(b"k/%012d/" % n, b"v") for n in range(500)]
    one, other = PagedTree({}.get), PagedTree({}.get)
    one.apply(items)
    for item in reversed(items):
        other.apply([item])
    assert one.root() == other.root()


def test_page_that_was_altered_is_found_when_it_is_read():
    store = {}
    tree = PagedTree(store.get)
    tree.apply([(b"k/%012d/" % n, b"value") for n in range(PAGE_ITEMS_MAX * 40)])
    store.update(tree.take_changed())
    number = next(one for one in store if b"value" in store[one])
    store[number] = store[number].replace(b"value", b"valve", 1)
    again = PagedTree(store.get, tree.root_page, tree.next_page)
    with pytest.raises(StorageFault):
        list(again.scan(b""))


def test_second_writer_is_turned_away(ledger_path, clock):
    with SoloLedger(ledger_path, now=clock), pytest.raises(Busy, match="ledger-in-use"):
        SoloLedger(ledger_path, now=clock)


def filed(register, count):
    register.submit([
        FileApplication(date="2026-01-05", number=f"2026/{n:06}", office="XA", right="patent")
        for n in range(1, count + 1)
    ])


def damage(path, statement, *values):
    with sqlite3.connect(path / "ledger.db") as database:
        database.execute(statement, values)
    database.close()


def audited(path, clock):
    with Register(path, read_only=True, now=clock) as register:
        return audit(register.ledger)


def test_audit_recomputes_a_sound_ledger(ledger_path, clock):
    with Register(ledger_path, now=clock) as register:
        filed(register, 600)
        size = register.ledger.head.size
    assert audited(ledger_path, clock).entries == size


@pytest.mark.parametrize(("column", "what"), [("body", "line"), ("leaf", "leaf")])
def test_one_flipped_bit_of_any_entry_is_found_with_its_number(ledger_path, clock, column, what):
    with Register(ledger_path, now=clock) as register:
        filed(register, 5)
        position = register.ledger.head.size - 3
        entry = next(register.ledger.storage.entries(position, position + 1))
    stored = bytearray(getattr(entry, column))
    stored[40] ^= 4
    damage(ledger_path, f"UPDATE entry SET {column} = ? WHERE position = ?", bytes(stored), position)
    with pytest.raises(VerificationError, match=f"Entry {position}"):
        audited(ledger_path, clock)
    assert what


@pytest.mark.parametrize("statement", [
    "UPDATE page SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB)",
    "DELETE FROM page WHERE number = (SELECT max(number) FROM page)",
    "DELETE FROM entry WHERE position = 40",
    "UPDATE envelope SET jws = x'7b7d'",
    "UPDATE tile SET root = x'00'",
    "UPDATE tile SET hashes = x'00'",
    "UPDATE head SET state_root = x'00'",
    "UPDATE block SET time = time + 1 WHERE height = 1",
])
def test_any_damaged_table_is_found(ledger_path, clock, statement):
    with Register(ledger_path, now=clock) as register:
        filed(register, 400)
    damage(ledger_path, statement)
    with pytest.raises((VerificationError, StorageFault)):
        audited(ledger_path, clock)


def test_key_that_ends_where_others_of_its_page_go_on_is_found():
    """A key equal to its page's name, read with zeros, shares more bits than it has."""
    keys = [b"application/", *(b"application/US/%012d/" % n for n in range(40)), b"application/0/"]
    entries = dict.fromkeys((*keys, *(b"p" * n + b"/" for n in range(30))), b"v")
    store = {}
    tree = PagedTree(store.get)
    tree.apply(sorted(entries.items()))
    store.update(tree.take_changed())
    memory = statetree.MemoryTree(entries)
    again = PagedTree(store.get, tree.root_page, tree.next_page)
    for key in entries:
        assert again.get(key) == b"v"
        assert again.neighbours(key) == memory.neighbours(key)
