"""The engine's laws over drawn runs: warm or cold, replayed or not, paged or not: the same bytes."""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from muniment.cli.account import _made, denying
from muniment.codec import encode
from muniment.engine import Engine
from muniment.model.account import ACCOUNTS, ADMISSIONS, DENIALS, ROLES
from muniment.model.application import APPLICATIONS, COPIES, SEALED
from muniment.model.claim import CLAIMED, CLAIMS, claimed_key
from muniment.model.envelope import Envelope
from muniment.model.genesis import initial_state
from muniment.model.number import unknown_suffix
from muniment.node.audit import audit
from muniment.node.enrolment import enrol
from muniment.node.export import export_lines, replay
from muniment.node.founding import found
from muniment.node.register import Register
from muniment.node.signatures import VerifiedSignatures
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.proof import limits, statetree
from muniment.proof.crypto import b64, sha256, unb64
from muniment.proof.merkle import Frontier, leaf_hash
from muniment.reference import packaged_rows
from muniment.storage.pages import PagedTree

START = 1_790_000_000
SOURCE = Path(__file__).parent.parent.parent / "src"


def now():
    return START


class World:
    """A ledger of two offices and an agent, made once; drawn blocks run on copies of it."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "template"
        rows = [row for row in packaged_rows("demo") if row[1][0].startswith("X")]
        found(self.path, office="XA", name="register.test.example", profile="demo", rows=rows,
              now=now)
        with Register(self.path, now=now) as register:
            enrol(register, "XB")
            self.agent, _ = enrol(register, None)
        self.wallets = {
            name: Wallet.load(self.path / "keys" / f"{name}.json")
            for name in ("XA", "XB", self.agent)
        }

    def copy(self, folder, name):
        return Path(shutil.copytree(self.path, Path(folder) / name))


@pytest.fixture(scope="module")
def world():
    return World()


FILED = {"XA": "2026/{:06}", "XB": "2026-{:05}"}


def filing(office, number, date):
    return _made("file-application", {"date": date, "number": FILED[office].format(number),
                                      "office": office, "right": "patent"})


def correcting(office, number, date, was):
    return _made("correct-entry", {
        "date": date, "ground": "clerical-error", "number": FILED[office].format(number),
        "office": office, "right": "patent", "was": was})


def copying(office, recorder, number, date):
    return _made("record-copy", {
        "date": date, "number": FILED[office].format(number), "office": office,
        "recorder": recorder, "retrieved": "2026-05-01", "right": "patent", "source": "gazette"})


def claiming(office, number, earlier_office, earlier, date="2025-03-03"):
    return _made("claim-priority", {
        "date": date, "number": FILED[office].format(number), "office": office, "right": "patent",
        "earlier": {"number": FILED[earlier_office].format(earlier), "office": earlier_office,
                    "right": "patent"}})


OFFICES = st.sampled_from(["XA", "XB"])
SMALL = st.integers(1, 5)
DATES = st.sampled_from(["2026-01-05", "2026-01-06", "2026-02-30", "2099-01-01"])
OPERATIONS = st.one_of(
    st.builds(filing, OFFICES, SMALL, DATES),
    st.builds(correcting, OFFICES, SMALL, DATES, DATES),
    st.builds(copying, OFFICES, OFFICES, SMALL, DATES),
    st.builds(claiming, OFFICES, SMALL, OFFICES, SMALL),
)
DRAWN_ENVELOPES = st.tuples(st.sampled_from([0, 1, 2]), st.lists(OPERATIONS, min_size=1, max_size=4),
                            st.booleans())
BLOCKS = st.lists(st.lists(DRAWN_ENVELOPES, max_size=4), min_size=1, max_size=4)


def signed(world, ledger, blocks):
    """Return the blocks as lists of envelope bytes, signed by the accounts they name."""
    names = list(world.wallets)
    made = dict.fromkeys(names, 0)
    answer = []
    for block in blocks:
        envelopes = []
        for who, operations, atomic in block:
            name = names[who]
            envelopes.append(ledger.sign(world.wallets[name], [encode(one) for one in operations],
                                         atomic=atomic, ahead=made[name]))
            made[name] += 1
        answer.append(envelopes)
    return answer


def roots(ledger):
    return ledger.engine.log.root(), ledger.tree.root(), ledger.head.size


@settings(max_examples=12)
@given(blocks=BLOCKS)
def test_same_heights_times_and_envelopes_give_the_same_leaves_whatever_is_remembered(
    world, blocks
):
    """Four engines: cold, warmed with every signature, one that forgets at once, one reopened."""
    with tempfile.TemporaryDirectory() as folder:
        opened = [SoloLedger(world.copy(folder, name), now=now) for name in "abcd"]
        drawn = signed(world, opened[0], blocks)
        warm = opened[1]._signatures
        for data in sum(drawn, []):
            envelope = Envelope.parse(data)
            for one in envelope.signed.signatures:
                warm.check(world.wallets[envelope.header.submitter].keys[0].public, one)
        opened[2].engine._check = None
        opened[2].tree._cached = 1
        for height, block in enumerate(drawn, opened[0].head.height + 3):
            opened[3].close()
            opened[3] = SoloLedger(Path(folder) / "d", now=now)
            results = [ledger.run_block(height, START + 7 * height, [Envelope.parse(one)
                                                                   for one in block])
                       for ledger in opened]
            assert len({tuple(one.leaves) for one in results}) == 1
            assert len({tuple(one.outcomes) for one in results}) == 1
            assert not any(one.alarms for one in results)
        assert len({roots(ledger) for ledger in opened}) == 1
        for ledger in opened:
            ledger.close()


@settings(max_examples=10)
@given(blocks=BLOCKS, flips=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 511)),
                                     max_size=3))
def test_memory_warmed_with_the_signature_of_another_text_admits_nothing_more(
    world, blocks, flips
):
    """Envelopes with flipped signature bits: a warm memory and a cold one refuse the same."""
    with tempfile.TemporaryDirectory() as folder:
        warm = SoloLedger(world.copy(folder, "warm"), now=now)
        cold = SoloLedger(world.copy(folder, "cold"), now=now)
        drawn = sum(signed(world, warm, blocks), [])
        for data in drawn:
            envelope = Envelope.parse(data)
            for one in envelope.signed.signatures:
                warm._signatures.check(world.wallets[envelope.header.submitter].keys[0].public, one)
        for at, bit in flips:
            if drawn:
                drawn.append(flipped(drawn[at % len(drawn)], bit))
        cold.engine._check = None
        assert warm.submit(drawn) == cold.submit(drawn)
        assert roots(warm) == roots(cold)
        warm.close()
        cold.close()


def flipped(data, bit):
    first, rest = data.split(b"\n", 1)
    plain = json.loads(first)
    raw = bytearray(unb64(plain["signatures"][0]["signature"], 64))
    raw[bit // 8] ^= 1 << bit % 8
    plain["signatures"][0]["signature"] = b64(bytes(raw))
    return json.dumps(plain, separators=(",", ":"), sort_keys=True).encode() + b"\n" + rest


@settings(max_examples=10)
@given(blocks=BLOCKS)
def test_export_replays_to_the_same_roots_and_the_same_export(world, blocks):
    with tempfile.TemporaryDirectory() as folder:
        with SoloLedger(world.copy(folder, "one"), now=now) as ledger:
            for block in signed(world, ledger, blocks):
                ledger.submit(block)
            text = b"".join(export_lines(ledger))
            reached = roots(ledger)
        replay(io.BytesIO(text), Path(folder) / "again")
        with SoloLedger(Path(folder) / "again") as again:
            assert roots(again) == reached
            assert b"".join(export_lines(again)) == text
            audit(again)


@settings(max_examples=10)
@given(blocks=BLOCKS, cut=st.integers(0, 20))
def test_accepted_operations_do_not_depend_on_how_submissions_are_cut_into_calls(
    world, blocks, cut
):
    """One call or many: other blocks, yet each operation gets the same answer."""
    with tempfile.TemporaryDirectory() as folder:
        one = SoloLedger(world.copy(folder, "one"), now=now)
        many = SoloLedger(world.copy(folder, "many"), now=now)
        drawn = sum(signed(world, one, blocks), [])
        answers = one.submit(drawn)
        at = cut % (len(drawn) + 1)
        others = many.submit(drawn[:at]) + [many.submit([data])[0] for data in drawn[at:]]
        assert [(a.name, a.operations) for a in answers] == [
            (a.name, a.operations) for a in others]
        for table in (b"application/", b"copy/", b"claim/", b"claimed/"):
            assert [key for key, _ in one.tree.scan(table)] == [
                key for key, _ in many.tree.scan(table)]
        one.close()
        many.close()


LEAVES = """
import sys
from pathlib import Path
from muniment.model.envelope import Envelope
from muniment.node.export import ExportReader
from muniment.node.founding import genesis_write
from muniment.engine import GENESIS_LEAF
from muniment.node.solo import SoloLedger
from muniment.storage.sqlite import SqliteStorage

with open(sys.argv[1], "rb") as file:
    reader = ExportReader(file)
    path = Path(sys.argv[2])
    path.mkdir()
    with SqliteStorage(path, create=True) as storage:
        storage.commit(genesis_write(reader.genesis, GENESIS_LEAF + reader.genesis_line, storage))
    with SoloLedger(path) as ledger:
        for block in reader.blocks():
            for leaf in ledger.run_block(block.height, block.time, block.envelopes).leaves:
                print(leaf)
        print(ledger.tree.root(), list(ledger.tree.scan(b"")))
"""


def test_another_hash_seed_gives_the_same_leaves_and_state(world, tmp_path):
    with SoloLedger(world.copy(tmp_path, "one"), now=now) as ledger:
        operations = [
            filing("XA", 1, "2026-01-05"), filing("XA", 1, "2026-01-05"),
            correcting("XA", 1, "2026-01-06", "2026-01-05"), copying("XB", "XA", 3, "2026-01-05"),
            claiming("XA", 1, "XB", 3), claiming("XA", 1, "XB", 4),
            _made("grant-role", {"account": world.agent, "office": "XA", "role": "registrar"}),
            _made("deny-participant", {
                "account": world.agent, "acts": ["record-copy", "file-application"],
                "office": "XA", "reason": "suspension", "review": "2026-12-01",
                "rights": ["trademark", "design"], "until": START + 99}),
        ]
        ledger.submit([ledger.sign(world.wallets["XA"], [encode(one) for one in operations])])
        (tmp_path / "export").write_bytes(b"".join(export_lines(ledger)))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", LEAVES, str(tmp_path / "export"), str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE)
        for seed in ("0", "4242")
    ]
    answers = [child.communicate()[0] for child in children]
    assert all(child.returncode == 0 for child in children)
    assert answers[0] == answers[1]
    assert answers[0].count(b"muniment/operation/v1") > 8


@settings(max_examples=8)
@given(blocks=BLOCKS)
def test_paged_state_and_a_plain_map_are_one_engine(world, blocks):
    """The engine over the reference tree of `proof.statetree` reaches every root of the paged one."""

    class Plain:
        def __init__(self):
            self.entries = {}

        def get(self, key):
            return self.entries.get(key)

        def scan(self, prefix, after=b""):
            return iter(sorted((key, value) for key, value in self.entries.items()
                               if key.startswith(prefix) and key > after))

        def apply(self, entries):
            self.entries.update(entries)
            return statetree.root(sorted(self.entries.items()))

    with tempfile.TemporaryDirectory() as folder, SoloLedger(
            world.copy(folder, "one"), now=now) as ledger:
        plain, log = Plain(), Frontier()
        plain.apply(initial_state(ledger.identity.genesis))
        for entry in ledger.storage.entries(0, 2):
            log.append(leaf_hash(entry.leaf))
        engine = Engine(ledger.identity.id, plain, log, check=VerifiedSignatures().check)
        for block in ledger.storage.blocks(0):
            engine.execute(block.height, block.time, stored(ledger, block))
        for height, block in enumerate(signed(world, ledger, blocks), ledger.head.height + 1):
            envelopes = [Envelope.parse(one) for one in block]
            one = ledger.run_block(height, START, envelopes)
            assert one.leaves == engine.execute(height, START, envelopes).leaves
        assert sorted(plain.entries.items()) == list(ledger.tree.scan(b""))
        assert engine.log.root() == ledger.engine.log.root()


def stored(ledger, block):
    envelopes = ledger.storage.envelopes(block.height)
    ends = [one.position for one in envelopes[1:]] + [block.position]
    return [
        Envelope.restore(one.jws, [entry.body for entry in
                                   ledger.storage.entries(one.position, end)])
        for one, end in zip(envelopes, ends, strict=True)
    ]


class RegisterMachine(RuleBasedStateMachine):
    """File, correct, copy, claim, grant, deny against dictionaries that a reader sees through."""

    world = None

    def __init__(self):
        super().__init__()
        RegisterMachine.world = RegisterMachine.world or World()
        self.folder = tempfile.TemporaryDirectory()
        self.register = Register(self.world.copy(self.folder.name, "one"), now=now)
        self.dates, self.copies, self.claims = {}, {}, {}
        self.registrars, self.barred = set(), set()

    def submit(self, operation, account):
        self.register.account = account
        return self.register.submit([operation]).operations[0]

    def may(self, who, office, kinds=("registrar",)):
        if who == office:
            return 0
        if not any((office, kind) in self.registrars for kind in kinds) or who != "agent":
            return 301
        return 302 if office in self.barred else 0

    def account(self, who):
        return self.world.agent if who == "agent" else who

    @rule(who=st.sampled_from(["XA", "XB", "agent"]), office=OFFICES, number=SMALL, date=DATES)
    def file(self, who, office, number, date):
        expected = self.may(who, office) or (2005 if date in {"2026-02-30", "2099-01-01"} else 0)
        expected = expected or (2006 if (office, number) in self.dates else 0)
        assert self.submit(filing(office, number, date), self.account(who)) == expected
        if not expected:
            self.dates[office, number] = date

    @rule(who=st.sampled_from(["XA", "agent"]), number=SMALL, date=DATES, was=DATES)
    def correct(self, who, number, date, was):
        stands = self.dates.get(("XA", number))
        expected = self.may(who, "XA") or (4001 if stands is None else 0)
        expected = expected or (4002 if date == was else 4003 if was != stands else 0)
        expected = expected or (4004 if date in {"2026-02-30", "2099-01-01"} else 0)
        assert self.submit(correcting("XA", number, date, was), self.account(who)) == expected
        if not expected:
            self.dates["XA", number] = date

    @rule(office=OFFICES, recorder=OFFICES, number=SMALL, date=DATES)
    def copy(self, office, recorder, number, date):
        expected = 2201 if office == recorder else 0
        expected = expected or (2204 if date in {"2026-02-30", "2099-01-01"} else 0)
        expected = expected or (2205 if (office, number, recorder) in self.copies else 0)
        assert self.submit(copying(office, recorder, number, date), recorder) == expected
        if not expected:
            self.copies[office, number, recorder] = date

    @rule(who=st.sampled_from(["XA", "agent"]), number=SMALL, earlier=SMALL)
    def claim(self, who, number, earlier):
        expected = self.may(who, "XA", ("registrar", "filer"))
        expected = expected or (3002 if ("XA", number) not in self.dates else 0)
        expected = expected or (3004 if earlier in self.claims.get(number, ()) else 0)
        assert self.submit(claiming("XA", number, "XB", earlier), self.account(who)) == expected
        if not expected:
            self.claims.setdefault(number, set()).add(earlier)

    @rule(office=OFFICES, kind=st.sampled_from(["registrar", "filer"]), grants=st.booleans())
    def role(self, office, kind, grants):
        plain = {"account": self.world.agent, "office": office, "role": kind}
        code = self.submit(_made("grant-role" if grants else "revoke-role", plain), office)
        held = (office, kind) in self.registrars
        assert code == (0 if grants or held else 1401)
        (self.registrars.add if grants else self.registrars.discard)((office, kind))

    @rule(office=OFFICES, bars=st.booleans())
    def deny(self, office, bars):
        self.register.account = office
        made = denying(self.register, self.world.agent, "suspension", 10) if bars else _made(
            "lift-denial", {"account": self.world.agent, "office": office, "reason": "appeal"})
        assert self.submit(made, office) == (0 if bars or office in self.barred else 1601)
        (self.barred.add if bars else self.barred.discard)(office)

    @invariant()
    def register_is_the_model(self):
        state = self.register.ledger.state
        filings = {(office, int(key.split(b"/")[4])): entry.date for office in FILED
                   for key, entry in state.rows(APPLICATIONS, office)}
        assert filings == self.dates
        copies = {(office, int(key.split(b"/")[4]), key.split(b"/")[5].decode()): entry.date
                  for office in FILED for key, entry in state.rows(COPIES, office)}
        assert copies == self.copies
        claims = {}
        for key, entry in state.rows(CLAIMS, "XA"):
            number = int(entry.earlier.number.rpartition("-")[2])
            claims.setdefault(int(key.split(b"/")[4]), set()).add(number)
        assert claims == self.claims
        assert not self.register.ledger.alarms

    def teardown(self):
        audit(self.register.ledger)
        self.register.__exit__(None, None, None)
        self.folder.cleanup()


TestRegisterIsItsModel = RegisterMachine.TestCase
TestRegisterIsItsModel.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)


DIGITS = st.text("0123456789", min_size=12, max_size=12)
DIGESTS = st.binary(max_size=2).map(lambda one: b64(sha256(one)))
COUNTED = st.integers(0, 40).map(lambda one: f"{one:012}")
SUFFIXES = st.one_of(
    st.tuples(st.sampled_from(["2025", "2026", "06"]), st.one_of(COUNTED, DIGITS)).map("/".join),
    st.integers(0, 30).map(lambda one: unknown_suffix(str(one))),
)
PARTS = st.tuples(OFFICES, st.sampled_from(["patent", "design"]), SUFFIXES).map("/".join)
MODEL_KEYS = st.one_of(
    PARTS.map(APPLICATIONS.key),
    st.tuples(PARTS, OFFICES).map(lambda one: COPIES.key(*one)),
    st.tuples(PARTS, COUNTED).map(lambda one: CLAIMS.key(*one)),
    st.tuples(PARTS, PARTS, COUNTED).map(lambda one: CLAIMED.key(*one)),
    DIGESTS.map(SEALED.key), DIGESTS.map(ACCOUNTS.key), DIGESTS.map(ADMISSIONS.key),
    st.tuples(OFFICES, DIGESTS).map(lambda one: DENIALS.key(*one)),
    st.tuples(OFFICES, st.just("filer"), DIGESTS).map(lambda one: ROLES.key(*one)),
)
CHAIN = st.integers(1, 250).map(lambda one: b"\xff" * one)
TWINS = st.tuples(st.integers(0, 200), st.integers(1, 255)).map(
    lambda one: b"p" * one[0] + bytes([one[1]]))
ANY_KEYS = st.one_of(MODEL_KEYS, CHAIN, TWINS, st.binary(min_size=1, max_size=6).filter(
    lambda one: b"\0" not in one))


@settings(max_examples=60)
@given(st.lists(st.lists(st.tuples(ANY_KEYS, st.binary(min_size=1, max_size=5)), max_size=70),
                min_size=1, max_size=4), st.sampled_from([1, 2, 1_000]), ANY_KEYS)
@example([[(b"\xff" * one, b"v") for one in range(1, 251)]], 1, b"\xff" * 99 + b"\x01")
@example([[(b"p" * one + b"\x01", b"v") for one in range(200)]], 2, b"p" * 100)
def test_paged_tree_equals_the_reference_for_any_keys_in_any_order(blocks, cached, asked):
    store, entries = {}, {}
    tree = PagedTree(store.get, pages_cached=cached)
    for block in blocks:
        fresh = dict(block)
        entries |= fresh
        assert tree.apply(sorted(fresh.items())) == statetree.root(sorted(entries.items()))
        store.update(tree.take_changed())
    again = PagedTree(store.get, tree.root_page, tree.next_page, pages_cached=cached)
    memory = statetree.MemoryTree(entries)
    assert list(again.scan(b"")) == sorted(entries.items())
    for key in [*list(entries)[:12], asked, asked[:1]]:
        assert again.get(key) == entries.get(key)
        assert again.neighbours(key) == memory.neighbours(key)
        assert list(again.scan(key)) == list(memory.scan(key))
        assert list(again.scan(b"", key)) == [one for one in sorted(entries.items()) if one[0] > key]
        if key in entries:
            assert again.path(key) == memory.path(key)


@settings(max_examples=25)
@given(st.dictionaries(MODEL_KEYS, st.just(b"{}"), min_size=1, max_size=250))
def test_keys_that_the_model_makes_have_paths_within_the_bound_and_proofs_that_verify(entries):
    tree = PagedTree({}.get)
    root = tree.apply(sorted(entries.items()))
    for key in entries:
        proof = statetree.prove_presence(tree, key)
        assert len(proof["sides"]) <= limits.STATE_PATH_DEPTH_MAX
        assert statetree.verify_presence(proof, root) == (key, b"{}")


def branching(key, keys):
    return len({statetree.first_difference(key, one) for one in keys if one != key})


def test_worst_counted_numbers_of_one_filing_stay_within_the_bound():
    """Every digit of number and place branches in every way: 12 digits are at most 48 levels."""
    base = "7" * 12
    others = [base[:at] + digit + base[at + 1 :] for at in range(12) for digit in "012345689"]
    key = CLAIMS.key(f"XA/patent/2026/{base}", f"{7:012}")
    keys = {key, *(CLAIMS.key(f"XA/patent/2026/{one}", f"{7:012}") for one in others),
            *(CLAIMS.key(f"XA/patent/2026/{base}", f"{one:012}") for one in range(64))}
    assert branching(key, keys) <= limits.STATE_PATH_DEPTH_MAX - 32
    tree = PagedTree({}.get)
    root = tree.apply(sorted((one, b"{}") for one in keys))
    statetree.verify_presence(statetree.prove_presence(tree, key), root)


def test_worst_keys_of_the_index_of_claims_stay_within_the_bound():
    base = "7" * 12
    others = [base[:at] + digit + base[at + 1 :] for at in range(12) for digit in "012345689"]
    named = ["XA/patent/2026/" + base]
    named += [f"XA/patent/2026/{one}" for one in others]
    named += [f"XA/patent/{year}/{base}" for year in range(1790, 2200)]
    named += [f"{first}A/patent/2026/{base}" for first in "ABDHPYZ"]
    named += [f"X{second}/patent/2026/{base}" for second in "BCEIQ"]
    named += [f"XA/{right}/2026/{base}" for right in ("design", "trademark", "utility-model")]
    key = claimed_key(named[0], f"{named[0]}/{7:012}")
    keys = {key, *(claimed_key(one, f"{named[0]}/{7:012}") for one in named),
            *(claimed_key(named[0], f"{one}/{7:012}") for one in named),
            *(claimed_key(named[0], f"{named[0]}/{one:012}") for one in range(64))}
    tree = PagedTree({}.get)
    root = tree.apply(sorted((one, b"{}") for one in keys))
    statetree.verify_presence(statetree.prove_presence(tree, key), root)


def test_office_cannot_publish_rows_so_deep_that_their_proofs_verify_nowhere(world, tmp_path):
    base = "m" * 48
    names = [base] + [base[:at] + one + base[at + 1 :] for at in range(48) for one in "lokieIM-"]
    with Register(world.copy(tmp_path, "one"), now=now) as register:
        register.account = "XB"
        for first in range(0, len(names), 8):
            made = _made("publish-reference-data", {
                "publisher": "XB", "table": "office-notes", "rows": [
                    {"name": ["XB", one], "row": {"source": "test"}}
                    for one in names[first : first + 8]]})
            outcome = register.submit([made])
            assert outcome.operations == (1705,)
