"""Enrol a participant: give an applicant, agent, court or joint body an account."""

from collections.abc import Iterator

from muniment.codec import Office, Payload
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.account import ACCOUNTS, ADMISSIONS, Account, Admission, KeySet
from muniment.model.context import Context
from muniment.model.possession import Possession, proves_possession
from muniment.model.state import Change, State, change


class EnrolParticipant(Payload, frozen=True, kw_only=True, tag="enrol-participant"):
    """What the enrolling office says of the participant."""

    key_set: KeySet
    """The participant's first key set; its digest becomes the account id."""
    office: Office
    """The office that enrols."""
    possession: Possession
    """A signature by each key over the key set's digest and the account."""


TYPE = TransactionType(
    name="enrol-participant",
    number=11,
    payload=EnrolParticipant,
    signers=frozenset({Signer.OFFICE}),
    may_change=frozenset({"account", "admission"}),
)


@TYPE.check(1, "participant-enrolled", basis="docs/formats/state-tree.md")
def participant_is_new(operation: EnrolParticipant, state: State, ctx: Context) -> bool:
    """The participant MUST NOT be enrolled already."""
    return state.get(ACCOUNTS, operation.key_set.digest()) is None


@TYPE.check(2, "possession-not-proven", basis="docs/formats/genesis.md")
def keys_are_possessed(operation: EnrolParticipant, state: State, ctx: Context) -> bool:
    """Each key of the key set MUST be admissible and MUST have signed the possession."""
    account = operation.key_set.digest()
    return proves_possession(operation.possession, account, operation.key_set, ctx.ledger)


@TYPE.check(3, "key-set-marked-recovered", basis="docs/governance.md")
def keys_are_first(operation: EnrolParticipant, state: State, ctx: Context) -> bool:
    """A first key set MUST NOT say that it was recovered."""
    return not operation.key_set.recovered_by_members


@TYPE.effect
def participant_is_enrolled(
    operation: EnrolParticipant, state: State, ctx: Context
) -> Iterator[Change]:
    """The participant has an account under the digest of its first key set."""
    name = operation.key_set.digest()
    account = Account(
        enrolled_by=ctx.signer, key_set=operation.key_set, kind="participant", since=ctx.time
    )
    yield change(ACCOUNTS, ACCOUNTS.key(name), None, account)
    yield change(ADMISSIONS, ADMISSIONS.key(name), None, Admission())


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def enrol(name: str, account: str) -> EnrolParticipant:
        possession = given.possession(name, account)
        return EnrolParticipant(key_set=given.key_set(name), office="XA", possession=possession)

    fresh = given.key_set("new").digest()
    yield Example("plain", enrol("new", fresh))
    yield Example("again", enrol(given.AGENT, given.agent()), "participant-enrolled")
    yield Example("possession-for-another", enrol("new", given.agent()), "possession-not-proven")
    marked = given.recovered("new")
    yield Example("recovered-before-it-was", EnrolParticipant(
        key_set=marked, office="XA",
        possession=given.recovered_possession("new", marked.digest())), "key-set-marked-recovered")
