"""Validator sets: keys with voting power, and the hash by which a header names them.

- An evidence file lists each key once, and for each set the power of every key: 0 for who is not
  in it. A set is then found by its hash; nobody can stand in it twice.
- The order within a set follows from it: power descending, then address ascending.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from muniment.proof import limits, merkle
from muniment.proof.crypto import sha256, unb64
from muniment.proof.engine_bytes import simple_validator
from muniment.proof.shape import exactly, items, natural, refuted

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class ValidatorSet:
    """Who votes at a height, and with what power."""

    powers: Sequence[int]
    """The power of each key, by its place; 0 for who is not in the set."""
    total: int
    """The power of all."""
    size: int
    """How many validators it has."""

    def power(self, signers: Sequence[int]) -> int:
        """Return the power of different signers, named by the places of their keys."""
        return sum(self.powers[one] for one in signers)


@dataclass(frozen=True, slots=True)
class Validators:
    """The keys and sets of an evidence file."""

    keys: Sequence[bytes]
    """The keys, each once."""
    addresses: Sequence[bytes]
    """Their addresses: the first 20 bytes of SHA-256 of the key."""
    sets: Mapping[bytes, ValidatorSet] = field(repr=False)
    """The sets by their hash."""

    @classmethod
    def of(cls, plain: Any) -> "Validators":
        """Return the sets of the member `validators`.

        Raises:
            LedgerError: A key stands twice, a set is empty, or its power is beyond counting.
        """
        exactly(plain, {"keys", "powers"})
        keys = split_keys(plain["keys"])
        addresses = [address(key) for key in keys]
        sets = {}
        for powers in items(plain["powers"], limits.HISTORY_STEPS_MAX + 2):
            counted = _counted(items(powers), len(keys))
            sets[set_hash(keys, addresses, powers)] = counted
        return cls(keys, addresses, sets)

    def find(self, digest: bytes) -> ValidatorSet:
        """Return the set of a hash.

        Raises:
            VerificationError: It is not in the evidence.
        """
        if digest not in self.sets:
            raise refuted("The validators that a header names are not those in the evidence.")
        return self.sets[digest]


def split_keys(text: str) -> list[bytes]:
    """Return the keys of a text: 32 bytes each, joined, in base64url, each once.

    Raises:
        LedgerError: The text is another, or a key stands twice.
    """
    data = unb64(text)
    keys = [data[at : at + KEY_BYTES] for at in range(0, len(data), KEY_BYTES)]
    if len(data) % KEY_BYTES or len(keys) > limits.VALIDATOR_KEYS_MAX:
        raise refuted("The keys are not 32 bytes each, or too many.")
    if len(set(keys)) != len(keys):
        raise refuted("A validator's key stands twice.")
    return keys


def address(key: bytes) -> bytes:
    """Return the address of an Ed25519 key."""
    return sha256(key)[:20]


def set_hash(keys: Sequence[bytes], addresses: Sequence[bytes], powers: Sequence[int]) -> bytes:
    """Return the hash of a set, as a header names it.

    Args:
        keys: The keys.
        addresses: Their addresses.
        powers: Their powers; 0 leaves a key out.
    """
    within = [at for at, power in enumerate(powers) if power]
    order = sorted(within, key=lambda at: (-powers[at], addresses[at]))
    return merkle.root([merkle.leaf_hash(simple_validator(keys[at], powers[at])) for at in order])


def _counted(powers: Sequence[int], keys: int) -> ValidatorSet:
    if len(powers) != keys:
        raise refuted("A set gives the power of every key.")
    total = sum(natural(one) for one in powers)
    size = sum(1 for one in powers if one)
    if not 0 < size <= limits.VALIDATORS_MAX or total > limits.INTEGER_MAX:
        raise refuted("A set has no validator, too many of them, or too much power.")
    return ValidatorSet(powers, total, size)
