"""The example application as a subject of the laws."""

from hypothesis import strategies as st
from tests.abci.grammar import Subject

from muniment.abci.example import KeyValueApplication
from muniment.abci.messages import RequestInitChain

PAIR = st.builds(lambda name, value: f"{name}={value}".encode(),
                 st.sampled_from(["a", "b", "ключ", "名"]), st.integers(0, 9))
EXAMPLE = Subject(
    make=lambda directory: KeyValueApplication(directory, snapshot_every=2),
    tx=st.one_of(PAIR, PAIR, st.binary(max_size=12), st.just(b"a=" + b"x" * 70_000)),
    init=RequestInitChain(chain_id="example", initial_height=1,
                          app_state_bytes=b'{"a": "begun"}'),
)
