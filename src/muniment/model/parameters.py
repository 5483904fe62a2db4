"""Parameters: the numbers that the members may set, each with its bounds.

No bound lets them lock themselves out: an office can always submit enough to vote, and whatever
majority they choose, all but one carry an act that two thirds may carry. The days and the majority
of a recovery, and the fields of genesis, are no parameters.
"""

from typing import NamedTuple

from muniment.codec import members, replace
from muniment.model.account import QUOTAS, STANDARD_QUOTAS, Quotas
from muniment.model.reference import PARAMETERS, Parameter
from muniment.model.state import Change, State, change

BLOCK_BYTES = "block-bytes"
MAJORITY_PARTS = 60
"""Majorities are counted in sixtieths: halves, thirds, quarters and fifths are whole."""


TWO_THIRDS = 2 * MAJORITY_PARTS // 3
"""More than so many sixtieths are more than two thirds."""


class Bounds(NamedTuple):
    """What a parameter may be."""

    least: int
    """Its least value."""
    most: int
    """Its greatest value."""
    standard: int
    """Its value until the members set it."""
    describes: str
    """What it means, in one sentence."""


_QUOTAS: dict[str, int] = members(STANDARD_QUOTAS)
SETTABLE: dict[str, Bounds] = {
    BLOCK_BYTES: Bounds(
        2**20, 2**24, 2**21, "Bytes of a block of the network: four times the largest envelope."),
    "majority-constitutional": Bounds(
        TWO_THIRDS, 59, TWO_THIRDS, "More than so many sixtieths carry a constitutional act."),
    "majority-ordinary": Bounds(30, 59, 30, "More than so many sixtieths carry an ordinary act."),
    "proposal-days": Bounds(1, 365, 30, "Days after which a proposal expires."),
    "quota-office-bytes": Bounds(
        2**20, 2**50, _QUOTAS["office_bytes"], "Bytes of an office in a UTC day."),
    "quota-office-operations": Bounds(
        1_000, 10**9, _QUOTAS["office_operations"], "Operations of an office in a UTC day."),
    "quota-participant-bytes": Bounds(
        2**10, 2**50, _QUOTAS["participant_bytes"], "Bytes of a participant in a UTC day."),
    "quota-participant-operations": Bounds(
        1, 10**9, _QUOTAS["participant_operations"],
        "Operations of a participant in a UTC day."),
}
"""Each parameter by its name."""


def value_of(state: State, name: str) -> int:
    """Return the value in force of a parameter of SETTABLE."""
    if name.startswith("quota-"):
        quotas = state.get(QUOTAS)
        allowed: dict[str, int] = members(quotas or STANDARD_QUOTAS)
        return allowed[_member(name)]
    row = state.get(PARAMETERS, name)
    return row.value if row is not None and isinstance(row.value, int) else SETTABLE[name].standard


def majority_of(state: State, majority: str) -> tuple[int, int]:
    """Return the sixtieths that a majority must exceed, as chosen and at the least."""
    name = f"majority-{majority}"
    if name not in SETTABLE:
        return TWO_THIRDS, TWO_THIRDS
    return value_of(state, name), SETTABLE[name].least


def setting(state: State, name: str, value: int) -> Change:
    """Return the change that sets a parameter of SETTABLE."""
    if name.startswith("quota-"):
        before = state.get(QUOTAS)
        after: Quotas = replace(before or STANDARD_QUOTAS, **{_member(name): value})
        return change(QUOTAS, QUOTAS.key(), before, after)
    key = PARAMETERS.key(name)
    return change(PARAMETERS, key, state.at(PARAMETERS, key), Parameter(value=value))


def _member(name: str) -> str:
    return name.removeprefix("quota-").replace("-", "_")
