"""A ledger whose blocks validators decide, opened again: it stands where it stood."""

import pytest
from tests.conftest import SetClock
from tests.network.nodes import DirectRpc
from tests.unit.test_engine import file, later_edition

from muniment.cli.account import _made
from muniment.codec import encode
from muniment.editions import NEWEST, rules_of
from muniment.model.confirmation import Readiness
from muniment.model.envelope import Envelope
from muniment.network.application import LedgerApplication, Options
from muniment.network.ledger import DecidedLedger
from muniment.network.remote import RemoteStorage
from muniment.network.standing import Standing
from muniment.node.audit import audit
from muniment.node.edition import announced as coming
from muniment.node.founding import found
from muniment.node.ledger import Ledger
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations import declared
from muniment.reference import packaged_rows
from muniment.storage.decided import DecidedStorage, promote

NEWER = later_edition(declared())


@pytest.fixture
def announced(tmp_path):
    """Return a promoted ledger that begins an edition two blocks on, and that block's height."""
    path, clock = tmp_path / "ledger", SetClock()
    found(path, office="XA", name="register.test.example", profile="demo",
          rows=packaged_rows("demo"), now=clock)
    lock = rules_of("2027", NEWER).hash
    with SoloLedger(path, now=clock, types=NEWER) as ledger:
        wallet = Wallet.load(path / "keys" / "XA.json")
        height = ledger.head.height + 4
        for act in (_made("activate-edition", {"edition": "2027", "hash": lock, "height": height}),
                    _made("confirm-edition", {"edition": "2027", "hash": lock, "office": "XA"})):
            assert ledger.submit([ledger.sign(wallet, [encode(act)])])[0].operations == (0,)
    promote(path)
    return path, height


def opened(path):
    return DecidedLedger(DecidedStorage(path), types=NEWER)


def decide(ledger, height, envelopes=()):
    result = ledger.execute(height, ledger.head.time, envelopes)
    ledger.commit(result)
    return result


def filing(path, ledger, number):
    wallet = Wallet.load(path / "keys" / "XA.json")
    return Envelope.parse(ledger.sign(wallet, [encode(file(number))]))


def test_edition_that_began_in_an_empty_block_is_in_force_after_a_restart(announced):
    """Else the node's mempool would admit and refuse by the rules that have ended."""
    path, switch = announced
    with opened(path) as ledger:
        decide(ledger, switch - 1)
        assert ledger.engine.rules.edition == NEWEST
        decide(ledger, switch)
        assert ledger.engine.rules.edition == "2027"
        decide(ledger, switch + 1)
    with opened(path) as ledger:
        assert ledger.engine.rules.edition == "2027"
        ledger.execute(switch + 2, ledger.head.time, ())
        ledger.discard()
        assert ledger.engine.rules.edition == "2027"
        root = ledger.tree.root()
        result = decide(ledger, switch + 2, [filing(path, ledger, "2026/000013")])
        assert result.outcomes[0].operations == (2050,)
        assert ledger.tree.root() != root
    with opened(path) as ledger:
        assert ledger.engine.rules.edition == "2027"


@pytest.mark.parametrize("begins", [True, False])
def test_whoever_reads_sees_that_an_announcement_ended_in_an_empty_block(
        announced, monkeypatch, begins):
    """The node on its own disk and whoever asks it: the head is still that of the block before."""
    path, switch = announced
    if not begins:
        monkeypatch.setattr(Readiness, "is_enough", False)
    with opened(path) as ledger:
        decide(ledger, switch - 1)
        with SoloLedger(path, read_only=True, types=NEWER) as reader:
            assert coming(reader.state).height == switch
        decide(ledger, switch)
    application = LedgerApplication(path, Options(snapshot_every=0), types=NEWER)
    for reader in (SoloLedger(path, read_only=True, types=NEWER),
                   Ledger(RemoteStorage(DirectRpc(application)), types=NEWER)):
        with reader:
            assert reader.head.height < switch
            assert reader.engine.rules.edition == ("2027" if begins else NEWEST)
            assert coming(reader.state) is None
            assert audit(reader, types=NEWER).entries == reader.head.size
    application.close()


def test_restart_before_the_first_full_block_changes_no_root(announced, tmp_path):
    path, switch = announced
    roots = []
    for restarts in (False, True):
        folder = tmp_path / f"copy-{restarts}"
        folder.mkdir()
        (folder / "keys").symlink_to(path / "keys")
        (folder / "ledger.db").write_bytes((path / "ledger.db").read_bytes())
        ledger = opened(folder)
        for height in range(switch - 1, switch + 3):
            decide(ledger, height)
            if restarts:
                ledger.close()
                ledger = opened(folder)
        decide(ledger, switch + 3, [filing(folder, ledger, "2026/000001")])
        roots.append((ledger.tree.root(), ledger.engine.log.root()))
        ledger.close()
    assert roots[0] == roots[1]


def test_waiting_envelopes_are_judged_by_the_rules_in_force_after_a_restart(announced):
    path, switch = announced
    with opened(path) as ledger:
        decide(ledger, switch)
        decide(ledger, switch + 1)
    standing = Standing(path, "", types=NEWER)
    assert standing.mempool._rules.edition == "2027"
    standing.close()
