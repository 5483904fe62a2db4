"""Attest service: say how another member's validator served on one day."""

from collections.abc import Iterator

from muniment.codec import Date, Natural, Office, Payload, replace
from muniment.declare import Example, Signer, TransactionType
from muniment.model import example_network as net
from muniment.model.calendar import parse_date
from muniment.model.context import Context
from muniment.model.dates import SECONDS_A_DAY, day_number, is_date
from muniment.model.member import GOVERNANCE, Governance
from muniment.model.power import (
    ATTESTATIONS,
    POINTS_MAX,
    REBALANCE_DAYS,
    SERVICE,
    Attestation,
    Service,
    faded,
    settle,
)
from muniment.model.state import Change, State, change
from muniment.model.validator import VALIDATORS

ATTEST_DAYS = 7
"""How many days back a day may be attested."""


class AttestService(Payload, frozen=True, kw_only=True, tag="attest-service"):
    """What the member counted on one UTC day."""

    answered: Natural = 0
    """Checks that the office answered in time."""
    asked: Natural = 0
    """Checks that the member asked of the office."""
    blocks: Natural
    """Blocks of the day."""
    day: Date
    """The UTC day."""
    member: Office
    """The member that attests."""
    office: Office
    """The office whose validator served."""
    signed: Natural
    """Blocks of the day that its validator signed."""


TYPE = TransactionType(
    name="attest-service",
    number=56,
    payload=AttestService,
    signers=frozenset({Signer.MEMBER}),
    may_change=frozenset({"attestation", "governance", "service", "validator"}),
    register="member",
)


@TYPE.check(1, "attests-itself", basis="docs/governance.md")
def service_is_anothers(operation: AttestService, state: State, ctx: Context) -> bool:
    """A member MUST NOT attest its own service."""
    return operation.member != operation.office


@TYPE.check(2, "validator-not-seated", basis="docs/governance.md")
def validator_serves(operation: AttestService, state: State, ctx: Context) -> bool:
    """The office's validator MUST be seated and MUST NOT have been reported since."""
    one = state.get(VALIDATORS, operation.office)
    return one is not None and one.seated is not None and one.reported is None


@TYPE.check(3, "counts-impossible", basis="docs/governance.md")
def counts_are_possible(operation: AttestService, state: State, ctx: Context) -> bool:
    """There MUST have been a block, and no count MUST exceed what it is a part of."""
    return operation.blocks > 0 and operation.signed <= operation.blocks and (
        operation.answered <= operation.asked)


@TYPE.check(4, "day-not-over-or-past", basis="docs/governance.md")
def day_is_over(operation: AttestService, state: State, ctx: Context) -> bool:
    """The day MUST be one of the seven UTC days before that of the block."""
    if not is_date(operation.day):
        return False
    return 1 <= ctx.time // SECONDS_A_DAY - day_number(parse_date(operation.day)) <= ATTEST_DAYS


@TYPE.check(5, "day-attested", basis="docs/governance.md")
def day_is_new(operation: AttestService, state: State, ctx: Context) -> bool:
    """The day MUST be later than the last one that the member attested for this office."""
    last = state.get(ATTESTATIONS, operation.office, operation.member)
    return last is None or day_number(parse_date(operation.day)) > last.day


@TYPE.effect
def service_is_attested(
    operation: AttestService, state: State, ctx: Context
) -> Iterator[Change]:
    """The points add to what was earned, which fades; power follows once in seven days at most."""
    day = day_number(parse_date(operation.day))
    points = _points(operation)
    key = ATTESTATIONS.key(operation.office, operation.member)
    yield change(ATTESTATIONS, key, state.at(ATTESTATIONS, key), Attestation(
        day=day, entry=ctx.position, points=points))
    before = state.get(SERVICE, operation.office)
    earned = faded(before, day) if before is not None else 0
    newest = max(day, before.day) if before is not None else day
    after = Service(day=newest, earned=earned + points)
    yield change(SERVICE, SERVICE.key(operation.office), before, after)
    decided, today = state.get(GOVERNANCE), ctx.time // SECONDS_A_DAY
    if decided is not None and decided.policy == "importance" and (
        today >= decided.service_day + REBALANCE_DAYS
    ):
        yield change(GOVERNANCE, GOVERNANCE.key(), decided, replace(decided, service_day=today))
        yield from settle(state, ctx.time, services={operation.office: after})


def _points(operation: AttestService) -> int:
    uptime = POINTS_MAX * operation.signed // operation.blocks
    if operation.asked == 0:
        return uptime
    return (uptime + POINTS_MAX * operation.answered // operation.asked) // 2


@TYPE.examples
def cases() -> Iterator[Example]:
    """The worked cases."""
    def attest(day: str = "2026-05-27", signed: int = 8_600, answered: int = 9,
               office: str = "XA") -> AttestService:
        return AttestService(answered=answered, asked=10, blocks=8_640, day=day, member="XB",
                             office=office, signed=signed)

    stands = net.network(policy="importance")
    known = {ATTESTATIONS.key("XA", "XB"): Attestation(day=20_600, entry=900, points=990)}
    known_today = {ATTESTATIONS.key("XA", "XB"): Attestation(day=20_600 - 1, entry=900,
                                                             points=990)}
    observer = {VALIDATORS.key("XA"): net.validator("XA", power=0, seated=None)}
    yield Example("plain", attest(), given=stands, signer="XB")
    yield Example("after-another-day", attest(), given=stands | known_today | {
        SERVICE.key("XA"): Service(day=20_500, earned=640),
        GOVERNANCE.key(): Governance(policy="importance", since=1, service_day=20_600)},
        signer="XB")
    yield Example("itself", attest(office="XB"), "attests-itself", stands, signer="XB")
    yield Example("of-an-observer", attest(), "validator-not-seated", stands | observer,
                  signer="XB")
    yield Example("more-than-there-were", attest(signed=8_641), "counts-impossible", stands,
                  signer="XB")
    yield Example("today", attest(day="2026-05-28"), "day-not-over-or-past", stands, signer="XB")
    yield Example("eight-days-ago", attest(day="2026-05-20"), "day-not-over-or-past", stands,
                  signer="XB")
    yield Example("twice", attest(), "day-attested", stands | known, signer="XB")
