"""A promoted ledger of fictional offices, its wallets, and the application that runs a copy of it."""

import json
from pathlib import Path

from hypothesis import strategies as st
from tests.abci.grammar import START, Subject

from muniment.abci.messages import RequestInitChain
from muniment.abci.values import PublicKey, Timestamp, ValidatorUpdate
from muniment.codec import encode
from muniment.model.account import ADMISSIONS, Admission
from muniment.model.envelope import sign_envelope
from muniment.model.possession import prove_possession
from muniment.model.validator import address_of
from muniment.network.application import LedgerApplication
from muniment.network.remote_ledger import RemoteLedger
from muniment.network.trust import with_commit
from muniment.node.founding import found
from muniment.node.governance import node_enrolment
from muniment.node.promotion import copy_ledger, promote
from muniment.node.register import Register
from muniment.node.wallet import Wallet
from muniment.operations.admit_member import AdmitMember
from muniment.operations.enrol_office import EnrolOffice
from muniment.operations.file_application import FileApplication
from muniment.operations.record_copy import RecordCopy
from muniment.operations.seat_validator import SeatValidator
from muniment.operations.set_power_policy import SetPowerPolicy
from muniment.proof.attestation import TrustPolicy
from muniment.proof.crypto import PrivateKey, b64, unb64
from muniment.reference import packaged_rows
from muniment.vault.vault import make_vault_key

OFFICES = ("XA", "XB")
FOUNDED = START - 1_000
BULK = b"x" * 524_289
FORMATS = {"XA": "2026/{:06}", "XB": "2026-{:05}"}


def now():
    return FOUNDED


class World:
    """A network's beginning: the promoted ledger `origin`, to be copied for each node."""

    def __init__(self, folder, offices=OFFICES, *, now=now, demo=True, observers=()):
        self.folder = Path(folder)
        self.origin = self.folder / "origin"
        first, second = offices[0], (*offices, "XB")[1]
        rows = packaged_rows("demo") if demo else packaged_rows()
        found(self.origin, office=first, name="register.test.example", now=now,
              profile="demo" if demo else "solo",
              rows=[row for row in rows if row[1][0].startswith("X") or not demo])
        self.observers = observers
        everyone = (*offices, *observers)
        if second not in everyone:
            everyone = (*everyone, second)
        self.wallets = {office: Wallet.generate(office) for office in everyone}
        self.wallets[first] = Wallet.load(self.origin / "keys" / f"{first}.json")
        self.engine_keys, self.node_keys = (
            {office: PrivateKey.generate("Ed25519") for office in (*offices, *observers)}
            for _ in range(2))
        with Register(self.origin, now=now) as register:
            for office in everyone:
                self._enrol(register, first, office)
            for office in (*offices, *observers):
                register.act(AdmitMember(office=office, units=10))
            for office in offices:
                register.act(SeatValidator(office=office))
            register.act(SetPowerPolicy(policy="authority"))
            state = register.ledger.state
            self.id = register.ledger.identity.id
            self.highest = {office: (state.get(ADMISSIONS, office) or Admission()).highest
                            for office in everyone}
        self.genesis = promote(self.origin, now=now)

    def _enrol(self, register, operator, office):
        wallet = self.wallets[office]
        if office != operator:
            key_set = wallet.key_set()
            register.act(EnrolOffice(key_set=key_set, office=office, possession=prove_possession(
                office, key_set, register.ledger.identity.id, wallet.keys)))
        if office in self.engine_keys:
            register.account = office
            node = address_of(b64(self.node_keys[office].public.raw()))
            register.act(node_enrolment(register, self.engine_keys[office],
                                        PrivateKey.generate("Ed25519"), node), wallet)
            register.account = operator

    def desk(self, office, url, trusted, name=""):
        """Return an office's own directory: its keys, its vault and whom it trusts."""
        path = self.folder / f"desk-{office}{name}"
        path.mkdir()
        self.wallets[office].save(path / "keys" / f"{office}.json")
        make_vault_key(path)
        solo = TrustPolicy.parse((self.origin / "trust-policy.txt").read_text())
        size = solo.rules[-1].last
        with RemoteLedger(url) as ledger:
            policy = with_commit(solo, ledger.identity.origin, size, trusted)
        (path / "trust-policy.txt").write_text(policy.text())
        return path

    def node(self, name):
        """Return a directory with a copy of the promoted ledger."""
        path = self.folder / name
        copy_ledger(self.origin, path)
        return path

    def init(self):
        genesis = self.genesis
        return RequestInitChain(
            time=Timestamp(seconds=genesis.time), chain_id=genesis.chain_id,
            initial_height=genesis.initial_height,
            app_state_bytes=json.dumps(genesis.document()["app_state"]).encode(),
            validators=[ValidatorUpdate(pub_key=PublicKey(ed25519=unb64(key, 32)), power=power)
                        for key, power in genesis.validators.values()])

    def subject(self, **options):
        """Return the application as a subject of the laws of ABCI."""
        def make(directory):
            if not (directory / "ledger.db").exists():
                copy_ledger(self.origin, directory)
            return LedgerApplication(directory, **options)

        return Subject(make=make, tx=TXS(self), init=self.init(), close=lambda one: one.close(),
                       queries=("/ledger/head", "/ledger/pages", "/p2p/filter/id/00", "/x"))

    def envelope(self, office, sequence, operations, *, atomic=False, not_after=START + 3_600):
        return sign_envelope(
            [encode(one) for one in operations], self.wallets[office].signers(), ledger=self.id,
            submitter=office, sequence=self.highest[office] + sequence, not_after=not_after,
            atomic=atomic)


def filing(office, number, date="2026-01-05"):
    return FileApplication(date=date, number=FORMATS[office].format(number), office=office,
                           right="patent")


def copying(office, recorder, number):
    return RecordCopy(date="2026-01-05", number=FORMATS[office].format(number), office=office,
                      recorder=recorder, retrieved="2026-05-01", right="patent", source="gazette")


OPERATIONS = st.one_of(
    st.builds(filing, st.sampled_from(OFFICES), st.integers(1, 6),
              st.sampled_from(["2026-01-05", "2026-02-30", "2099-01-01"])),
    st.builds(copying, st.sampled_from(OFFICES), st.sampled_from(OFFICES), st.integers(1, 6)),
)


def TXS(world):
    sound = st.builds(
        lambda office, sequence, operations, atomic, not_after: world.envelope(
            office, sequence, operations, atomic=atomic, not_after=not_after),
        st.sampled_from(OFFICES), st.integers(1, 8), st.lists(OPERATIONS, min_size=1, max_size=3),
        st.booleans(), st.sampled_from([START + 3_600, START + 5, 1]))
    broken = sound.flatmap(lambda tx: st.integers(0, len(tx) - 1).map(
        lambda at: tx[:at] + bytes([tx[at] ^ 1]) + tx[at + 1:]))
    return st.one_of(sound, sound, sound, broken, st.binary(max_size=40),
                     st.just(BULK))
