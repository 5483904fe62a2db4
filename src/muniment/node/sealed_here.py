"""What an office sealed and can still open, as its own vault knows it; nobody else can tell."""

from typing import TYPE_CHECKING

from muniment.model import application as filings
from muniment.model.application import APPLICATIONS, SEALED
from muniment.proof.disclosure import parse
from muniment.proof.errors import OutOfTurn

if TYPE_CHECKING:
    from muniment.node.register import Reference, Register


def sealed_filings(register: "Register") -> dict[str, str]:
    """Return the name under which each filing is sealed that the vault can open, by reference."""
    found = {}
    for key, value in register.ledger.state.rows(SEALED):
        text = register.vault.show(value.digest) if value.opened is None else None
        if text is None:
            continue
        _, name, plain = parse(text)
        if name == "filing":
            state, named = register.ledger.state, (plain["office"], plain["right"], plain["number"])
            found[filings.key_part(state, *named)] = key.decode("ascii").split("/")[1]
    return found


def refuse_twice(register: "Register", filed: "Reference", *, sealed: bool) -> None:
    """Refuse to enter a filing a second time, once openly and once sealed.

    The ledger cannot see it: it does not know what was sealed. The sealed one could never be
    opened, and whoever holds its grant would read that the dates differ.

    Args:
        register: The office at its register.
        filed: What is to be filed.
        sealed: Whether it is to be sealed.

    Raises:
        OutOfTurn: It is sealed here already, or is to be sealed and stands openly.
    """
    name = sealed_filings(register).get(register.reference_key(filed))
    if name is not None:
        raise OutOfTurn(
            "sealed-here", f"{'/'.join(filed)} is sealed here as {name}: entered again, that one "
            "could never be opened.", basis="docs/privacy.md",
            remedy=f"Open it: muniment filing unseal {name}")
    if sealed and filings.find(register.ledger.state, APPLICATIONS, *filed) is not None:
        raise OutOfTurn(
            "number-already-entered", f"{'/'.join(filed)} stands openly: a sealed one of that "
            "number could never be opened.", basis="docs/formats/state-tree.md",
            remedy=f"Look at the entry: muniment filing show {'/'.join(filed)}")
