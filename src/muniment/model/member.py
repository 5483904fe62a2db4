"""Members: the offices that decide together, the units they hold, and the policy of power.

- Before the members took over there is no entry `governance/`: the operator founds the ledger
  alone. The first power policy is the one-way switch: from then on the members decide.
- A member that left keeps its row, with the time at which it left.
"""

from typing import Annotated, Literal

from muniment.codec import Natural, Office, Record, between
from muniment.model.state import State, Table

UNITS_MAX = 1_000_000_000
"""Most units of one member: the units of all offices together stay far below 2^53."""

PowerPolicy = Literal["authority", "weighted", "delegated", "importance"]
"""How the power of validators follows from membership."""
Units = Annotated[int, between(0, UNITS_MAX)]


class Member(Record, frozen=True, kw_only=True):
    """An office of the network."""

    entry: Natural
    """Position in the log of its admission: earlier votes of the office do not count."""
    left: Natural | None = None
    """Block time at which it left or was removed; absent while it is a member."""
    lent_to: Office | None = None
    """The office to whose validator its units are lent."""
    since: Natural
    """Block time of its admission, in UTC seconds."""
    units: Units
    """The units that it holds."""


class Governance(Record, frozen=True, kw_only=True):
    """That the members decide, and what they have decided so far."""

    policy: PowerPolicy
    """How the power of validators follows from membership."""
    proposals: Natural = 0
    """How many proposals were made; the next one gets this number plus one."""
    service_day: Natural = 0
    """The UTC day, in days since 1970-01-01, at which attested service last moved power."""
    since: Natural
    """Block time at which the members took over from the operator, in UTC seconds."""


MEMBERS = Table("member", Member, "The offices that decide together, and their units.")
GOVERNANCE = Table("governance", Governance, "Whether the members decide, and how power follows.")


def members(state: State) -> dict[str, Member]:
    """Return the offices that are members now, in order of their codes."""
    return {
        key.decode("ascii").split("/")[1]: one
        for key, one in state.rows(MEMBERS)
        if one.left is None
    }


def is_member(state: State, office: str) -> bool:
    """Return whether an account is a member now."""
    row = state.get(MEMBERS, office)
    return row is not None and row.left is None


def is_governed(state: State) -> bool:
    """Return whether the members have taken over from the operator."""
    return state.get(GOVERNANCE) is not None
