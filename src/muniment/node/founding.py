"""Founding a ledger: keys, genesis, the first block, the trust policy, the reference data.

Everything is made in a directory beside the one asked for, which is renamed when it is complete:
a crash leaves no half-made ledger.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Literal

from muniment.codec import encode, from_members
from muniment.editions import NEWEST, rules_of
from muniment.engine import BLOCK_LEAF, GENESIS_LEAF, BlockLeaf
from muniment.model.account import STANDARD_QUOTAS, Jwk, Quotas
from muniment.model.genesis import EditionName, Genesis, Operator, initial_state, origin
from muniment.model.possession import prove_possession
from muniment.node.policy import write_policy
from muniment.node.solo import (
    KEYS,
    LOG_KEY_FILE,
    POLICY_FILE,
    Clock,
    SoloLedger,
    system_time,
)
from muniment.node.wallet import Wallet, write_private
from muniment.operations.publish_reference_data import (
    ROWS_MAX,
    NamedRow,
    PublishReferenceData,
)
from muniment.proof.canonical import encode as encode_plain
from muniment.proof.checkpoint import verifier_key
from muniment.proof.crypto import PrivateKey, b64
from muniment.proof.errors import AlreadyThere, Fault
from muniment.proof.merkle import Frontier, leaf_hash
from muniment.storage.log import LogTiles
from muniment.storage.pages import PagedTree
from muniment.storage.protocol import BlockWrite, Entry, Head, Storage
from muniment.storage.sqlite import SqliteStorage
from muniment.vault.vault import make_vault_key

Row = tuple[str, tuple[str, ...], dict[str, Any]]
"""A row of reference data: table, components, members."""
Profile = Literal["solo", "demo"]
ENVELOPE_ROWS = 20
"""Operations of reference data in one envelope: they are long, and an envelope is bounded."""


def found(
    directory: Path,
    *,
    office: str,
    name: str,
    profile: Profile = "solo",
    rows: Iterable[Row] = (),
    quotas: Quotas | None = None,
    now: Clock = system_time,
    progress: Callable[[int], None] | None = None,
    wallet: Wallet | None = None,
    log_key: PrivateKey | None = None,
) -> None:
    """Make a solo ledger operated by an office.

    Args:
        directory: Where it will stand; it must not exist, or be empty.
        office: ST.3 code of the operator.
        name: The ledger's name, the first part of its origin.
        profile: `solo`, or `demo` for fictional offices.
        rows: Reference data to publish in block 1.
        quotas: What an account may submit in a day.
        now: Returns the time in UTC seconds.
        progress: Called with the number of rows published so far.
        wallet: The operator's keys, e.g. from a key ceremony; fresh ones by default.
        log_key: The key that signs checkpoints; a fresh one by default.

    Raises:
        AlreadyThere: The directory is not empty.
    """
    if directory.exists() and any(directory.iterdir()):
        raise AlreadyThere(
            "directory-not-empty", f"{directory} is not empty.", remedy="Name another directory."
        )
    making = directory.parent / f".{directory.name}.making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700, parents=True)
    wallet = wallet or Wallet.generate(office)
    log_key = log_key or PrivateKey.generate("Ed25519")
    genesis = _genesis(wallet, log_key, name=name, profile=profile, time=now(), quotas=quotas)
    leaf = GENESIS_LEAF + encode(genesis)
    wallet.save(making / KEYS / f"{office}.json")
    write_private(making / KEYS / LOG_KEY_FILE, encode_plain(log_key.jwk()) + b"\n")
    make_vault_key(making)
    policy = trust_policy(origin(name, leaf), log_key)
    write_policy(making / POLICY_FILE, policy)
    with SqliteStorage(making, create=True) as storage:
        storage.commit(genesis_write(genesis, leaf, storage))
    with SoloLedger(making, now=now) as ledger:
        publish(ledger, wallet, rows, progress)
    if directory.exists():
        directory.rmdir()
    making.rename(directory)


def trust_policy(ledger_origin: str, log_key: PrivateKey) -> str:
    """Return the policy of someone who trusts this log key for the whole ledger."""
    key = verifier_key(ledger_origin, log_key.public)
    return f"muniment/trust-policy/v1\n{ledger_origin} 0 - note {key}\n"


def _genesis(
    wallet: Wallet, log_key: PrivateKey, *, name: str, profile: Profile, time: int,
    quotas: Quotas | None,
) -> Genesis:
    key_set = wallet.key_set()
    return Genesis(
        edition=EditionName(hash=rules_of(NEWEST).hash, name=NEWEST),
        log_key=from_members(Jwk, dict(log_key.public.jwk)),
        name=name,
        operator=Operator(account=wallet.account, key_set=key_set, kind="office"),
        parameters=quotas or STANDARD_QUOTAS,
        possession=prove_possession(wallet.account, key_set, name, wallet.keys),
        profile=profile,
        time=time,
    )


def genesis_write(genesis: Genesis, leaf: bytes, storage: Storage) -> BlockWrite:
    """Return what storage must write for the genesis block: leaf 0 and its block leaf."""
    tree = PagedTree(storage.page)
    root = tree.apply(initial_state(genesis))
    if tree.root_page is None:
        raise Fault("Genesis has no state.")
    block = BLOCK_LEAF + encode(BlockLeaf(
        count=1, edition=genesis.edition.hash, height=0, state_root=b64(root), time=genesis.time,
    ))
    log = Frontier()
    hashes = [leaf_hash(leaf), leaf_hash(block)]
    for one in hashes:
        log.append(one)
    head = Head(0, genesis.time, 2, log.dump(), tree.root_page[0], root, tree.next_page)
    return BlockWrite(
        head=head, first=0, entries=[Entry(leaf, None), Entry(block, None)], envelopes=[],
        pages=tree.take_changed(), tiles=LogTiles(storage, 0).append(hashes),
    )


def publish(
    ledger: SoloLedger,
    wallet: Wallet,
    rows: Iterable[Row],
    progress: Callable[[int], None] | None = None,
) -> None:
    """Publish reference data with the operator's keys.

    Raises:
        Fault: A packaged row was refused.
    """
    operations = list(_operations(wallet.account, rows))
    done = 0
    envelopes: list[bytes] = []
    for first in range(0, len(operations), ENVELOPE_ROWS):
        part = [encode(one) for one in operations[first : first + ENVELOPE_ROWS]]
        envelopes.append(ledger.sign(wallet, part, ahead=len(envelopes)))
    for outcome in ledger.submit(envelopes):
        if outcome.code or any(outcome.operations):
            raise Fault(f"Packaged reference data was refused: {outcome}")
        done += ENVELOPE_ROWS
        if progress:
            progress(min(done, len(operations)))


def _operations(publisher: str, rows: Iterable[Row]) -> Iterable[PublishReferenceData]:
    for table, group in groupby(rows, key=lambda row: row[0]):
        named: Sequence[NamedRow]
        while named := [
            from_members(NamedRow, {"name": components, "row": row})
            for _, components, row in islice(group, ROWS_MAX // 2)
        ]:
            yield PublishReferenceData(publisher=publisher, rows=tuple(named), table=table)
