"""The engine: blocks of envelopes in, leaves and state out.

- Deterministic: the same blocks (height, time, envelopes, misbehaviour) give the same leaves,
  roots and codes, in every process, under every driver.
- Each operation runs on the state left by the one before it, and is accepted or refused by
  itself; in an atomic envelope one refusal refuses all.
- An exception in a check or effect, or a broken invariant, refuses that operation alone as
  `internal-fault`. Only a storage fault, or running out of memory or stack, stops the node.

It keeps no clock, opens no file and draws no random number; a driver gives it time and storage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from muniment import admission
from muniment.admission import Admitted, SignatureCheck
from muniment.authorisation import authorise, authorise_act
from muniment.codec import Digest, Natural, Payload, Record, encode, replace
from muniment.declare import Carries, Check, TransactionType
from muniment.editions import Rules, rules_of
from muniment.invariants import uphold
from muniment.model import codes
from muniment.model.confirmation import readiness
from muniment.model.context import Context
from muniment.model.envelope import Envelope, Erased
from muniment.model.ledger import CLOCK, EDITIONS, Clock, Edition, without_next
from muniment.model.misbehaviour import Misbehaviour, is_new, strike
from muniment.model.parameters import BLOCK_BYTES, value_of
from muniment.model.proposal import PROPOSALS, counted
from muniment.model.reference import PARAMETERS
from muniment.model.state import Base, Change, State, change
from muniment.model.validator import VALIDATORS, ValidatorUpdate, updates
from muniment.proof.crypto import b64
from muniment.proof.errors import Fault, LedgerError, Malformed, StorageFault, Unauthentic
from muniment.proof.merkle import Frontier, leaf_hash

GENESIS_LEAF = b"muniment/genesis/v1\n"
OPERATION_LEAF = b"muniment/operation/v1\n"
BLOCK_LEAF = b"muniment/block/v1\n"


class Tree(Base, Protocol):
    """The state tree as the engine needs it."""

    def apply(self, entries: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Add or replace entries sorted by key; return the new root."""


class BlockLeaf(Record, frozen=True, kw_only=True):
    """The last leaf of a block that changed something."""

    count: Natural
    """Leaves of this block before it."""
    edition: Digest
    """The hash of the edition's lock."""
    height: Natural
    """The height of the block."""
    state_root: Digest
    """The root of the state tree after the block."""
    time: Natural
    """The time of the block, in UTC seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one envelope."""

    name: str
    """`admitted`, or the name of the refusal."""
    code: int
    """0 if it was admitted, else the code of the refusal."""
    detail: str = ""
    """Why it was not admitted; never part of the ledger."""
    position: int = -1
    """The index in the log of its first operation's leaf, if it was admitted."""
    operations: tuple[int, ...] = ()
    """The code of each operation, if it was admitted."""


@dataclass(slots=True)
class BlockResult:
    """What a block did; nothing of it is stored yet."""

    height: int
    time: int
    outcomes: list[Outcome] = field(default_factory=list)
    envelopes: list[tuple[int, Envelope]] = field(default_factory=list)
    """The admitted envelopes, each with the position of its first leaf."""
    leaves: list[bytes] = field(default_factory=list)
    """The leaves that the block adds to the log, its block leaf last; none if it did nothing."""
    hashes: list[bytes] = field(default_factory=list)
    """Their RFC 9162 leaf hashes."""
    validators: tuple[ValidatorUpdate, ...] = ()
    """What the consensus engine must be told: each key once, power 0 for one that had some."""
    block_bytes: int | None = None
    """How large a block may be from now on, if the members changed it."""
    alarms: list[str] = field(default_factory=list)
    """Internal faults and reports of misbehaviour, for the operator's eyes."""


class Engine:
    """The state machine of one ledger.

    Args:
        ledger: The ledger's id.
        tree: The committed state tree.
        log: The frontier of the log.
        check: Verifies one signature; None verifies each anew.
        rules: The declarations to use instead of the packaged ones, by edition.
    """

    def __init__(
        self,
        ledger: str,
        tree: Tree,
        log: Frontier,
        *,
        check: SignatureCheck | None = None,
        types: tuple[TransactionType, ...] | None = None,
    ) -> None:
        self.ledger = ledger
        self.log = log
        self.state = State(tree)
        self._tree = tree
        self._check = check
        self._types = types
        self.rules = self._rules_in_force()

    def execute(
        self, height: int, time: int, envelopes: Sequence[Envelope],
        misbehaviour: Sequence[Misbehaviour] = (),
    ) -> BlockResult:
        """Execute a block and return what it did; the tree and the frontier have moved on.

        Args:
            height: The height of the block, above the last one's.
            time: The time of the block, in UTC seconds, never before the last one's.
            envelopes: What was submitted, in the order of the block.
            misbehaviour: What a consensus engine reports; applied after the envelopes.

        Raises:
            Fault: The height or the time goes back, or this code lacks the edition in force.
            StorageFault: The state that was read is damaged; the node must stop.
        """
        result = BlockResult(height, time)
        self._advance(result)
        for envelope in envelopes:
            result.outcomes.append(self._envelope(envelope, result))
        for report in misbehaviour:
            self._report(report, result)
        if result.leaves:
            self._close(result)
        return result

    def admit(self, envelope: Envelope, time: int) -> None:
        """Raise unless the envelope would be admitted now; nothing changes (CheckTx)."""
        admission.admit(envelope, self.state, ledger=self.ledger, time=time, rules=self.rules,
                        check=self._check)

    def _rules_in_force(self) -> Rules:
        edition = self.state.get(EDITIONS)
        if edition is None:
            raise Fault("The state names no edition.")
        rules = rules_of(edition.name, self._types)
        if rules.hash != edition.hash:
            raise Fault(
                f"This code computes another lock for edition {edition.name} than the ledger "
                f"names ({rules.hash} for {edition.hash}): it is not the code that wrote it."
            )
        return rules

    def _advance(self, result: BlockResult) -> None:
        clock = self.state.get(CLOCK)
        if clock is None or result.height <= clock.height or result.time < clock.time:
            raise Fault("Height and time of a block never go back.")
        edition = self.state.get(EDITIONS)
        announced = edition.next_height if edition is not None else None
        if edition is not None and announced is not None and result.height >= announced:
            self._end_announcement(edition, result)

    def _end_announcement(self, before: Edition, result: BlockResult) -> None:
        """Let the edition begin that was announced, or lapse if too few confirmed it."""
        name, ready, after = before.next_name, readiness(self.state, before), without_next(before)
        if name is None or before.next_hash is None:
            raise Fault("No edition was announced.")
        if ready.is_enough:
            rules = rules_of(name, self._types)
            if rules.hash != before.next_hash:
                raise Fault(f"This code lacks edition {name} as it was activated.")
            after = replace(after, hash=rules.hash, name=name)
            self.rules = rules
        else:
            result.alarms.append(
                f"edition {name} lapsed at height {result.height}: validators with {ready.power} "
                f"of {ready.total} power confirmed it")
        self.state.put((change(EDITIONS, EDITIONS.key(), before, after),))

    def _envelope(self, envelope: Envelope, result: BlockResult) -> Outcome:
        try:
            admitted, spent = admission.admit(
                envelope, self.state, ledger=self.ledger, time=result.time, rules=self.rules,
                check=self._check,
            )
        except LedgerError as error:
            return refusal(error)
        self.state.put((spent,))
        position = self.log.size
        outcomes = self._operations(admitted, result)
        self._append(admitted, outcomes, result)
        result.envelopes.append((position, envelope))
        return Outcome("admitted", 0, position=position, operations=tuple(outcomes))

    def _operations(self, admitted: Admitted, result: BlockResult) -> list[int]:
        mark = self.state.mark()
        outcomes: list[int] = []
        position = self.log.size
        for index, operation in enumerate(admitted.operations):
            ctx = Context(
                self.ledger, result.height, result.time, position + index,
                admitted.envelope.header.submitter, admitted.key_set, admitted.envelope.digest,
                index,
            )
            if isinstance(operation, Erased):
                outcome = operation.code
            else:
                outcome = self._guarded(operation, ctx, result)
            if outcome and admitted.envelope.header.atomic:
                self.state.undo(mark)
                outcomes = [codes.NOT_APPLIED] * len(admitted.operations)
                outcomes[index] = outcome
                return outcomes
            outcomes.append(outcome)
        return outcomes

    def _guarded(self, operation: Payload, ctx: Context, result: BlockResult) -> int:
        try:
            return self._operation(operation, ctx)
        except (StorageFault, MemoryError, RecursionError):
            raise
        except Exception as error:  # noqa: BLE001 - one poisoned operation must not halt anyone
            result.alarms.append(f"position {ctx.position}: {type(error).__name__}: {error}")
            return codes.INTERNAL_FAULT

    def _operation(self, operation: Payload, ctx: Context) -> int:
        kind, checks = self.rules.types[type(operation)]
        act = self.rules.act_of(operation)
        if act is not None:
            ctx = ctx._replace(carried=self.rules.carried(act))
        refused = authorise(kind, operation, self.state, ctx)
        if refused:
            return refused
        ran = kind.run(operation, self.state, ctx, checks)
        if isinstance(ran, Check):
            return ran.code
        if act is not None:
            more = self._act(kind, operation, act, ctx)
            if isinstance(more, int):
                return more
            ran += more
        uphold(ran, self.state)
        self.state.put(ran)
        return codes.ACCEPTED

    def _act(
        self, carrier: TransactionType, operation: Payload, act: Payload, ctx: Context
    ) -> int | tuple[Change, ...]:
        """Return what an act changes that its carrier enacts, or the code of its refusal."""
        kind, checks = self.rules.types[type(act)]
        if carrier.carries is Carries.PROPOSED:
            return authorise_act(kind, act, ctx.signer) or ()
        number = getattr(operation, "proposal", 0)
        proposal = self.state.get(PROPOSALS, counted(number))
        if proposal is None:
            raise Fault("An act is enacted that nobody proposed.")
        refused = authorise_act(kind, act, proposal.proposer)
        if refused:
            return refused
        mandated = ctx._replace(carried=None, mandate=number, signer=proposal.proposer)
        ran = kind.run(act, self.state, mandated, checks)
        return ran.code if isinstance(ran, Check) else ran

    def _append(self, admitted: Admitted, outcomes: Sequence[int], result: BlockResult) -> None:
        envelope = admitted.envelope
        digest, key_set = b64(envelope.digest), admitted.key_set
        for index, (line, hashed, outcome) in enumerate(
            zip(envelope.lines, envelope.hashes, outcomes, strict=True)
        ):
            size = line.size if isinstance(line, Erased) else len(line)
            # Every member is a number or base64url, so that these are its canonical bytes.
            leaf = (
                f'{{"bytes":{size},"code":{outcome},"envelope":"{digest}","index":{index},'
                f'"key_set":"{key_set}","operation":"{b64(hashed)}"}}'
            ).encode("ascii")
            self._leaf(OPERATION_LEAF + leaf, result)

    def _report(self, report: Misbehaviour, result: BlockResult) -> None:
        if not is_new(report, self.state):
            return
        changes = strike(report, self.state, self.log.size, result.time)
        uphold(changes, self.state)
        self.state.put(changes)
        result.alarms.append(f"position {self.log.size}: the engine reports {report.kind} of "
                             f"{report.address} at height {report.height}")
        self._leaf(report.leaf(), result)

    def _leaf(self, leaf: bytes, result: BlockResult) -> None:
        hashed = leaf_hash(leaf)
        self.log.append(hashed)
        result.leaves.append(leaf)
        result.hashes.append(hashed)

    def _close(self, result: BlockResult) -> None:
        before = self.state.get(CLOCK)
        after = Clock(height=result.height, time=result.time)
        self.state.put((change(CLOCK, CLOCK.key(), before, after),))
        written = self.state.take_written()
        result.validators = self._validator_updates(written)
        if PARAMETERS.key(BLOCK_BYTES) in dict(written):
            result.block_bytes = value_of(self.state, BLOCK_BYTES)
        root = self._tree.apply(written)
        leaf = BlockLeaf(
            count=len(result.leaves),
            edition=self.rules.hash,
            height=result.height,
            state_root=b64(root),
            time=result.time,
        )
        self._leaf(BLOCK_LEAF + encode(leaf), result)

    def _validator_updates(
        self, written: Sequence[tuple[bytes, bytes]]
    ) -> tuple[ValidatorUpdate, ...]:
        prefix = VALIDATORS.key()
        rows = []
        for key, value in written:
            if key.startswith(prefix):
                stood = self._tree.get(key)
                before = None if stood is None else VALIDATORS.decode(stood)
                rows.append((before, VALIDATORS.decode(value)))
        return updates(rows)


def refusal(error: LedgerError) -> Outcome:
    """Return the outcome of an envelope that was not admitted."""
    if isinstance(error, Malformed):
        other = codes.MALFORMED_OTHER
    elif isinstance(error, Unauthentic):
        other = codes.UNAUTHENTIC_OTHER
    else:
        other = codes.ENVELOPE_CODES["quota-exceeded"]
    return Outcome(error.name, codes.ENVELOPE_CODES.get(error.name, other), error.detail)
