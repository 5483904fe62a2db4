"""An entry after a recovery: what its evidence shows for ever."""

import tempfile
from pathlib import Path

from muniment.codec import Act, Payload, encode
from muniment.model.example import key
from muniment.model.possession import prove_possession
from muniment.model.proposal import digest_of
from muniment.model.recovery import WAIT_SECONDS
from muniment.node.evidence import entry_evidence
from muniment.node.founding import found
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations.admit_member import AdmitMember
from muniment.operations.complete_recovery import CompleteRecovery
from muniment.operations.enact import Enact
from muniment.operations.propose import Propose
from muniment.operations.recover_account import RecoverAccount
from muniment.operations.set_power_policy import SetPowerPolicy
from muniment.operations.vote import CastVote

OFFICE = "XA"


def entry_after_recovery(line: bytes, time: int) -> tuple[str, bytes]:
    """Return (trust policy, evidence) of an operation of an office whose key set was recovered.

    Args:
        line: The operation.
        time: When the ledger begins, in UTC seconds.
    """
    moment = [time]
    lost = Wallet(OFFICE, (key("lost"),), 1, (key("lost too"),))
    following = Wallet(OFFICE, (key("found"),), 1, (key("found next"),), recovered=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger"
        found(path, office=OFFICE, name="register.vectors.example", profile="demo",
              now=lambda: moment[0], wallet=lost, log_key=key("log of recovery"))
        policy = (path / "trust-policy.txt").read_text(encoding="ascii")
        with SoloLedger(path, now=lambda: moment[0]) as ledger:
            key_set = following.key_set()
            possession = prove_possession(
                OFFICE, key_set, ledger.identity.id, following.keys)
            act = Act(encode(RecoverAccount(
                account=OFFICE, key_set=key_set, possession=possession)))
            _submit(ledger, lost, AdmitMember(office=OFFICE, units=1),
                    SetPowerPolicy(policy="authority"), Propose(act=act, member=OFFICE),
                    CastVote(digest=digest_of(act), favour=True, member=OFFICE, proposal=1),
                    Enact(act=act, member=OFFICE, proposal=1))
            moment[0] += WAIT_SECONDS
            _submit(ledger, lost, CompleteRecovery(
                account=OFFICE, key_set=key_set, member=OFFICE))
            ledger.submit([ledger.sign(following, [line])])
            return policy, entry_evidence(ledger, ledger.head.size - 2)


def _submit(ledger: SoloLedger, wallet: Wallet, *operations: Payload) -> None:
    outcome = ledger.submit([ledger.sign(wallet, [encode(one) for one in operations])])[0]
    if outcome.code or any(outcome.operations):
        raise ValueError(f"{outcome} of {operations}")
