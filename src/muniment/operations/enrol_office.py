"""Enrol an office: let an office write its own register in this ledger."""

from collections.abc import Iterator

from muniment.codec import Office, Payload
from muniment.declare import Example, Majority, Signer, TransactionType
from muniment.model import example as given
from muniment.model.account import ACCOUNTS, ADMISSIONS, Account, Admission, KeySet
from muniment.model.context import Context
from muniment.model.office import known_office
from muniment.model.possession import Possession, proves_possession
from muniment.model.reference import PARAMETERS
from muniment.model.state import Change, State, change


class EnrolOffice(Payload, frozen=True, kw_only=True, tag="enrol-office"):
    """What is said of the office."""

    key_set: KeySet
    """The office's first key set."""
    office: Office
    """The office's ST.3 code, which becomes its account id."""
    possession: Possession
    """A signature by each key over the key set's digest and the account."""


TYPE = TransactionType(
    name="enrol-office",
    number=10,
    payload=EnrolOffice,
    signers=frozenset({Signer.OPERATOR, Signer.MEMBERS}),
    may_change=frozenset({"account", "admission"}),
    register="",
    majority=Majority.ORDINARY,
)


@TYPE.check(1, "office-unknown", basis="WIPO Standard ST.3")
def office_is_known(operation: EnrolOffice, state: State, ctx: Context) -> bool:
    """The office MUST have a current ST.3 code, or a fictional one in a demo ledger."""
    profile = state.get(PARAMETERS, "profile")
    return known_office(operation.office, demo=profile is not None and profile.value == "demo")


@TYPE.check(2, "office-enrolled", basis="docs/formats/state-tree.md")
def office_is_new(operation: EnrolOffice, state: State, ctx: Context) -> bool:
    """The office MUST NOT be enrolled already."""
    return state.get(ACCOUNTS, operation.office) is None


@TYPE.check(3, "possession-not-proven", basis="docs/formats/genesis.md")
def keys_are_possessed(operation: EnrolOffice, state: State, ctx: Context) -> bool:
    """Each key of the key set MUST be admissible and MUST have signed the possession."""
    return proves_possession(operation.possession, operation.office, operation.key_set, ctx.ledger)


@TYPE.check(4, "key-set-marked-recovered", basis="docs/governance.md")
def keys_are_first(operation: EnrolOffice, state: State, ctx: Context) -> bool:
    """A first key set MUST NOT say that it was recovered."""
    return not operation.key_set.recovered_by_members


@TYPE.effect
def office_is_enrolled(operation: EnrolOffice, state: State, ctx: Context) -> Iterator[Change]:
    """The office has an account under its code, and its sequence begins."""
    account = Account(
        enrolled_by=ctx.signer, key_set=operation.key_set, kind="office", since=ctx.time
    )
    yield change(ACCOUNTS, ACCOUNTS.key(operation.office), None, account)
    yield change(ADMISSIONS, ADMISSIONS.key(operation.office), None, Admission())


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def enrol(office: str, name: str = "new", account: str | None = None) -> EnrolOffice:
        possession = given.possession(name, account or office)
        return EnrolOffice(key_set=given.key_set(name), office=office, possession=possession)

    yield Example("plain", enrol("XC"))
    yield Example("iso-code-only", enrol("PR"), "office-unknown")
    yield Example("again", enrol("XB"), "office-enrolled")
    yield Example("possession-for-another", enrol("XC", account="XD"), "possession-not-proven")
    yield Example("recovered-before-it-was", EnrolOffice(
        key_set=given.recovered("new"), office="XC",
        possession=given.recovered_possession("new", "XC")), "key-set-marked-recovered")
