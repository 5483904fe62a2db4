"""Whether the engine's genesis is the one of this ledger."""

import json

from muniment.abci.messages import RequestInitChain
from muniment.network.ledger import DecidedLedger
from muniment.node.promotion import chain_id, seated
from muniment.proof.crypto import b64
from muniment.proof.errors import VerificationError


def refuse_other_genesis(ledger: DecidedLedger, request: RequestInitChain) -> None:
    """Raise unless the engine begins exactly where this ledger was promoted.

    Raises:
        VerificationError: A fact of the genesis is another ledger's.
    """
    if request.chain_id != chain_id(ledger.identity.id):
        raise _other("chain_id", request.chain_id, chain_id(ledger.identity.id))
    initial = ledger.head.height + 1
    if ledger.decided or request.initial_height != initial:
        raise _other("initial_height", request.initial_height, initial)
    if request.time.seconds < ledger.head.time:
        raise _other("genesis_time", request.time.seconds, f"at least {ledger.head.time}")
    text = ledger.current().text()
    if not _note(request.app_state_bytes).startswith(text + "\n"):
        raise _other("checkpoint in app_state", "another", repr(text))
    named = {b64(one.pub_key.ed25519): one.power for one in request.validators}
    if named != dict(seated(ledger).values()):
        raise _other("validators", sorted(named.items()), "the ledger's validators with power")


def _note(app_state: bytes) -> str:
    try:
        return str(json.loads(app_state)["checkpoint"])
    except (ValueError, KeyError, TypeError):
        return ""


def _other(fact: str, found: object, expected: object) -> VerificationError:
    return VerificationError(
        "genesis-of-another-ledger",
        f"The engine's genesis has {fact} {found}; this ledger has {expected}.",
        basis="docs/rfc/0003-the-network.md",
        remedy="Take genesis.json and the ledger's copy from the same promotion.",
    )
