"""Confirmations: the edition that an office says its node will run, and whether enough said so.

An edition begins only if those who make the blocks confirmed its very lock before: otherwise a
wrong hash, or code that is not yet everywhere, would stop every node at one height for good.
"""

from typing import NamedTuple

from muniment.codec import Digest, Natural, Record
from muniment.model.ledger import Edition, EditionName
from muniment.model.reference import PARAMETERS
from muniment.model.state import State, Table
from muniment.model.validator import validators


class Confirmation(Record, frozen=True, kw_only=True):
    """The edition that an office confirmed last."""

    edition: EditionName
    """The name of the edition."""
    entry: Natural
    """Position in the log."""
    hash: Digest
    """SHA-256 of its lock, as the office's code computes it."""


class Readiness(NamedTuple):
    """Who confirmed the edition that was announced."""

    offices: tuple[str, ...]
    """Those that confirmed it, of those that count."""
    power: int
    """The power of their validators; 1 for the operator while no validator has power."""
    total: int
    """The power of all validators; 1 while none has any."""

    @property
    def is_enough(self) -> bool:
        """Whether more than two thirds confirmed it: as many as make a block without the rest."""
        return 3 * self.power > 2 * self.total


CONFIRMATIONS = Table("confirmation", Confirmation, "The edition that an office confirmed last.")


def readiness(state: State, announced: Edition) -> Readiness:
    """Return who confirmed the edition that `announced` names as the next one.

    Args:
        state: The state before the block that would be the first under it.
        announced: The rules in force, and those that follow.
    """
    power = {office: one.power for office, one in validators(state).items() if one.power}
    if not power:
        operator = state.get(PARAMETERS, "operator")
        power = {str(operator.value): 1} if operator is not None else {}
    ready = tuple(office for office in power if _confirmed(state, office, announced))
    return Readiness(ready, sum(power[office] for office in ready), sum(power.values()))


def _confirmed(state: State, office: str, announced: Edition) -> bool:
    row = state.get(CONFIRMATIONS, office)
    return row is not None and (row.edition, row.hash) == (
        announced.next_name, announced.next_hash)
