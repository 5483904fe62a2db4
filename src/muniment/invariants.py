"""Sentences that are true after every operation, over its changes.

They are checked after each accepted operation, in production too. A broken one means a wrong
rule: the operation is refused as `internal-fault` and nothing of it stays.
"""

from collections.abc import Callable

from muniment.codec import replace
from muniment.declare import invariant
from muniment.model.account import Account, Denial, Grant
from muniment.model.application import Application, Copy, Coverage, Sealed
from muniment.model.claim import Claim, Claimed, Finding
from muniment.model.member import Governance
from muniment.model.power import is_sound
from muniment.model.proposal import Proposal
from muniment.model.recovery import Recovery
from muniment.model.relation import Related, Relation
from muniment.model.state import Change, State
from muniment.model.validator import VALIDATORS

Invariant = Callable[[Change], None]


def uphold(changes: tuple[Change, ...], state: State) -> None:
    """Check every invariant over the changes of one operation, before they are written.

    Raises:
        Fault: One of the sentences is not true.
    """
    keys = set()
    for change in changes:
        invariant(change.key not in keys, "An operation changes a key once.")
        keys.add(change.key)
        invariant(state.stands(change), "A change names the value that stands.")
        rule = _BY_TABLE.get(change.table)
        if rule is not None:
            rule(change)
    if any(change.table == VALIDATORS.name for change in changes):
        invariant(is_sound(state, changes), "The validators never lose all power, nor exceed it.")


def number_is_issued_once(change: Change) -> None:
    """An application number is issued once per office, and its entry never moves."""
    before, after = change.before, change.after
    invariant(isinstance(after, Application), "An application stays an application.")
    if isinstance(before, Application) and isinstance(after, Application):
        kept = (before.entry, before.number, before.recorded) == (
            after.entry, after.number, after.recorded)
        invariant(kept, "An application's entry, number and time of recording never change.")
        for old, new in ((before.ended, after.ended), (before.published, after.published)):
            invariant(old in (None, new), "An end or a publication is entered once.")
        gone = before.disclosed.keys() - after.disclosed.keys()
        invariant(not gone, "A disclosed name is erased or disclosed anew, never dropped.")


def copy_keeps_its_source(change: Change) -> None:
    """A copy keeps its source and its entry."""
    before, after = change.before, change.after
    if isinstance(before, Copy) and isinstance(after, Copy):
        kept = (before.entry, before.source) == (after.entry, after.source)
        invariant(kept, "A copy keeps its source and its entry.")


def seal_opens_once(change: Change) -> None:
    """A sealed filing keeps its digest and is opened once."""
    before, after = change.before, change.after
    if isinstance(before, Sealed) and isinstance(after, Sealed):
        invariant(before.opened is None, "A sealed filing is opened once.")
        kept = (before.digest, before.submitter) == (after.digest, after.submitter)
        invariant(kept, "A sealed filing keeps its digest and its submitter.")


def account_keeps_its_kind(change: Change) -> None:
    """An account keeps its kind and the time of its enrolment."""
    before, after = change.before, change.after
    if isinstance(before, Account) and isinstance(after, Account):
        kept = (before.kind, before.since) == (after.kind, after.since)
        invariant(kept, "An account keeps its kind and the time of its enrolment.")
        marked = before.key_set.recovered_by_members <= after.key_set.recovered_by_members
        invariant(marked, "That members recovered an account shows for ever.")


def period_is_ordered(change: Change) -> None:
    """A role or a denial ends no earlier than it begins."""
    after = change.after
    if isinstance(after, Grant | Denial):
        ordered = after.since <= after.until or change.before is not None
        invariant(ordered, "A new role or denial ends after it begins.")


def claim_keeps_its_entry(change: Change) -> None:
    """A claim keeps its entry, its time and its submitter, and falls once; its finding is one."""
    before, after = change.before, change.after
    invariant(isinstance(after, Claim | Claimed | Finding), "A claim stays a claim.")
    if isinstance(before, Claim) and isinstance(after, Claim):
        kept = (before.entry, before.recorded, before.submitter) == (
            after.entry, after.recorded, after.submitter)
        invariant(kept, "A claim keeps its entry, its time of recording and its submitter.")
        stays = before.status != "Abandoned" or after.status == "Abandoned"
        invariant(stays, "A withdrawn claim stays withdrawn.")
        once = before.restored in (None, after.restored)
        invariant(once, "A right is restored once.")
    if isinstance(before, Claimed) and isinstance(after, Claimed):
        invariant(before.claim == after.claim, "An index entry keeps its claim.")


def document_never_changes(change: Change) -> None:
    """A priority document is recorded once."""
    invariant(change.before is None, "A priority document never changes.")


def relation_is_withdrawn_once(change: Change) -> None:
    """A relation changes only by being withdrawn, once, or by being declared anew."""
    before, after = change.before, change.after
    invariant(isinstance(after, Relation | Related), "A relation stays a relation.")
    if isinstance(before, Relation) and isinstance(after, Relation):
        falls = before.withdrawn is None and replace(after, withdrawn=None) == before
        anew = before.withdrawn is not None and after.withdrawn is None
        invariant(falls or anew, "A relation is withdrawn once, or declared anew.")
    if isinstance(before, Related) and isinstance(after, Related):
        invariant(before.filing == after.filing, "An index entry keeps its filing.")


def coverage_is_dated(change: Change) -> None:
    """A declaration of coverage has the time at which it was made."""
    after = change.after
    invariant(isinstance(after, Coverage) and after.declared > 0, "Coverage is dated.")


def members_stay_in_charge(change: Change) -> None:
    """Once the members have taken over they stay in charge, and proposals are counted on."""
    before, after = change.before, change.after
    if isinstance(before, Governance) and isinstance(after, Governance):
        invariant(before.since == after.since, "The members took over once.")
        counted = after.proposals - before.proposals in (0, 1)
        invariant(counted, "Proposals are counted one by one.")


def proposal_is_enacted_once(change: Change) -> None:
    """A proposal changes only by being enacted, once."""
    before, after = change.before, change.after
    if isinstance(before, Proposal) and isinstance(after, Proposal):
        same = replace(after, enacted=None) == before and after.enacted is not None
        invariant(same, "A proposal changes only by being enacted, once.")


def engine_key_keeps_its_office(change: Change) -> None:
    """An engine key belongs to one office for ever."""
    invariant(change.before is None, "An engine key is enrolled once.")


def report_is_recorded_once(change: Change) -> None:
    """A report of misbehaviour is recorded once."""
    invariant(change.before is None, "A report is recorded once.")


def recovery_ends_once(change: Change) -> None:
    """A recovery that has ended stays ended; only another decision begins a new one."""
    before, after = change.before, change.after
    if isinstance(before, Recovery) and isinstance(after, Recovery):
        ends = before.outcome == "pending" and after.entry == before.entry
        begins = before.outcome != "pending" and after.outcome == "pending"
        invariant(ends or begins, "A recovery ends once.")


_BY_TABLE: dict[str, Invariant] = {
    "account": account_keeps_its_kind,
    "application": number_is_issued_once,
    "claim": claim_keeps_its_entry,
    "claimed": claim_keeps_its_entry,
    "copy": copy_keeps_its_source,
    "coverage": coverage_is_dated,
    "deny": period_is_ordered,
    "document": document_never_changes,
    "engine-key": engine_key_keeps_its_office,
    "finding": claim_keeps_its_entry,
    "governance": members_stay_in_charge,
    "misbehaviour": report_is_recorded_once,
    "proposal": proposal_is_enacted_once,
    "recovery": recovery_ends_once,
    "related": relation_is_withdrawn_once,
    "relation": relation_is_withdrawn_once,
    "role": period_is_ordered,
    "sealed": seal_opens_once,
}
