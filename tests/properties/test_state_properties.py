"""What a state remembers of its entries against a plain map, over drawn writes and undoings."""

from hypothesis import given
from hypothesis import strategies as st

from muniment.model.claim import CLAIMED
from muniment.model.relation import RELATED, Related
from muniment.model.state import State, change

PLACES = st.tuples(st.sampled_from(["US", "EP"]), st.sampled_from(["patent", "design"]),
                   st.sampled_from(["10", "11"]), st.sampled_from(["0", "1", "2"]))
STEPS = st.lists(st.tuples(st.sampled_from(["write", "mark", "undo", "block", "forget"]), PLACES),
                 max_size=40)


class Tree:
    """A committed tree that is a dictionary."""

    def __init__(self):
        self.entries = {}

    def get(self, key):
        return self.entries.get(key)

    def scan(self, prefix, after=b""):
        yield from sorted((key, value) for key, value in self.entries.items()
                          if key.startswith(prefix) and key > after)


def looked_at(state, table, entries, place):
    for length in range(1, len(place) + 1):
        prefix = table.key(*place[:length])
        below = sorted(key for key in entries if key.startswith(prefix))
        assert state.holds(table, *place[:length]) == bool(below)
        assert [key for key, _ in state.rows(table, *place[:length])] == below
        assert state.holds(table, "/".join(place[:length])) == bool(below)


@given(STEPS, st.lists(PLACES, min_size=1, max_size=4))
def test_state_holds_what_was_written_and_not_what_was_undone(steps, looks):
    tree = Tree()
    state = State(tree)
    entries, marks = {}, []
    value = Related(filing="US/patent/10/0", kind="same-subject")
    for step, place in steps:
        key = RELATED.key(*place)
        if step == "write" and key not in entries:
            state.put((change(RELATED, key, None, value),))
            entries[key] = value
        elif step == "mark":
            marks.append((state.mark(), dict(entries)))
        elif step == "undo" and marks:
            mark, entries = marks.pop()
            state.undo(mark)
        elif step == "block":
            tree.entries |= dict(state.take_written())
            marks = []
        elif step == "forget":
            state.forget()
        for look in looks:
            looked_at(state, RELATED, entries, look)
            looked_at(state, CLAIMED, {}, look)


def test_asking_again_after_each_write_reads_nothing_again():
    tree = Tree()
    state = State(tree)
    reads = []
    scan = tree.scan
    tree.scan = lambda *prefix: (reads.append(prefix), scan(*prefix))[1]
    value = Related(filing="US/patent/10/0", kind="same-subject")
    for number in range(300):
        state.holds(RELATED, "US", "patent")
        state.put((change(RELATED, RELATED.key("US", "patent", "10", str(number)), None, value),))
        assert state.holds(RELATED, "US", "patent")
    assert len(reads) == 1
