"""What a rule may know besides the operation and the state."""

from typing import NamedTuple


class Carried(NamedTuple):
    """The act that an operation carries."""

    name: str
    """The name of its transaction type."""
    majority: str
    """How many members must agree to it."""


class Context(NamedTuple):
    """The circumstances of one operation, all of them facts of its block and envelope."""

    ledger: str
    """The id of the ledger, in base64url."""
    height: int
    """The height of the block."""
    time: int
    """The time of the block, in UTC seconds."""
    position: int
    """The index of the operation's leaf in the log."""
    signer: str
    """The account that submitted the envelope."""
    key_set: str
    """The digest of the key set whose threshold signed."""
    envelope: bytes
    """The digest of the envelope."""
    place: int
    """The operation's place in the envelope, from 0."""
    carried: Carried | None = None
    """What the operation carries, for one that proposes or enacts."""
    mandate: int | None = None
    """The number of the proposal by which the members enact this act; then `signer` is the
    member that proposed it."""
