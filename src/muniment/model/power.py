"""Power: how much each validator has, derived from membership under the members' policy.

- `authority`: one office, one vote.
- `weighted`: the units that the office holds.
- `delegated`: the units that it holds and has not lent, and those that others lend it. Lending
  is not handed on, ends with the borrower's membership, and never lends a vote of the members.
- `importance`: 1,000, and up to 1,000 more for attested service. What service adds is capped so
  that nobody reaches a third of the power by it (docs/governance.md has the formula).

Only a member's validator that the members seated, and that was not reported since, has power.
Nothing happens by time alone: power is derived anew by the operations that touch it.
"""

from collections.abc import Mapping

from muniment.codec import Natural, Record, replace
from muniment.model.dates import SECONDS_A_DAY
from muniment.model.member import GOVERNANCE, Governance, Member, members
from muniment.model.state import Change, State, Table, change
from muniment.model.validator import VALIDATORS, Validator, validators
from muniment.proof import limits

BASE = 1_000
"""Power under `importance` without any service; service adds as much again at most."""
DECAY_DAYS = 64
"""What was earned fades by a part in 64 for each day since the last attestation."""
POINTS_MAX = 1_000
"""Most points of one attestation of one day."""
SERVICE_FULL = DECAY_DAYS * POINTS_MAX
"""What one attester's daily full marks add up to in the long run."""
REBALANCE_DAYS = 7
"""Service moves power once in so many days at most: each change is a change of the set."""
NEWCOMERS_SHARE = 3
"""Validators seated in one block hold less than a third, unless it is one alone."""


class Service(Record, frozen=True, kw_only=True):
    """What an office earned by attested service."""

    day: Natural
    """The newest UTC day attested, in days since 1970-01-01."""
    earned: Natural
    """The sum of all attesters' points, faded to that day."""


class Attestation(Record, frozen=True, kw_only=True):
    """The last day for which a member attested an office's service."""

    day: Natural
    """The UTC day, in days since 1970-01-01."""
    entry: Natural
    """Position in the log."""
    points: Natural
    """The points that it gave, from 0 to 1,000."""


SERVICE = Table("service", Service, "What an office's validator earned by attested service.")

ATTESTATIONS = Table("attestation", Attestation, "The last day that a member attested, by office.")


def faded(service: Service, day: int) -> int:
    """Return what is left on a UTC day of what was earned."""
    days = min(DECAY_DAYS, max(0, day - service.day))
    return service.earned * (DECAY_DAYS - days) // DECAY_DAYS


def bonus_cap(count: int) -> int:
    """Return the most that service may add among `count` validators.

    With b added to one of n, 3 (1,000 + b) < 1,000 n + b holds up to this bound: less than a third.
    """
    return max(0, min(BASE, ((count - 3) * BASE - 1) // 2))


def derive(
    governance: Governance | None,
    holders: Mapping[str, Member],
    nodes: Mapping[str, Validator],
    services: Mapping[str, Service],
    day: int,
) -> dict[str, int]:
    """Return the power of each seated validator; none before the members took over.

    Args:
        governance: What the members decided.
        holders: The members, by office.
        nodes: The validators, by office.
        services: What offices earned, by office.
        day: The UTC day of the block, in days since 1970-01-01.
    """
    if governance is None:
        return {}
    seated = [
        office for office, one in nodes.items()
        if one.seated is not None and one.reported is None and office in holders
    ]
    if governance.policy == "authority":
        return dict.fromkeys(seated, 1)
    if governance.policy == "weighted":
        return {office: holders[office].units for office in seated}
    if governance.policy == "delegated":
        held = dict.fromkeys(holders, 0)
        for office, one in holders.items():
            held[one.lent_to if one.lent_to in held else office] += one.units
        return {office: held[office] for office in seated}
    full, cap = SERVICE_FULL * max(1, len(holders) - 1), bonus_cap(len(seated))
    return {
        office: BASE + min(cap, BASE * _earned(services.get(office), day) // full)
        for office in seated
    }


def _earned(service: Service | None, day: int) -> int:
    return faded(service, day) if service is not None else 0


def settle(
    state: State,
    time: int,
    *,
    governance: Governance | None = None,
    holders: Mapping[str, Member | None] | None = None,
    nodes: Mapping[str, Validator] | None = None,
    services: Mapping[str, Service] | None = None,
) -> tuple[Change, ...]:
    """Return the changes of every validator's row, once what an operation changes is in place.

    Args:
        state: The state before the operation.
        time: Block time, in UTC seconds.
        governance: The policy after it, if it changes.
        holders: The members that it changes; None for one that leaves.
        nodes: The rows of validators that it changes, whatever power they name.
        services: The services that it changes.
    """
    standing = validators(state)
    changed = dict(sorted({**standing, **(nodes or {})}.items()))
    current = {
        office: one for office, one in sorted({**members(state), **(holders or {})}.items())
        if one is not None
    }
    earned = {key.decode("ascii").split("/")[1]: one for key, one in state.rows(SERVICE)}
    power = derive(governance or state.get(GOVERNANCE), current, changed,
                   {**earned, **(services or {})}, time // SECONDS_A_DAY)
    after = {office: replace(one, power=power.get(office, 0)) for office, one in changed.items()}
    return tuple(
        change(VALIDATORS, VALIDATORS.key(office), state.get(VALIDATORS, office), one)
        for office, one in after.items() if one != standing.get(office)
    )


def total(state: State, changes: tuple[Change, ...] = ()) -> int:
    """Return the power of all validators, as it stands or after some changes."""
    return sum(one.power for one in _rows(state, changes))


def is_sound(state: State, changes: tuple[Change, ...]) -> bool:
    """Return whether changes keep the set within bounds and never empty it."""
    after = total(state, changes)
    return after <= limits.POWER_TOTAL_MAX and (after > 0 or total(state) == 0)


def newcomers_are_few(state: State, changes: tuple[Change, ...], height: int) -> bool:
    """Return whether the validators seated at this height leave two thirds to the others.

    A seat that is not yet manned must not stop the chain. One newcomer in a block is always
    allowed, as a small network could not grow otherwise.
    """
    fresh = [one.power for one in _rows(state, changes) if one.seated == height and one.power]
    return len(fresh) <= 1 or NEWCOMERS_SHARE * sum(fresh) < total(state, changes)


def _rows(state: State, changes: tuple[Change, ...]) -> list[Validator]:
    rows = dict(state.rows(VALIDATORS))
    rows |= {one.key: one.after for one in changes if isinstance(one.after, Validator)}
    return list(rows.values())
