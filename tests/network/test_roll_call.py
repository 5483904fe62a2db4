"""A member sees from its own node who votes; a network that stands still is never called well."""

import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from muniment.model.validator import address_of
from muniment.network import roll_call
from muniment.network.cluster import Cluster
from muniment.network.metrics import MISSING_BLOCKS, EngineFigures
from muniment.network.roll_call import call_roll, signed_lately
from muniment.node.edition import Announced
from muniment.proof.crypto import PrivateKey, b64
from muniment.proof.errors import Busy, Refused

KEYS = [PrivateKey.from_seed(bytes([at]) * 32).public.raw() for at in range(1, 5)]
ADDRESSES = [address_of(b64(key)) for key in KEYS]
OFFICES = ("XA", "XB", "XC", "XD")


class Engine:
    """An engine at height 20; `silent(at, height)` says whose vote a commit lacks."""

    url = "http://127.0.0.1:1"

    def __init__(self, silent=lambda at, height: False, age=3, **sync):
        self.silent, self.asked = silent, []
        self.sync = {"latest_block_height": "20", "earliest_block_height": "12",
                     "catching_up": False, "latest_block_time": (
                         datetime.now(UTC) - timedelta(seconds=age)).isoformat(), **sync}

    def call(self, method, **asked):
        return getattr(self, method)(**asked)

    def close(self):
        pass

    def status(self):
        return {"sync_info": self.sync, "node_info": {"id": "0" * 40, "network": "muniment-1"},
                "validator_info": {"voting_power": "1", "address": ADDRESSES[0].upper()}}

    def net_info(self):
        return {"n_peers": "1", "peers": [{"node_info": {"id": "1" * 40}}]}

    def validators(self, height, **_):
        return {"total": "4", "validators": [
            {"pub_key": {"type": "tendermint/PubKeyEd25519",
                         "value": base64.b64encode(key).decode()}, "voting_power": "1"}
            for key in KEYS]}

    def commit(self, height):
        self.asked.append(height)
        if not 12 <= height <= 20:
            raise Refused("node-refused", "not kept")
        return {"signed_header": {"commit": {"signatures": [
            {"block_id_flag": 1, "validator_address": ""} if self.silent(at, height) else
            {"block_id_flag": 2, "validator_address": one.upper()}
            for at, one in enumerate(ADDRESSES)]}}}


@pytest.fixture(autouse=True)
def enrolled(monkeypatch):
    """The ledger names three of the four, and an observer."""
    rows = {office: SimpleNamespace(key=b64(key), node=str(at) * 40) for at, (office, key) in
            enumerate(zip(OFFICES, KEYS[:3], strict=False))}
    observer = PrivateKey.from_seed(bytes(32)).public.raw()
    rows["XE"] = SimpleNamespace(key=b64(observer), node="e" * 40)

    class Ledger:
        def __init__(self, _):
            self.state = rows

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(roll_call, "RemoteLedger", Ledger)
    monkeypatch.setattr(roll_call, "validators", lambda state: state)


def test_a_row_for_each_validator_says_whose_it_is_and_when_it_voted():
    roll = call_roll(Engine(lambda at, height: at == 1 and height > 17))
    rows = {one.office: one for one in roll.voters}
    assert list(rows) == ["?", "XA", "XB", "XC", "XE"]
    assert [rows[one].last_signed for one in ("XA", "XB", "XC", "?")] == [20, 17, 20, 20]
    assert [rows[one].power for one in ("XA", "?", "XE")] == [1, 1, 0]
    assert [rows[one].is_connected for one in ("XA", "XB", "XC")] == [True, True, False]
    assert (roll.voted, roll.total, roll.is_well) == (4, 4, True)


@pytest.mark.parametrize("wrong", [
    {"silent": lambda at, height: at == 2}, {"age": 200}, {"catching_up": True}])
def test_a_network_is_not_well_if_one_is_silent_or_nothing_is_decided(wrong):
    roll = call_roll(Engine(**wrong))
    assert not roll.is_well
    assert roll.stands_still == ("age" in wrong)


def test_a_node_that_has_no_block_yet_shows_nobody():
    roll = call_roll(Engine(latest_block_height="0", catching_up=True))
    assert (roll.voters, roll.is_well) == ((), False)


def test_a_ledger_that_is_not_there_yet_leaves_the_validators(monkeypatch):
    def none(_):
        raise Busy("no-ledger-yet", "it fetches")

    monkeypatch.setattr(roll_call, "RemoteLedger", none)
    assert [one.office for one in call_roll(Engine()).voters] == ["?"] * 4


def test_blocks_are_looked_at_no_longer_than_needed_nor_below_those_kept():
    engine = Engine()
    assert signed_lately(engine, 20, 10, ADDRESSES) == dict.fromkeys(ADDRESSES, 20)
    assert engine.asked == [20]
    engine = Engine(lambda at, height: at == 3)
    assert ADDRESSES[3] not in signed_lately(engine, 20, 5, ADDRESSES)
    assert engine.asked == [*range(20, 10, -1)]


def figures(engine):
    return {one.name: one.samples[0].value for one in EngineFigures(engine).collect()}


@pytest.mark.parametrize(("silent", "missing"), [
    (lambda at, height: False, 0),
    (lambda at, height: at == 3 and height == 20, 0),
    (lambda at, height: at == 3 and height >= 19, 0),
    (lambda at, height: at == 3 and height >= 20 - MISSING_BLOCKS, 1),
    (lambda at, height: at > 1 and height >= 12, 2),
])
def test_an_alarm_on_missing_validators_rests_while_a_vote_is_only_late(silent, missing):
    """A node's own commit of the last block ends with the vote that made two thirds."""
    told = figures(Engine(silent))
    assert told["muniment_missing_validators"] == missing
    assert told["muniment_validators"] == 4


def test_figures_of_a_node_with_one_block_or_none():
    one = figures(Engine(latest_block_height="12"))
    assert one["muniment_missing_validators"] == 0
    assert figures(Engine(latest_block_height="0", earliest_block_height="0"))[
        "muniment_validators"] == 0


def test_the_fourth_vote_of_a_new_network_is_seen_at_its_own_node():
    """Three votes make the block: the commit of another node may lack the fourth for ten seconds."""
    def late(own):
        engine = Engine(lambda at, height: at == 3 and own != 3, latest_block_height="12")
        return {**engine.status(), "rpc": engine,
                "validator_info": {"address": ADDRESSES[own].upper()}}

    cluster = object.__new__(Cluster)
    cluster.settings = SimpleNamespace(initial_height=12)
    assert cluster._signed([late(own) for own in range(4)]) == dict.fromkeys(ADDRESSES, 12)


def test_an_announced_edition_is_told(monkeypatch):
    assert call_roll(Engine()).announced == ""
    monkeypatch.setattr(roll_call, "announced",
                        lambda state: Announced("2027", 120, 3, 4, is_enough=True,
                                                is_of_this_code=True))
    assert call_roll(Engine()).announced == (
        "edition 2027 begins at block 120; 3 of 4 power confirmed it")
