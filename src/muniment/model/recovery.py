"""Recovery: the members replace an account's lost key set, unless it turns out not to be lost.

- From the members' decision run 14 days of block time. Until the recovery is completed, one
  current key is enough to object, and a rotation ends it too.
- The key set that follows, and every later one, says `recovered_by_members`.
- An objection is a JWS of type `muniment-objection+jws` over `{account, name, proposal}` by any of
  the current keys: whoever holds only one of them can still object, and anyone may submit it.
"""

from collections.abc import Sequence
from typing import Literal

from muniment.codec import Digest, Natural, Record, decoder, encode, members
from muniment.model.account import KeySet
from muniment.model.dates import SECONDS_A_DAY
from muniment.model.possession import Possession
from muniment.model.state import State, Table
from muniment.proof import jws
from muniment.proof.canonical import encode as encode_plain
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import LedgerError

WAIT_SECONDS = 14 * SECONDS_A_DAY
"""From the members' decision until the recovery may be completed; no parameter."""
OBJECTION_TYPE = "muniment-objection+jws"


class Recovery(Record, frozen=True, kw_only=True):
    """What became of the members' last decision to replace an account's key set."""

    due: Natural
    """First block time at which it may be completed."""
    ended: Natural | None = None
    """Position in the log of the operation that ended it; absent while it is pending."""
    entry: Natural
    """Position in the log of the operation that enacted the decision."""
    key_set: Digest
    """The digest of the key set that is to follow."""
    outcome: Literal["pending", "completed", "objected", "rotated"] = "pending"
    """How it ended."""
    proposal: Natural
    """The number of the proposal."""


RECOVERIES = Table("recovery", Recovery, "The members' last decision on a lost key set.")
_decode = decoder(Possession)


def pending(state: State, account: str) -> Recovery | None:
    """Return the recovery that is pending for an account, or None."""
    found = state.get(RECOVERIES, account)
    return found if found is not None and found.outcome == "pending" else None


def make_objection(
    account: str, name: str, proposal: int, keys: Sequence[PrivateKey]
) -> Possession:
    """Return the objection of some current keys of an account to one recovery."""
    objection: Possession = _decode(
        jws.sign(_objection(account, name, proposal), keys, OBJECTION_TYPE)
    )
    return objection


def objects(
    objection: Possession, account: str, key_set: KeySet, name: str, proposal: int
) -> bool:
    """Return whether at least one key of `key_set`, and nobody else, signed an objection."""
    try:
        signed = jws.parse(encode(objection), OBJECTION_TYPE)
        jws.verify(signed, jws.open_key_set(members(key_set)), 1)
    except LedgerError:
        return False
    return signed.payload == _objection(account, name, proposal)


def _objection(account: str, name: str, proposal: int) -> bytes:
    return encode_plain({"account": account, "name": name, "proposal": proposal})
