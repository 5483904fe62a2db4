"""Deny a participant: bar an account from submitting in an office's register."""

from collections.abc import Iterator
from typing import Annotated

from muniment.codec import AccountId, Date, Digest, Natural, Office, Payload, RightKind, Word, items
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example as given
from muniment.model.account import ACCOUNTS, DENIALS, Denial
from muniment.model.calendar import parse_date
from muniment.model.context import Context
from muniment.model.dates import day_of, is_date
from muniment.model.state import Change, State, change

REVIEW_DAYS_MAX = 366
"""A bar is reviewed within a year."""


class DenyParticipant(Payload, frozen=True, kw_only=True, tag="deny-participant"):
    """Who is barred, from what, for how long and why."""

    account: AccountId
    """The account that is barred."""
    acts: Annotated[tuple[Word, ...], items(most=16, least=0)] = ()
    """The transaction types that are barred; none named means all."""
    evidence: Digest | None = None
    """The salted digest of the decision."""
    office: Office
    """The office in whose register it holds."""
    reason: Word
    """The code of the ground; no text, no name."""
    review: Date
    """The date by which the office reviews the bar, within a year."""
    rights: Annotated[tuple[RightKind, ...], items(most=4, least=0)] = ()
    """The kinds of right for which it holds; none named means all."""
    since: Natural = 0
    """First block time at which it holds, in UTC seconds; 0 means at once."""
    until: Natural
    """First block time at which it no longer holds."""


TYPE = TransactionType(
    name="deny-participant",
    number=15,
    payload=DenyParticipant,
    signers=frozenset({Signer.OFFICE}),
    may_change=frozenset({"deny"}),
)


@TYPE.check(1, "account-unknown", basis="docs/formats/state-tree.md")
def account_is_enrolled(operation: DenyParticipant, state: State, ctx: Context) -> bool:
    """The account MUST be enrolled."""
    return state.get(ACCOUNTS, operation.account) is not None


@TYPE.check(2, "office-cannot-be-denied", basis="CWS/6/4 Rev., Annex I 11(h)")
def account_is_not_the_office(operation: DenyParticipant, state: State, ctx: Context) -> bool:
    """An office MUST NOT bar itself."""
    return operation.account != operation.office


@TYPE.check(3, "period-empty", basis="docs/formats/state-tree.md")
def period_is_real(operation: DenyParticipant, state: State, ctx: Context) -> bool:
    """The bar MUST end after it begins, and after the time of the block."""
    return operation.until > max(operation.since, ctx.time)


@TYPE.check(4, "review-not-within-a-year", basis="CWS/6/4 Rev., Annex I 11(h)")
def review_is_near(operation: DenyParticipant, state: State, ctx: Context) -> bool:
    """The review MUST be a date within a year from now."""
    if not is_date(operation.review):
        return False
    days = (parse_date(operation.review) - day_of(ctx.time)).days
    return 0 <= days <= REVIEW_DAYS_MAX


@TYPE.effect
def participant_is_barred(
    operation: DenyParticipant, state: State, ctx: Context
) -> Iterator[Change]:
    """The account is barred within the scope; no right, entry or title is touched."""
    key = DENIALS.key(operation.office, operation.account)
    denial = Denial(
        acts=tuple(sorted(set(operation.acts))),
        evidence=operation.evidence,
        reason=operation.reason,
        review=operation.review,
        rights=tuple(sorted(set(operation.rights))),
        since=max(operation.since, ctx.time),
        until=operation.until,
    )
    yield change(DENIALS, key, state.at(DENIALS, key), denial)


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def deny(account: str, days: int = 180, review: str = "2026-10-01") -> DenyParticipant:
        return DenyParticipant(
            account=account, office="XA", reason="professional-suspension", review=review,
            until=given.TIME + days * 86_400,
        )

    yield Example("plain", deny(given.agent()))
    yield Example("nobody", deny(given.DIGEST), "account-unknown")
    yield Example("itself", deny("XA"), "office-cannot-be-denied")
    yield Example("over-before-it-begins", deny(given.agent(), days=0), "period-empty")
    yield Example("never-reviewed", deny(given.agent(), review="2028-01-01"),
                  "review-not-within-a-year")
