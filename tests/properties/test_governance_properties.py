"""Random walks of governance: the set stays valid, no less than the threshold ever enacts, and a
replay by one process ends in the same roots. The counts are made anew here, with fractions."""

import io
import shutil
import tempfile
from fractions import Fraction
from pathlib import Path

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.governing import (
    DAY,
    as_office,
    attest,
    date_of,
    enacting,
    enrol_node,
    found_network,
    powers,
    proposing,
    report,
    voting,
)

from muniment.cli.account import _made
from muniment.model.example import key
from muniment.model.member import GOVERNANCE, MEMBERS
from muniment.model.power import SERVICE
from muniment.model.proposal import PROPOSALS, counted
from muniment.model.validator import VALIDATORS, ValidatorUpdate
from muniment.node.audit import audit
from muniment.node.enrolment import enrol
from muniment.node.export import export_lines, replay
from muniment.node.founding import found
from muniment.node.governance import act_of, node_enrolment
from muniment.node.register import Register
from muniment.operations.admit_member import AdmitMember
from muniment.operations.remove_member import RemoveMember
from muniment.operations.seat_validator import SeatValidator
from muniment.operations.set_parameter import SetParameter
from muniment.operations.set_power_policy import SetPowerPolicy

START = 1_790_000_000
ALL = ("XA", "XB", "XC", "XD", "XE")
NAMED = st.sampled_from(ALL)
UNITS = st.sampled_from([0, 1, 5, 1_000_000_000])
ACTS = st.one_of(
    st.builds(AdmitMember, office=NAMED, units=UNITS), st.builds(RemoveMember, office=NAMED),
    st.builds(SeatValidator, office=NAMED), st.builds(SeatValidator, office=NAMED),
    NAMED.map(lambda office: _made("retire-validator", {"office": office})),
    st.builds(SetPowerPolicy, policy=st.sampled_from(
        ["authority", "weighted", "delegated", "importance"]),
        units=st.dictionaries(NAMED, UNITS, max_size=3)),
    st.builds(SetParameter, name=st.just("majority-constitutional"),
              value=st.sampled_from([40, 45, 50])),
)


class EngineSet:
    """The validators as CometBFT keeps them: it stops at what the specification forbids."""

    def __init__(self):
        self.power = {}

    def update(self, changes):
        names = [one.key for one in changes]
        assert len(set(names)) == len(names), "a key twice in one block"
        for name, power in changes:
            assert power or name in self.power, "an unknown validator is removed"
            self.power[name] = power
        self.power = {name: power for name, power in self.power.items() if power}
        assert self.power or not changes, "the set is empty"
        assert sum(self.power.values()) < 2**63 // 8


class Template:
    """A founded network, made once and copied for each walk."""

    made = None

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "template"
        found(self.path, office="XA", name="register.test.example", profile="demo",
              now=lambda: START)
        with Register(self.path, now=lambda: START) as register:
            enrol(register, "XE")
            found_network(register)


class GovernanceMachine(RuleBasedStateMachine):
    """Propose, vote, enact, leave, lend, attest, report, as drawn; count by oneself."""

    @initialize()
    def begin(self):
        Template.made = Template.made or Template()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(shutil.copytree(Template.made.path, Path(self.folder.name) / "ledger"))
        self.time, self.keys = START, 0
        self.register = Register(path, now=lambda: self.time)
        self.engine = EngineSet()
        self.engine.power = {one.key: one.power for _, one in
                             self.register.ledger.state.rows(VALIDATORS) if one.power}
        run = self.register.ledger.run_block

        def observed(*given):
            result = run(*given)
            self.engine.update(result.validators)
            return result

        self.register.ledger.run_block = observed
        self.joined = dict.fromkeys(("XA", "XB", "XC", "XD"), 0)
        self.units = dict.fromkeys(self.joined, 10)
        self.policy, self.share, self.step = "authority", Fraction(40, 60), 1
        self.acts, self.votes, self.expires, self.done = {}, {}, {}, set()

    def submit(self, office, operation):
        self.step += 1
        return as_office(self.register, office, operation)

    @rule(office=NAMED, act=ACTS)
    def propose(self, office, act):
        code = self.submit(office, proposing(office, act))
        assert code == (0 if office in self.joined else 301)
        if not code:
            number = self.register.ledger.state.get(GOVERNANCE).proposals
            assert number == len(self.acts) + 1
            self.acts[number], self.votes[number] = act, {}
            self.expires[number] = self.time + 30 * DAY

    @rule(office=NAMED, back=st.integers(0, 3), favour=st.sampled_from([True, True, True, False]))
    def vote(self, office, back, favour):
        number = len(self.acts) - back
        code = self.submit(office, voting(self.register, office, max(0, number), favour))
        if office not in self.joined:
            assert code == 301
        elif number not in self.acts:
            assert code == 4301
        elif number in self.done:
            assert code == 4302
        else:
            assert code == (4303 if self.time >= self.expires[number] else 0)
            if not code:
                self.votes[number][office] = (self.step, favour)

    @rule(acts=st.lists(ACTS, min_size=1, max_size=6), stays_away=st.one_of(
        st.just(""), NAMED, NAMED))
    def decide(self, acts, stays_away):
        """Whoever is a member proposes; all but one agree; somebody tries to enact it."""
        for act in acts:
            proposer = min(self.joined)
            self.propose(proposer, act)
            for office in sorted(self.joined.keys() - {stays_away}):
                self.vote(office, 0, favour=True)
            self.enact(proposer, 0)

    @rule(office=NAMED, back=st.integers(0, 3))
    def enact(self, office, back):
        number = len(self.acts) - back
        if number not in self.acts:
            return
        act = act_of(self.register.ledger, number)
        carried = self.carried(number)
        code = self.submit(office, enacting(act, office, number))
        if office not in self.joined:
            assert code == 301
        elif number in self.done:
            assert code == 4403
        elif self.time >= self.expires[number]:
            assert code == 4404
        elif not carried:
            assert code == 4405
        else:
            assert code not in {901, 4401, 4402, 4403, 4404, 4405, 301, 304, 305}
            if code == 0:
                self.done.add(number)
                self.follow(self.acts[number])

    @precondition(lambda self: len(self.joined) > 3)
    @rule(office=NAMED, act=ACTS, returns=st.booleans())
    def vote_and_go(self, office, act, returns):
        """A member votes, is removed, and perhaps admitted again, before it is counted."""
        if office not in self.joined:
            return
        others = sorted(self.joined.keys() - {office})
        self.propose(others[0], act)
        number = len(self.acts)
        for one in (office, others[0]):
            self.vote(one, 0, favour=True)
        for after in [RemoveMember(office=office), AdmitMember(office=office, units=5)][
                : 1 + returns]:
            self.propose(others[0], after)
            for one in others:
                self.vote(one, 0, favour=True)
            self.enact(others[0], 0)
        self.vote(others[1], len(self.acts) - number, favour=True)
        self.enact(others[0], len(self.acts) - number)

    def carried(self, number):
        """Count by heads and by units, of who is a member now and voted since it was admitted."""
        weight = dict.fromkeys(self.joined, 1)
        if self.policy in {"weighted", "delegated"} and any(
                self.units[one] for one in self.joined):
            weight = {one: self.units[one] for one in self.joined}
        favour = [one for one, (step, agrees) in self.votes[number].items()
                  if agrees and one in self.joined and step > self.joined[one]]
        total = sum(weight.values())
        share = Fraction(2, 3) if len(favour) >= len(self.joined) - 1 else self.share
        return total > 0 and Fraction(sum(weight[one] for one in favour), total) > share and (
            2 * len(favour) > len(self.joined))

    def follow(self, act):
        kind = type(act).__name__
        event(f"enacted {kind}")
        if kind == "AdmitMember":
            self.joined[act.office], self.units[act.office] = self.step, act.units
        elif kind == "RemoveMember":
            del self.joined[act.office]
        elif kind == "SetPowerPolicy":
            self.policy = act.policy
            self.units |= act.units
        elif kind == "SetParameter":
            self.share = Fraction(act.value, 60)

    @precondition(lambda self: len(self.joined) > 3)
    @rule(office=NAMED)
    def leave(self, office):
        code = self.submit(office, _made("leave-members", {"member": office}))
        assert code in ({0, 4701, 4702} if office in self.joined else {301})
        if code == 0:
            del self.joined[office]

    @rule(office=NAMED, to=st.one_of(st.none(), NAMED))
    def lend(self, office, to):
        code = self.submit(office, _made("lend-units", {
            "member": office, **({"to": to} if to else {})}))
        assert code in ({0, 5501, 5502, 5503} if office in self.joined else {301})

    @precondition(lambda self: len(self.acts) > 3)
    @rule(office=NAMED)
    def retire(self, office):
        assert self.submit(office, _made("retire-validator", {"office": office})) in {
            0, 5201, 5202}

    @rule(office=NAMED, fresh=st.booleans())
    def enrol(self, office, fresh):
        self.keys += 1
        name = f"{office} {self.keys}" if fresh else office
        self.register.account = office
        operation = node_enrolment(self.register, key(f"engine {name}"), key(f"log {name}"),
                                   "ab" * 20)
        assert self.submit(office, operation) in {0, 4803, 4805}

    @rule(office=NAMED, height=st.integers(1, 3))
    def misbehave(self, office, height):
        ledger = self.register.ledger
        ledger.run_block(ledger.head.height + 1, max(self.time, ledger.head.time), [],
                         [report(office, height)])

    @rule(office=NAMED, other=NAMED, signed=st.integers(0, 10))
    def attest(self, office, other, signed):
        self.submit(office, attest(office, other, date_of(self.time - DAY), signed, 10))

    @rule(days=st.sampled_from([1, 1, 8, 31]))
    def wait(self, days):
        self.time += days * DAY

    @invariant()
    def set_is_valid_and_what_the_engine_was_told(self):
        rows = [one for _, one in self.register.ledger.state.rows(VALIDATORS)]
        assert {one.key: one.power for one in rows if one.power} == self.engine.power
        assert self.engine.power
        assert not any("Fault" in one for one in self.register.ledger.alarms)

    @invariant()
    def members_are_who_was_admitted_and_did_not_leave(self):
        state = self.register.ledger.state
        rows = {name.decode().split("/")[1]: one for name, one in state.rows(MEMBERS)}
        assert {one for one, row in rows.items() if row.left is None} == self.joined.keys()
        assert all(rows[one].units == self.units[one] for one in self.joined)
        enacted = {number for number in self.acts
                   if state.get(PROPOSALS, counted(number)).enacted is not None}
        assert enacted == self.done

    @invariant()
    def power_follows_the_policy_from_the_members_alone(self):
        state, rows = self.register.ledger.state, {}
        for name, one in state.rows(VALIDATORS):
            rows[name.decode().split("/")[1]] = one
        seated = {office for office, one in rows.items()
                  if one.seated is not None and one.reported is None and office in self.joined}
        power = powers(self.register)
        assert all(power[office] == 0 for office in rows.keys() - seated)
        if self.policy == "authority":
            assert all(power[office] == 1 for office in seated)
        elif self.policy == "weighted":
            assert all(power[office] == self.units[office] for office in seated)
        elif self.policy == "delegated":
            for office in seated:
                lent = {one: state.get(MEMBERS, one).lent_to for one in self.joined}
                lenders = [one for one, to in lent.items()
                           if (to if to in self.joined else one) == office]
                assert power[office] == sum(self.units[one] for one in lenders)
        else:
            assert all(1_000 <= power[office] <= 2_000 for office in seated)
            if len(seated) >= 4:
                assert all(3 * power[one] < sum(power.values()) for one in seated)
            else:
                assert all(power[office] == 1_000 for office in seated)
        assert all(one.earned <= 64_000 * 4 + 4_000 for _, one in state.rows(SERVICE))

    def teardown(self):
        if not hasattr(self, "register"):
            return
        ledger = self.register.ledger
        audit(ledger)
        text = b"".join(export_lines(ledger))
        reached = replay(io.BytesIO(text), Path(self.folder.name) / "replayed")
        assert reached["size"] == ledger.head.size
        self.register.__exit__(None, None, None)
        self.folder.cleanup()


TestGovernanceWalks = GovernanceMachine.TestCase
TestGovernanceWalks.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


def test_engine_set_stops_at_what_the_specification_forbids():
    """The oracle of the walks refuses what CometBFT would stop at."""
    for given, changes in (({}, [("a", 0)]), ({"a": 1}, [("a", 0)]),
                           ({"a": 1}, [("b", 1), ("b", 2)]), ({"a": 1}, [("b", 2**60)])):
        one = EngineSet()
        one.power = dict(given)
        try:
            one.update([ValidatorUpdate(*change) for change in changes])
        except AssertionError:
            continue
        raise AssertionError(changes)


def test_walk_that_empties_no_set(tmp_path):
    """The shortest ways to an empty set, one after another, end where the rules stop them."""
    Template.made = Template.made or Template()
    path = shutil.copytree(Template.made.path, tmp_path / "ledger")
    with Register(path, now=lambda: START) as register:
        for office in ("XA", "XB", "XC"):
            assert as_office(register, office, _made("retire-validator", {"office": office})) == 0
        assert as_office(register, "XD", _made("retire-validator", {"office": "XD"})) == 5202
        register.account = "XD"
        enrol_node(register, "XD", "XD again")
        assert sum(powers(register).values()) == 1
