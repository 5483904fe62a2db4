"""The proof that an envelope was entered with the outcome that a node names."""

from muniment.engine import OPERATION_LEAF, Outcome
from muniment.model.envelope import Envelope
from muniment.network.log_nodes import nodes_of
from muniment.network.rpc import not_believed
from muniment.proof import merkle
from muniment.proof.canonical import decode
from muniment.proof.crypto import b64
from muniment.proof.errors import LedgerError, StorageFault
from muniment.proof.merkle import Frontier, leaf_hash
from muniment.storage.protocol import Head, Storage


def require_entered(storage: Storage, head: Head, tx: bytes, outcome: Outcome) -> None:
    """Require that an envelope that is said to be admitted stands in the log as is said.

    Args:
        storage: A node's.
        head: The head that is believed.
        tx: The envelope.
        outcome: What became of it, by the node's word; of a refused envelope there is no trace.

    Raises:
        VerificationError: The log does not show it.
    """
    if outcome.code:
        return
    envelope, root = Envelope.parse(tx), Frontier.load(head.size, head.frontier).root()
    first, nodes = outcome.position, nodes_of(storage, head)
    found = list(storage.entries(first, first + len(envelope.hashes)))
    if not len(found) == len(envelope.hashes) == len(outcome.operations):
        raise not_believed("it keeps no entries of an envelope that it says was admitted")
    wanted = zip(found, envelope.hashes, outcome.operations, strict=True)
    for index, (entry, hashed, code) in enumerate(wanted):
        try:
            merkle.verify_inclusion(
                leaf_hash(entry.leaf), first + index, head.size,
                merkle.inclusion_path_from(nodes, first + index, head.size), root)
            plain = decode(entry.leaf.removeprefix(OPERATION_LEAF))
            same = (plain["operation"], plain["code"], plain["envelope"]) == (
                b64(hashed), code, b64(envelope.digest))
        except (LedgerError, StorageFault, KeyError, TypeError):
            same = False
        if not same:
            raise not_believed(
                f"entry {first + index} of its log is not what it says it entered there")
