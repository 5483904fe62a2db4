"""Enrolments: an account's first keys wait in a file until the ledger names them.

- The keys are written before anything is submitted, and what waits is never overwritten: whoever
  asks again submits the same keys, or puts them in place once the ledger says they are in force.
"""

from pathlib import Path

from muniment.codec import Payload
from muniment.model.account import ACCOUNTS, Account
from muniment.model.possession import prove_possession
from muniment.node.register import Receipt, Register
from muniment.node.rotation import is_in_force
from muniment.node.solo import KEYS
from muniment.node.wallet import Wallet
from muniment.operations.enrol_office import EnrolOffice
from muniment.operations.enrol_participant import EnrolParticipant
from muniment.proof.errors import Busy, Malformed, OutOfTurn, Refused

ENROLLING = ".enrolling"
"""What the file of keys ends with that wait for their enrolment."""


def enrol(
    register: Register, office: str | None, *, keys: int = 1, threshold: int = 1,
    algorithm: str = "Ed25519",
) -> tuple[str, Receipt | None]:
    """Enrol an office, or a participant if no office is named; keep its wallet in the directory.

    Asked again after an attempt of which nothing is known, it goes on with the same keys.

    Returns:
        The account, and the receipt; none if an earlier attempt had come to pass, and its keys
        were put in place.

    Raises:
        Malformed: A wallet of the office is here already.
        VerificationError: No receipt could be signed; nothing was submitted.
        Busy: The network decides nothing; the keys wait.
    """
    if office and (register.directory / KEYS / f"{office}.json").exists():
        raise Malformed("office-enrolled", f"A wallet {office}.json is here already.")
    wallet = _waiting(register, office, (keys, threshold, algorithm)) or Wallet.generate(
        office, keys=keys, threshold=threshold, algorithm=algorithm)
    path, receipt = _file(register, wallet), None
    if not is_in_force(wallet, _held(register, wallet.account)):
        register.ledger.refuse_if_unattested()  # a receipt that fails later misleads
        if not path.exists():
            wallet.save(path)
        receipt = _submit(register, wallet, office)
    path.replace(path.with_suffix(".json"))
    return wallet.account, receipt


def _held(register: Register, account: str) -> Account | None:
    return register.ledger.state.get(ACCOUNTS, account)


def _waiting(
    register: Register, office: str | None, shape: tuple[int, int, str]
) -> Wallet | None:
    """Return the wallet that waits for the office, or for a participant with keys of a shape."""
    folder = register.directory / KEYS
    if office:
        path = folder / f"{office}{ENROLLING}"
        return Wallet.load(path) if path.exists() else None
    for path in sorted(folder.glob(f"*{ENROLLING}")):
        wallet = Wallet.load(path)
        if wallet.account == wallet.key_set().digest() and _shape(wallet) == shape:
            held = _held(register, wallet.account)
            if held is None or is_in_force(wallet, held):
                return wallet
    return None


def _shape(wallet: Wallet) -> tuple[int, int, str]:
    return len(wallet.keys), wallet.threshold, wallet.keys[0].public.alg


def _submit(register: Register, wallet: Wallet, office: str | None) -> Receipt | None:
    """Return the receipt of an enrolment; None if an earlier envelope was faster."""
    try:
        return register.act(_operation(register, wallet, office))
    except (OutOfTurn, Refused):
        if is_in_force(wallet, _held(register, wallet.account)):
            return None
        raise
    except Busy as error:
        again = f"muniment office enrol {office}" if office else "muniment participant enrol"
        raise Busy(
            error.name, f"{error.detail} The keys wait in {_file(register, wallet)}: they may be "
            "enrolled later.", basis=error.basis, remedy=f"{error.remedy} - then again: {again}",
        ) from None


def _file(register: Register, wallet: Wallet) -> Path:
    return register.directory / KEYS / f"{wallet.account}{ENROLLING}"


def _operation(register: Register, wallet: Wallet, office: str | None) -> Payload:
    key_set = wallet.key_set()
    possession = prove_possession(
        wallet.account, key_set, register.ledger.identity.id, wallet.keys)
    kind = EnrolOffice if office else EnrolParticipant
    return kind(key_set=key_set, office=office or register.account, possession=possession)
