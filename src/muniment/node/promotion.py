"""Promotion: a solo ledger becomes one whose blocks validators decide.

- Id, origin and entries stay. The last solo checkpoint is signed once more; the trust policy ends
  the solo range at its size.
- Every validator begins with a copy of the promoted ledger. The engine's genesis names it, so that
  a node with another ledger refuses to start.

The contract is docs/rfc/0003-the-network.md.
"""

import base64
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from muniment.model.parameters import BLOCK_BYTES, value_of
from muniment.model.validator import address_of, validators
from muniment.node.ledger import Ledger
from muniment.node.policy import end_note_range, read_policy, write_policy
from muniment.node.solo import POLICY_FILE, Clock, SoloLedger, system_time
from muniment.proof import limits
from muniment.proof.crypto import sha256, unb64
from muniment.proof.errors import AlreadyThere, NotFound, Refused
from muniment.storage.decided import promote as mark
from muniment.storage.sqlite import FILE_NAME

GENESIS_FILE = "genesis.json"
APP_VERSION = 1
"""Raised when nodes of two versions could not agree on a block; an edition does not raise it.

It stands in the genesis and in the application's answer alike: an engine that takes a block back
looks for it in the one, an engine that starts anew in the other.
"""
EVIDENCE_SECONDS = limits.EVIDENCE_DAYS * 86_400
"""How long a double vote can be reported: as long as a light client trusts a validator."""
EVIDENCE_BLOCKS = 100_000
EVIDENCE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class ChainGenesis:
    """The facts with which the consensus engine begins."""

    chain_id: str
    """The name of the chain."""
    initial_height: int
    """The height of its first block: the solo height plus one."""
    app_hash: bytes
    """SHA-256 of the text of the last solo checkpoint."""
    note: str
    """The last solo checkpoint, signed."""
    time: int
    """When the chain begins, in UTC seconds; never before the last solo block."""
    validators: Mapping[str, tuple[str, int]]
    """Each validator's engine key (base64url) and power, by office."""
    block_bytes: int
    """How large a block may be."""

    def document(self) -> dict[str, Any]:
        """Return the engine's `genesis.json` (CometBFT v0.38, types/genesis.go)."""
        return {
            "app_hash": self.app_hash.hex().upper(),
            "app_state": {"checkpoint": self.note},
            "chain_id": self.chain_id,
            "consensus_params": {
                "abci": {"vote_extensions_enable_height": "0"},
                "block": {"max_bytes": str(self.block_bytes), "max_gas": "-1"},
                "evidence": {
                    "max_age_duration": str(EVIDENCE_SECONDS * 10**9),
                    "max_age_num_blocks": str(EVIDENCE_BLOCKS),
                    "max_bytes": str(EVIDENCE_BYTES_MAX),
                },
                "validator": {"pub_key_types": ["ed25519"]},
                "version": {"app": str(APP_VERSION)},
            },
            "genesis_time": datetime.fromtimestamp(self.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "initial_height": str(self.initial_height),
            "validators": [
                {
                    "address": address_of(key).upper(),
                    "name": office,
                    "power": str(power),
                    "pub_key": {
                        "type": "tendermint/PubKeyEd25519",
                        "value": base64.b64encode(unb64(key, 32)).decode("ascii"),
                    },
                }
                for office, (key, power) in self.validators.items()
            ],
        }


def chain_id(ledger_id: str) -> str:
    """Return the name of a ledger's chain: the first 16 hexadecimal digits of its id."""
    return f"muniment-{unb64(ledger_id, 32).hex()[:16]}"


def chain_of(origin: str) -> str:
    """Return the name of the chain of a ledger's origin, which ends with the same digits."""
    return f"muniment-{origin.rpartition('/')[2]}"


def seated(ledger: Ledger) -> dict[str, tuple[str, int]]:
    """Return engine key and power of each validator that has power, by office."""
    return {office: (one.key, one.power)
            for office, one in validators(ledger.state).items() if one.power}


def promote(directory: Path, *, now: Clock = system_time) -> ChainGenesis:
    """Make a solo ledger the beginning of a network; it takes no more solo blocks.

    The engine's genesis is written beside it as `genesis.json`.

    Args:
        directory: The ledger's directory, with its log key.
        now: Returns the time in UTC seconds.

    Raises:
        NotFound: It was promoted before.
        Refused: Its state seats no validator.
    """
    with SoloLedger(directory, now=now) as ledger:
        powers = seated(ledger)
        if not powers:
            raise Refused(
                "no-validator", "The ledger seats no validator with power.",
                basis="docs/rfc/0003-the-network.md",
                remedy="Enrol the validators and let the members seat them first.",
            )
        ledger.refuse_if_promoted()
        policy = directory / POLICY_FILE
        note = ledger.checkpoint()
        text = ledger.current().text()
        size = ledger.head.size
        genesis = ChainGenesis(
            chain_id(ledger.identity.id), ledger.head.height + 1, sha256(text.encode("ascii")),
            note, ledger.time(), powers, value_of(ledger.state, BLOCK_BYTES),
        )
        ended = end_note_range(read_policy(policy), ledger.identity.origin, size,
                               ledger.current().root)
    # Until the last line of this function the ledger is solo, and all of it can be done again.
    write_policy(policy, ended)
    _replace(directory / GENESIS_FILE, json.dumps(genesis.document(), indent=1) + "\n")
    mark(directory)
    return genesis


def _replace(path: Path, text: str) -> None:
    making = path.with_name(f".{path.name}.making")
    making.write_text(text, encoding="ascii")
    making.replace(path)


def copy_ledger(source: Path, target: Path) -> None:
    """Copy a promoted ledger and its trust policy into another validator's directory; no keys.

    Raises:
        NotFound: The source holds no ledger.
        AlreadyThere: The target holds one.
    """
    if not (source / FILE_NAME).exists():
        raise NotFound("ledger-not-found", f"{source} holds no ledger.")
    if (target / FILE_NAME).exists():
        raise AlreadyThere("ledger-exists", f"{target} already holds a ledger.",
                       remedy="Name another directory.")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    making = target / f".{FILE_NAME}.making"
    making.unlink(missing_ok=True)
    with closing(sqlite3.connect(source / FILE_NAME)) as old, closing(
            sqlite3.connect(making)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=WAL")
    policy = source / POLICY_FILE
    if policy.exists():
        (target / POLICY_FILE).write_bytes(policy.read_bytes())
    making.replace(target / FILE_NAME)
