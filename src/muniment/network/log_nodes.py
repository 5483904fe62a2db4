"""The hashes of a remote log's subtrees: those of its frontier are known, the others are asked for.

A proof about the newest leaves, or between two sizes that are near, so asks for little.
"""

from muniment.proof.merkle import Node
from muniment.storage.log import LogReader
from muniment.storage.protocol import Head, Storage


def nodes_of(storage: Storage, head: Head) -> Node:
    """Return what gives the hash of a complete subtree of a log.

    Args:
        storage: Whence the hashes are read that the head does not hold.
        head: Where the log stands; its frontier follows from its root.
    """
    reader = LogReader(storage, head.size)
    peaks: dict[tuple[int, int], bytes] = {}
    start = 0
    for level in range(head.size.bit_length() - 1, -1, -1):
        if head.size >> level & 1:
            at = 32 * len(peaks)
            peaks[level, start >> level] = head.frontier[at : at + 32]
            start += 1 << level

    def node(level: int, number: int) -> bytes:
        known = peaks.get((level, number))
        return known if known is not None else reader.node(level, number)

    return node
