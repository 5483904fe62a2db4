"""Wallets: the private keys of an account, in files that only their owner reads.

- A wallet holds the current keys and the next ones, to which the current key set is committed.
- The sequence number is not kept here: the ledger's state knows which ones have been used.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from muniment.codec import from_members
from muniment.model.account import Jwk, KeySet
from muniment.proof.canonical import encode
from muniment.proof.crypto import PrivateKey, b64, sha256
from muniment.proof.errors import Malformed, NotFound

PRIVATE_MODE = 0o600
_NOTHING = b64(sha256(b""))


@dataclass(frozen=True, slots=True)
class Wallet:
    """The private keys of one account."""

    account: str
    """The account id."""
    keys: tuple[PrivateKey, ...]
    """The current keys."""
    threshold: int
    """How many of them sign."""
    next_keys: tuple[PrivateKey, ...]
    """The keys of the next set."""
    recovered: bool = False
    """Whether the members of a network once replaced the account's key set."""

    @classmethod
    def generate(
        cls, account: str | None = None, *, keys: int = 1, threshold: int = 1,
        algorithm: str = "Ed25519", recovered: bool = False,
    ) -> "Wallet":
        """Return a wallet with fresh keys; without a name it gets its key set's digest."""
        current = tuple(PrivateKey.generate(algorithm) for _ in range(keys))
        following = tuple(PrivateKey.generate(algorithm) for _ in range(keys))
        wallet = cls(account or "", current, threshold, following, recovered)
        return wallet if account else wallet.named(wallet.key_set().digest())

    def named(self, account: str) -> "Wallet":
        """Return the wallet under an account id."""
        return replace(self, account=account)

    def key_set(self) -> KeySet:
        """Return the public key set, which commits to the next keys."""
        return KeySet(
            keys=_public(self.keys),
            next=self._commitment(),
            recovered_by_members=self.recovered,
            threshold=self.threshold,
        )

    def _commitment(self) -> str:
        return KeySet(
            keys=_public(self.next_keys), next=_NOTHING, recovered_by_members=self.recovered,
            threshold=self.threshold,
        ).commitment()

    def rotated(self) -> "Wallet":
        """Return the wallet after its next rotation, with fresh keys to follow."""
        algorithm = self.keys[0].public.alg
        fresh = tuple(PrivateKey.generate(algorithm) for _ in self.next_keys)
        return replace(self, keys=self.next_keys, next_keys=fresh)

    def signers(self) -> tuple[PrivateKey, ...]:
        """Return as many keys as the threshold asks."""
        return self.keys[: self.threshold]

    def save(self, path: Path) -> None:
        """Write the wallet to a file that only its owner reads."""
        write_private(path, encode({
            "account": self.account,
            "keys": [key.jwk() for key in self.keys],
            "next_keys": [key.jwk() for key in self.next_keys],
            **({"recovered_by_members": True} if self.recovered else {}),
            "threshold": self.threshold,
        }) + b"\n")

    @classmethod
    def load(cls, path: Path) -> "Wallet":
        """Read a wallet.

        Raises:
            NotFound: There is no such file.
            Malformed: It is no wallet.
        """
        plain = read_private(path)
        try:
            return cls(
                str(plain["account"]),
                tuple(PrivateKey.from_jwk(one) for one in plain["keys"]),
                int(plain["threshold"]),
                tuple(PrivateKey.from_jwk(one) for one in plain["next_keys"]),
                bool(plain.get("recovered_by_members", False)),
            )
        except (KeyError, TypeError) as error:
            raise Malformed("wallet-malformed", f"{path.name} lacks {error}.") from None


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner reads, all at once; it lasts when this returns."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    # The whole name: `log.key` and `log.signed` must never meet in one unfinished file.
    temporary = path.with_name(f"{path.name}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_private(path: Path) -> Any:
    """Read a JSON file of this node's own; it is never hashed, so any spelling will do."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(
            "wallet-not-found", f"There is no wallet {path.name}.",
            remedy="List them: muniment keys list",
        ) from None
    except ValueError:
        raise Malformed("wallet-malformed", f"{path.name} is no JSON.") from None


def _public(keys: Sequence[PrivateKey]) -> tuple[Jwk, ...]:
    ordered = sorted((key.public for key in keys), key=lambda key: key.kid)
    return tuple(from_members(Jwk, dict(key.jwk)) for key in ordered)
