"""Misbehaviour that the consensus engine reports: a leaf of the log, and the validator's power.

- The same report is recorded once, however often the engine brings it.
- The power of the validator becomes 0 and stays so until the members seat it again. The last
  validator with power keeps it: without any the chain would stop for ever.
"""

from dataclasses import dataclass

from muniment.codec import Natural, Office, Record, Word, decoder, encode, replace
from muniment.model.power import is_sound, settle
from muniment.model.state import Change, State, Table, change
from muniment.model.validator import ENGINE_KEYS, VALIDATORS, Address
from muniment.proof.crypto import b64, sha256
from muniment.proof.errors import LedgerError, Malformed

ENGINE_LEAF = b"muniment/engine/v1\n"


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One report of the engine, as its block carries it (CometBFT, spec/abci: Misbehavior)."""

    kind: Word
    """`duplicate-vote`, `light-client-attack` or `unknown`."""
    address: Address
    """The first 20 bytes of SHA-256 of the validator's key, in hexadecimal."""
    height: Natural
    """The height at which it happened."""
    time: Natural
    """The time at which it happened, in UTC seconds."""
    total_power: Natural
    """The power of all validators at that height."""

    def leaf(self) -> bytes:
        """Return the leaf of the log that records it."""
        return ENGINE_LEAF + encode(self)


class Report(Record, frozen=True, kw_only=True):
    """A report that was recorded."""

    entry: Natural
    """Position in the log of its leaf."""
    height: Natural
    """The height at which it happened."""
    kind: Word
    """What happened, e.g. `duplicate-vote`."""
    office: Office | None = None
    """The office whose key it was; absent if no office enrolled it."""
    recorded: Natural
    """Block time of the record, in UTC seconds."""


REPORTS = Table("misbehaviour", Report, "What the engine reported, by SHA-256 of its leaf.")
_decode = decoder(Misbehaviour)


def read_leaf(leaf: bytes) -> Misbehaviour:
    """Return the report that an engine leaf records.

    Raises:
        Malformed: It is no engine leaf, or not in canonical form.
    """
    if not leaf.startswith(ENGINE_LEAF):
        raise Malformed("malformed-value", "The leaf is not of kind engine.",
                        basis="docs/formats/log-leaf.md")
    report: Misbehaviour = _decode(leaf[len(ENGINE_LEAF) :])
    return report


def is_new(report: Misbehaviour, state: State) -> bool:
    """Return whether a report is well-formed and was not recorded before."""
    try:
        leaf = report.leaf()
        read_leaf(leaf)
    except (LedgerError, OverflowError, TypeError):
        return False
    return state.get(REPORTS, _name(leaf)) is None


def strike(report: Misbehaviour, state: State, position: int, time: int) -> tuple[Change, ...]:
    """Return what a new report changes: its record, and the power of the validators.

    Args:
        report: The report.
        state: The state before it.
        position: The index in the log of its leaf.
        time: Block time, in UTC seconds.
    """
    owner = state.get(ENGINE_KEYS, report.address)
    office = owner.office if owner is not None else None
    record = Report(entry=position, height=report.height, kind=report.kind, office=office,
                    recorded=time)
    recorded = change(REPORTS, REPORTS.key(_name(report.leaf())), None, record)
    node = state.get(VALIDATORS, office) if office is not None else None
    if office is None or node is None:
        return (recorded,)
    taken = settle(state, time, nodes={office: replace(node, reported=position)})
    return (recorded, *taken) if is_sound(state, taken) else (recorded,)


def _name(leaf: bytes) -> str:
    return b64(sha256(leaf))
