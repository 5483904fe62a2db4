"""Founds a network of fictional offices on this machine: one ledger, a node's directory for each.

The first office operates the solo ledger and enrols the others, their nodes and the members; then
the ledger is promoted, and each office takes its copy and its keys home.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from muniment.model.office import DEMO
from muniment.model.possession import prove_possession
from muniment.network.home import Home
from muniment.node.founding import found
from muniment.node.governance import node_enrolment
from muniment.node.promotion import ChainGenesis, copy_ledger, promote
from muniment.node.register import Register
from muniment.node.solo import KEYS, LOG_KEY_FILE
from muniment.node.wallet import Wallet, read_private, write_private
from muniment.operations.admit_member import AdmitMember
from muniment.operations.enrol_office import EnrolOffice
from muniment.operations.seat_validator import SeatValidator
from muniment.operations.set_power_policy import SetPowerPolicy
from muniment.proof.canonical import encode
from muniment.proof.crypto import PrivateKey
from muniment.proof.errors import Malformed
from muniment.reference import packaged_rows
from muniment.vault.vault import make_vault_key

OFFICES = tuple(DEMO)
LEDGER_NAME = "register.network.example"
UNITS = 10


def fictional(count: int) -> tuple[str, ...]:
    """Return the codes of so many offices.

    Raises:
        Malformed: There are not so many, or none.
    """
    if not 1 <= count <= len(OFFICES):
        raise Malformed("offices-out-of-range", f"{count} offices; there are 1 to {len(OFFICES)}.",
                        remedy="Four validators bear the fault of one: --offices 4")
    return OFFICES[:count]


def gather(
    folders: Sequence[Path], homes: Sequence[Home], progress: Callable[[str], None]
) -> ChainGenesis:
    """Found the ledger in the first folder, promote it, and give each office its copy and keys.

    Args:
        folders: The nodes' directories; those of the ledgers must not exist.
        homes: Their engines' homes, with keys.
        progress: Told what is done now.
    """
    offices = fictional(len(folders))
    first = folders[0]
    progress("founding the ledger of XA")
    found(first, office=offices[0], name=LEDGER_NAME, profile="demo", rows=packaged_rows("demo"))
    wallets = {office: Wallet.generate(office) for office in offices[1:]}
    log_keys = {office: PrivateKey.generate("Ed25519") for office in offices[1:]}
    with Register(first) as register:
        wallets[offices[0]] = register.wallet()
        log_keys[offices[0]] = PrivateKey.from_jwk(read_private(first / KEYS / LOG_KEY_FILE))
        for office, home in zip(offices, homes, strict=True):
            progress(f"enrolling {office}")
            _enrol(register, wallets, office, log_keys[office], home)
        register.act(SetPowerPolicy(policy="authority"))
    progress("promoting the ledger")
    genesis = promote(first)
    for office, folder in zip(offices, folders, strict=True):
        progress(f"copying the ledger to {office}")
        if folder != first:
            copy_ledger(first, folder)
            (folder / KEYS).mkdir(mode=0o700, exist_ok=True)
            wallets[office].save(folder / KEYS / f"{office}.json")
            write_private(folder / KEYS / LOG_KEY_FILE, encode(log_keys[office].jwk()) + b"\n")
            make_vault_key(folder)
    return genesis


def _enrol(
    register: Register, wallets: dict[str, Wallet], office: str, log_key: PrivateKey, home: Home
) -> None:
    """Enrol an office, its node, its membership and its seat."""
    operator, wallet = wallets[OFFICES[0]], wallets[office]
    if wallet is not operator:
        key_set = wallet.key_set()
        register.act(EnrolOffice(key_set=key_set, office=office, possession=prove_possession(
            office, key_set, register.ledger.identity.id, wallet.keys)))
    register.account = office
    node = node_enrolment(register, home.validator_key(), log_key, home.node_id())
    register.act(node, wallet)
    register.account = operator.account
    register.act(AdmitMember(office=office, units=UNITS))
    register.act(SeatValidator(office=office))
