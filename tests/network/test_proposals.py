"""What a node proposes: nobody is kept out by what does not fit, and no account's order is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.abci.grammar import START
from tests.abci.requirements import proto_bytes
from tests.network.world import World, filing

from muniment.abci.application import fitting
from muniment.abci.messages import RequestCheckTx, RequestPrepareProposal
from muniment.abci.values import Timestamp
from muniment.network.application import LedgerApplication, Options


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("proposals"))


@pytest.fixture
def application(world, tmp_path):
    application = LedgerApplication(world.node(tmp_path / "node"), Options(snapshot_every=0))
    yield application
    application.close()


def envelope(world, office, sequence, operations):
    return world.envelope(office, sequence, [
        filing(office, 1_000 * sequence + one) for one in range(operations)])


def proposed(application, room, txs=()):
    return list(application.prepare_proposal(RequestPrepareProposal(
        txs=txs, max_tx_bytes=room, time=Timestamp(seconds=START))).txs)


def waits(application, *txs):
    for tx in txs:
        assert application.check_tx(RequestCheckTx(tx=tx)).code == 0


@pytest.mark.parametrize("held", ["here", "by the engine"])
def test_large_envelope_that_does_not_fit_delays_no_other_account(world, application, held):
    first, second, large, later, small = (
        envelope(world, "XA", 1, 5), envelope(world, "XB", 1, 5), envelope(world, "XA", 2, 400),
        envelope(world, "XA", 3, 1), envelope(world, "XB", 2, 1))
    waiting = [first, second, large, later, small]
    if held == "here":
        waits(application, *waiting)
    room = proto_bytes([first, second, small]) + len(later) + 100
    assert proposed(application, room, waiting) == [first, second, small]
    assert proposed(application, 10**6, waiting)[:3] == [first, second, large]
    assert set(proposed(application, 10**6, waiting)) == set(waiting)


def test_envelope_that_did_not_fit_is_the_first_of_its_account_in_the_next_block(
    world, application
):
    large, later, other = (envelope(world, "XA", 1, 400), envelope(world, "XA", 2, 1),
                           envelope(world, "XB", 1, 1))
    waits(application, large, later, other)
    assert proposed(application, proto_bytes([other, later])) == [other]
    assert proposed(application, proto_bytes([large, other])) == [large, other]


@given(st.lists(st.binary(max_size=300), max_size=9), st.integers(0, 1_200))
def test_what_fits_is_taken_in_order_and_nothing_more_would_fit(txs, room):
    kept = fitting(txs, room)
    assert proto_bytes(kept) <= room
    rest = iter(txs)
    assert all(one in rest for one in kept)
    left = [one for one in txs if one not in kept]
    assert all(proto_bytes([*kept, one]) > room for one in left)
