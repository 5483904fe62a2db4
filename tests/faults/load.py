"""Offices that file through any node that answers, and remember what was acknowledged."""

import json
import random
import sqlite3
import threading
import time
from contextlib import closing
from itertools import count

from muniment.codec import encode, pack
from muniment.model.account import ADMISSIONS
from muniment.model.envelope import sign_envelope
from muniment.network.questions import QUESTIONS
from muniment.node.ledger import Ledger
from muniment.node.wallet import Wallet
from muniment.operations.file_application import FileApplication
from muniment.proof.crypto import sha256
from muniment.proof.errors import LedgerError
from muniment.storage.sqlite import SqliteStorage

NUMBERS = {"XA": "2026/{:06}", "XB": "2026-{:05}", "XC": "C {}/2026", "XD": "26/{:06}"}
OPERATIONS = 5
PATIENCE = 20.0


class Office:
    """One office's client: signs, sends, and looks what became of it."""

    def __init__(self, node, office, seed):
        self.office = office
        self.wallet = Wallet.load(node.folder / "keys" / f"{office}.json")
        with closing(SqliteStorage(node.folder, read_only=True)) as storage:
            ledger = Ledger(storage)
            self.ledger = ledger.identity.id
            known = ledger.state.get(ADMISSIONS, office)
        self.sequence = count((known.highest if known else 0) + 1)
        self.numbers = count(1)
        self.random = random.Random(f"{seed}/{office}")

    def envelope(self):
        """Return the next envelope: filings nobody entered before."""
        lines = [encode(FileApplication(date="2026-01-05", office=self.office, right="patent",
                                        number=NUMBERS[self.office].format(next(self.numbers))))
                 for _ in range(OPERATIONS)]
        return sign_envelope(lines, self.wallet.signers(), ledger=self.ledger,
                             submitter=self.office, sequence=next(self.sequence),
                             not_after=int(time.time()) + 7_200)


class Load:
    """Every office files, a few envelopes a second, until it is told to stop."""

    def __init__(self, cluster, seed, pause=0.25):
        self.nodes = list(cluster.nodes.values())
        self.offices = [Office(node, code, seed) for code, node in cluster.nodes.items()]
        self.pause = pause
        self.acknowledged = {}
        self.sent = 0
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._file, args=(one,), daemon=True)
                        for one in self.offices]

    def start(self):
        """Begin."""
        for one in self.threads:
            one.start()

    def end(self):
        """Stop, and wait until the last envelope's fate is known or given up."""
        self.stop.set()
        for one in self.threads:
            one.join()

    def _file(self, office):
        while not self.stop.is_set():
            tx = office.envelope()
            self.sent += 1
            self._until_known(office, tx)
            self.stop.wait(self.pause)

    def _until_known(self, office, tx):
        """Send an envelope to one node after another until one says that it stands."""
        name, end = sha256(tx), time.monotonic() + PATIENCE
        while time.monotonic() < end:
            node = office.random.choice(self.nodes)
            try:
                rpc = node.rpc(timeout=2.0)
                rpc.call("broadcast_tx_sync", tx=tx)
                until = time.monotonic() + 4
                while time.monotonic() < until:
                    found = outcomes(rpc, [name])[0]
                    if found is not None and found.code == 0:
                        self.acknowledged[name] = (found.height, found.position, tx)
                        return
                    time.sleep(0.1)
            except (LedgerError, ValueError, KeyError, TypeError, OSError):
                time.sleep(0.2)


def outcomes(rpc, names):
    """Return what a node says became of envelopes."""
    question = QUESTIONS["outcomes"]
    answer = rpc.call("abci_query", path="/ledger/outcomes", data=pack(names).hex())["response"]
    if answer.get("code"):
        raise ValueError(json.dumps(answer))
    import base64

    return question.answer(base64.b64decode(answer["value"]))


def lost(folder, acknowledged):
    """Return the names of acknowledged envelopes that a node's ledger does not hold."""
    with closing(sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True)) as database:
        missing = []
        for name, (_, position, tx) in acknowledged.items():
            row = database.execute("SELECT jws FROM envelope WHERE position = ?",
                                   (position,)).fetchone()
            if row is None or row[0] != tx.partition(b"\n")[0]:
                missing.append(name)
    return missing


def blocks(folder):
    """Return each block of a node's ledger: height -> (time, block leaf, which names the roots)."""
    with closing(sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True)) as database:
        return {height: (at, bytes(leaf)) for height, at, leaf in database.execute(
            "SELECT height, time, leaf FROM block JOIN entry USING (position)")}
