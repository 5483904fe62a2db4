"""Admission: whether an envelope may enter a block at all.

- One function serves the solo driver, CheckTx and the execution of a block. It looks at size and
  framing (by parsing), account, sequence, expiry and quota, and then at the signatures.
- An envelope that is not admitted leaves no leaf and no state. An admitted one spends its
  sequence number and its quota, even if every operation is refused.
- No declared check runs here: it would refuse what depends on something still pending.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from muniment.codec import Payload, members, replace
from muniment.editions import Rules
from muniment.model.account import (
    ACCOUNTS,
    ADMISSIONS,
    QUOTAS,
    Account,
    Admission,
    KeySet,
    Quotas,
)
from muniment.model.dates import SECONDS_A_DAY
from muniment.model.envelope import Envelope, Erased, Header
from muniment.model.state import Change, State, change
from muniment.operations.rotate_keys import RotateKeys
from muniment.proof import jws, limits
from muniment.proof.crypto import PublicKey
from muniment.proof.errors import Fault, OutOfTurn, Unauthentic

_BASIS = "docs/formats/envelope.md"
_WINDOW_MASK = (1 << limits.SEQUENCE_WINDOW) - 1
SignatureCheck = Callable[[PublicKey, jws.Signature], None]


@dataclass(frozen=True, slots=True)
class Admitted:
    """An envelope that entered the block."""

    envelope: Envelope
    """The envelope."""
    operations: tuple[Payload | Erased, ...]
    """Its operations, decoded."""
    key_set: str
    """The digest of the key set whose threshold signed."""


def admit(
    envelope: Envelope,
    state: State,
    *,
    ledger: str,
    time: int,
    rules: Rules,
    check: SignatureCheck | None = None,
) -> tuple[Admitted, Change]:
    """Admit an envelope, or raise; return it with the change of its account's admission.

    Args:
        envelope: The parsed envelope.
        state: The state before it.
        ledger: The id of this ledger.
        time: Block time, in UTC seconds.
        rules: The edition in force.
        check: Verifies one signature; a cache of the pure fact may stand behind it.

    Raises:
        Malformed: An operation is none of this edition.
        Unauthentic: Wrong ledger, unknown account, wrong or too few signatures.
        OutOfTurn: Expired, sequence used or out of the window, quota spent.
    """
    account, spent = take_turn(envelope, state, ledger=ledger, time=time)
    operations = _operations(envelope, rules)
    key_set = _signing_set(account, operations)
    digest, keys = opened(key_set)
    jws.verify(envelope.signed, keys, key_set.threshold, check)
    return Admitted(envelope, operations, digest), spent


def take_turn(
    envelope: Envelope, state: State, *, ledger: str, time: int
) -> tuple[Account, Change]:
    """Return the submitter's account and the change of its admission; neither decodes nor verifies.

    Raises:
        Unauthentic: Wrong ledger, or unknown account.
        OutOfTurn: Expired, sequence used or out of the window, quota spent.
    """
    account = _account(envelope.header, state, ledger)
    return account, _spend(envelope, state, account, time)


def _operations(envelope: Envelope, rules: Rules) -> tuple[Payload | Erased, ...]:
    """Return the operations of an envelope, decoded once for each edition: a pure fact."""
    known = envelope.decoded.get(rules.hash)
    if known is None:
        known = tuple(
            line if isinstance(line, Erased) else rules.decode(line) for line in envelope.lines
        )
        envelope.decoded[rules.hash] = known
    return known


@lru_cache(maxsize=1_024)
def opened(key_set: KeySet) -> tuple[str, dict[str, PublicKey]]:
    """Return a key set's digest and its keys by thumbprint; a pure fact, so it is remembered."""
    return key_set.digest(), jws.open_key_set(members(key_set))


def _account(header: Header, state: State, ledger: str) -> Account:
    if header.ledger != ledger:
        raise Unauthentic(
            "ledger-other", "The envelope was made for another ledger.", basis=_BASIS,
            remedy=f"Sign it for ledger {ledger}.",
        )
    account = state.get(ACCOUNTS, header.submitter)
    if account is None:
        raise Unauthentic(
            "account-unknown", f"No account {header.submitter} is enrolled here.", basis=_BASIS,
            remedy="Ask the operator or an office to enrol it.",
        )
    return account


def _spend(envelope: Envelope, state: State, account: Account, time: int) -> Change:
    header = envelope.header
    if header.not_after < time:
        raise OutOfTurn(
            "envelope-expired", f"It was to be admitted by {header.not_after}; the block's time "
            f"is {time}.", basis=_BASIS, remedy="Sign it anew.",
        )
    key = ADMISSIONS.key(header.submitter)
    before = state.at(ADMISSIONS, key) or Admission()
    highest, window = use_sequence(before, header.sequence)
    day = time // SECONDS_A_DAY
    fresh = before if before.day == day else replace(before, day=day, operations=0, bytes=0)
    after = replace(
        fresh,
        bytes=fresh.bytes + envelope.size,
        highest=highest,
        operations=fresh.operations + header.count,
        window=window,
    )
    _within_quota(after, account, state.get(QUOTAS))
    return change(ADMISSIONS, key, before, after)


def use_sequence(admission: Admission, sequence: int) -> tuple[int, str]:
    """Return the new (highest, window) of an account that uses a sequence number.

    Raises:
        OutOfTurn: The number has been used, or lies outside the window.
    """
    highest, window = admission.highest, int(admission.window, 16)
    ahead = sequence - highest
    if not -limits.SEQUENCE_WINDOW < ahead <= limits.SEQUENCE_WINDOW:
        raise OutOfTurn(
            "sequence-out-of-window", f"Sequence {sequence} is more than "
            f"{limits.SEQUENCE_WINDOW} away from {highest}.", basis=_BASIS,
            remedy=f"Use a number from {highest + 1} on.",
        )
    if ahead > 0:
        return sequence, f"{(window << ahead | 1) & _WINDOW_MASK:x}"
    if window >> -ahead & 1:
        raise OutOfTurn(
            "sequence-used", f"Sequence {sequence} has been used.", basis=_BASIS,
            remedy=f"Use a number from {highest + 1} on.",
        )
    return highest, f"{window | 1 << -ahead:x}"


def _within_quota(after: Admission, account: Account, quotas: Quotas | None) -> None:
    if quotas is None:
        raise Fault("The state names no quotas.")
    if account.kind == "office":
        bounds = (quotas.office_operations, quotas.office_bytes)
    else:
        bounds = (quotas.participant_operations, quotas.participant_bytes)
    if after.operations > bounds[0] or after.bytes > bounds[1]:
        raise OutOfTurn(
            "quota-exceeded", f"The account may submit {bounds[0]} operations and {bounds[1]} "
            "bytes a day (UTC).", basis=_BASIS, remedy="Go on after midnight UTC.",
        )


def _signing_set(account: Account, operations: tuple[Any, ...]) -> KeySet:
    """Return the key set that must sign: the current one, or the next that a rotation reveals."""
    if len(operations) == 1 and isinstance(operations[0], RotateKeys):
        revealed = operations[0].key_set
        if revealed.commitment() == account.key_set.next:
            return revealed
    return account.key_set
