"""The vocabulary in which a transaction type is declared, whole, in one file.

- Shape is the payload type. Checks read `(operation, state, ctx)` and say yes or no. The effect
  yields changes and cannot refuse.
- The order of the checks in the file is their precedence; a check's number is its identity and
  is frozen for ever: its code is 100 * the type's number + its own.
- Who may sign is data: `signers` names roles at the office that the payload's member `register`
  names.

It knows no transaction type and no register.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from muniment.codec import Payload, Record, name_of
from muniment.model.context import Context
from muniment.model.state import Change, State
from muniment.proof.errors import Fault

Predicate = Callable[[Any, State, Context], bool]
Effect = Callable[[Any, State, Context], Iterable[Change]]
PredicateType = TypeVar("PredicateType", bound=Predicate)
EffectType = TypeVar("EffectType", bound=Effect)


class Signer(StrEnum):
    """Who may sign a transaction type."""

    OPERATOR = "operator"
    """The account that genesis names."""
    OFFICE = "office"
    """The office whose register changes."""
    REGISTRAR = "registrar"
    """A registrar of that office."""
    FILER = "filer"
    """A filer at that office."""
    ITSELF = "itself"
    """The account that the payload names."""
    MEMBER = "member"
    """The office that the payload names, while it is a member."""
    MEMBERS = "members"
    """The members together, by a proposal that they carried; beside `operator`: he until they
    have taken over."""
    ANYONE = "anyone"
    """Any account: what the operation says is proven by itself."""


class Majority(StrEnum):
    """How many members must agree to an act that only they do together."""

    NONE = ""
    """It is no act of the members."""
    ORDINARY = "ordinary"
    """More than half, unless they chose more."""
    CONSTITUTIONAL = "constitutional"
    """More than two thirds, unless they chose more."""
    TWO_THIRDS = "two-thirds"
    """More than two thirds, whatever they chose for other acts."""


class Carries(StrEnum):
    """What an operation does with the act in its member `act`."""

    NONE = ""
    """It carries none."""
    PROPOSED = "proposed"
    """The act is put to the vote."""
    ENACTED = "enacted"
    """The act is run with the members' mandate, and its changes are those of the operation."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: a sentence, a predicate, a refusal and its legal basis."""

    code: int
    refusal: str
    basis: str
    holds: Predicate
    since: str
    until: str | None

    @property
    def sentence(self) -> str:
        """The rule in words, with its MUST."""
        return " ".join((self.holds.__doc__ or "").split())


@dataclass(frozen=True, slots=True)
class Example:
    """A worked case: what was given, what is asked, what comes out."""

    name: str
    """Its name in kebab-case."""
    operation: Payload
    """The operation."""
    refusal: str | None = None
    """The refusal that is expected; None if it is accepted."""
    given: Mapping[bytes, Record] = field(default_factory=dict)
    """State entries beside those of the little world of `model/example.py`."""
    signer: str = "XA"
    """The account that signs."""
    key_set: str | None = None
    """The digest of the key set that signs, where it is not the account's own."""
    mandate: int | None = None
    """The number of the proposal by which the members enact it."""


Cases = Callable[[], Iterable[Example]]


@dataclass(frozen=True, slots=True, eq=False)
class TransactionType:
    """A kind of operation.

    Args:
        name: Name in kebab-case, as it stands in the member `type`.
        number: Number of the type, from 10, frozen for ever.
        payload: What the operation says.
        signers: Who may sign it.
        may_change: The tables that its effect may touch.
        register: The payload's member that names the office (or account) it speaks for; empty for
            acts of the operator.
        event: The WIPO status event that it stands for, or empty.
        since: The edition from which it is in force.
        majority: How many members must agree, if it is an act of the members.
        carries: What it does with an act that it carries.
    """

    name: str
    number: int
    payload: type[Payload]
    signers: frozenset[Signer]
    may_change: frozenset[str]
    register: str = "office"
    event: str = ""
    since: str = "2026"
    majority: Majority = Majority.NONE
    carries: Carries = Carries.NONE
    checks: list[Check] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    cases: list[Cases] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse a declaration whose payload is tagged with another name."""
        if name_of(self.payload) != self.name:
            raise Fault(f"The payload of {self.name} is tagged {name_of(self.payload)}.")
        if (Signer.MEMBERS in self.signers) != bool(self.majority):
            raise Fault(f"{self.name} must say which majority of the members it needs.")

    def check(
        self, number: int, refusal: str, *, basis: str, since: str = "2026",
        until: str | None = None,
    ) -> Callable[[PredicateType], PredicateType]:
        """Declare a check; file order is precedence."""
        def declare(holds: PredicateType) -> PredicateType:
            code = 100 * self.number + number
            self.checks.append(Check(code, refusal, basis, holds, since, until))
            return holds

        return declare

    def effect(self, function: EffectType) -> EffectType:
        """Declare the one effect."""
        self.effects.append(function)
        return function

    def examples(self, function: Cases) -> Cases:
        """Declare the worked cases: one that is accepted, and one for each check."""
        self.cases.append(function)
        return function

    def run(
        self, operation: Any, state: State, ctx: Context, checks: Iterable[Check]
    ) -> Check | tuple[Change, ...]:
        """Return the first of `checks` that fails, or the changes of the effect."""
        for check in checks:
            if not check.holds(operation, state, ctx):
                return check
        changes = tuple(
            change for effect in self.effects for change in effect(operation, state, ctx)
        )
        for change in changes:
            invariant(change.table in self.may_change, "Only declared tables change.")
        return changes


def invariant(condition: bool, sentence: str) -> None:
    """Raise Fault with `sentence` unless it is true."""
    if not condition:
        raise Fault(sentence)
