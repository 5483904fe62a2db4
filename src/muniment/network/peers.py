"""Which nodes may connect: those of members, and for a while those that voted until just now.

A decision that takes power is in force two blocks later, and one block before needs the vote still
(CometBFT, spec/abci: ValidatorUpdate); an idle network makes it a minute later. A node refused at
once could stop a small network for ever, and would never see its own power go.
"""

from muniment.model.dates import SECONDS_A_DAY
from muniment.model.member import MEMBERS, members
from muniment.model.state import State
from muniment.model.validator import Validator, validators
from muniment.storage.protocol import Head
from muniment.storage.sqlite import SqliteStorage

VOTING_BLOCKS = 2
"""A node is let in up to so many blocks after the last one at whose end it had power."""


class Peers:
    """The ids of the nodes that may connect.

    Args:
        storage: Where blocks are read; its snapshot is moved by its owner.
    """

    def __init__(self, storage: SqliteStorage) -> None:
        self._storage = storage
        self._now: frozenset[str] = frozenset()
        self._with_power: frozenset[str] = frozenset()
        self._last_with_power: dict[str, int] = {}

    def move(self, height: int, head: Head, state: State | None) -> None:
        """Stand on a block.

        Args:
            height: Its height.
            head: Where the ledger stands.
            state: The state there; None if the block changed nothing.
        """
        voted = {**self._last_with_power, **dict.fromkeys(self._with_power, height - 1)}
        self._last_with_power = {
            node: last for node, last in voted.items() if last + VOTING_BLOCKS >= height}
        if state is None:
            return
        rows = validators(state)
        inside = members(state)
        self._now = frozenset(
            one.node for office, one in rows.items()
            if office in inside or self._left_lately(state, office, one, head.time))
        self._with_power = frozenset(one.node for one in rows.values() if one.power)

    def _left_lately(self, state: State, office: str, node: Validator, time: int) -> bool:
        """Return whether it was a member's within a day; by the ledger, so also after a restart."""
        row = state.get(MEMBERS, office)
        if row is None or row.left is None or row.left + SECONDS_A_DAY <= time:
            return False
        if node.entry in self._storage.missing:
            return True  # a snapshot brought it
        enrolled = self._storage.block_at(node.entry)
        return enrolled is not None and enrolled.time < row.left

    def lets_in(self, node: str) -> bool:
        """Return whether a node may connect, by its id: any while no member has a node."""
        return not self._now or node in self._now or node in self._last_with_power
