"""An edition as commands use it: what this code carries, confirmed for the acting office.

The lock is that of the code that runs here. An office confirms where its node's own code is
installed: nothing else can know what that node will compute.
"""

from typing import NamedTuple

from muniment.codec import Payload
from muniment.editions import carried_rules, carries, rules_of
from muniment.model import codes
from muniment.model.confirmation import CONFIRMATIONS, readiness
from muniment.model.ledger import EDITIONS
from muniment.model.state import State
from muniment.node.explain import refused
from muniment.node.register import Receipt, Register
from muniment.operations.activate_edition import ActivateEdition
from muniment.operations.confirm_edition import ConfirmEdition


class Announced(NamedTuple):
    """An edition that is to begin."""

    name: str
    """Its name."""
    height: int
    """The height of the first block under it."""
    power: int
    """The power that confirmed it."""
    total: int
    """The power of all validators."""
    is_enough: bool
    """Whether it begins if nobody else confirms it."""
    is_of_this_code: bool
    """Whether the code that runs here carries it, with its very lock."""

    def text(self) -> str:
        """Return it in one sentence."""
        begins = f"edition {self.name} begins at block {self.height}"
        if self.is_enough:
            return f"{begins}; {self.power} of {self.total} power confirmed it"
        return (f"{begins}, but only {self.power} of {self.total} power confirmed it: it would "
                "lapse")


def announced(state: State) -> Announced | None:
    """Return the edition that is to begin, or None."""
    edition = state.get(EDITIONS)
    if edition is None or edition.next_name is None or edition.next_height is None:
        return None
    ready, name = readiness(state, edition), edition.next_name
    is_carried = carries(name) and rules_of(name).hash == edition.next_hash
    return Announced(name, edition.next_height, ready.power, ready.total, ready.is_enough,
                     is_carried)


def confirm_edition(register: Register, edition: str) -> Receipt:
    """Say for the acting office that its node carries an edition as this code does.

    Raises:
        NotFound: This code does not carry it.
        Refused: The edition is not a later one, or it was confirmed before.
    """
    return register.act(_confirmation(register, edition))


def announce_edition(register: Register, edition: str, height: int) -> Receipt:
    """Announce an edition as the operator, who confirms it in the same envelope.

    Args:
        register: The ledger, with the operator as the acting account.
        edition: The name of the edition.
        height: The height of the first block under it.

    Raises:
        NotFound: This code does not carry it.
        Refused: A check refused it, or the members decide.
    """
    confirms = _confirmation(register, edition)
    known = register.ledger.state.get(CONFIRMATIONS, register.account)
    stands = known is not None and (known.edition, known.hash) == (edition, confirms.hash)
    announces = ActivateEdition(edition=edition, hash=confirms.hash, height=height)
    operations: list[Payload] = [announces] if stands else [announces, confirms]
    outcome = register.submit(operations, atomic=True)
    for code in outcome.operations:
        if code not in {codes.ACCEPTED, codes.NOT_APPLIED}:
            raise refused(code)
    return register.receipt(outcome.position)


def _confirmation(register: Register, edition: str) -> ConfirmEdition:
    return ConfirmEdition(
        edition=edition, hash=carried_rules(edition).hash, office=register.account)
