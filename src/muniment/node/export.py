"""Export and replay: a ledger as one text that anyone can run again (docs/formats/export.md).

- The export holds genesis and, per block, height, time and the envelopes as stored; never the
  vault. It ends with the roots that a replay must reach.
- A refused operation whose line was erased is exported as what its leaf says of it; a replay
  takes its refusal from there and reports how many there were.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from muniment.codec import Digest as DigestText
from muniment.codec import Natural, Record, Word, decoder, encode
from muniment.engine import GENESIS_LEAF
from muniment.model.envelope import Envelope, Erased
from muniment.model.genesis import Genesis
from muniment.model.misbehaviour import ENGINE_LEAF, Misbehaviour, read_leaf
from muniment.model.validator import Address
from muniment.node.founding import genesis_write
from muniment.node.ledger import Ledger
from muniment.proof import limits
from muniment.proof.canonical import decode as decode_plain
from muniment.proof.crypto import b64, unb64
from muniment.proof.errors import Malformed, VerificationError
from muniment.storage.protocol import Storage, StoredBlock
from muniment.storage.sqlite import SqliteStorage

FIRST_LINE = b"muniment/export/v1\n"
_OPERATION_LEAF = b"muniment/operation/v1\n"


class BlockLine(Record, frozen=True, kw_only=True, tag_field="line", tag="block"):
    """Announces a block."""

    envelopes: Natural
    height: Natural
    misbehaviour: Natural = 0
    time: Natural


class EnvelopeLine(Record, frozen=True, kw_only=True, tag_field="line", tag="envelope"):
    """Announces an envelope: its first line and its operations follow."""

    operations: Natural


class ErasedLine(Record, frozen=True, kw_only=True, tag_field="line", tag="erased"):
    """Stands for the erased line of a refused operation."""

    bytes: Natural
    code: Natural
    operation: DigestText


class MisbehaviourLine(Record, frozen=True, kw_only=True, tag_field="line", tag="misbehaviour"):
    """What a consensus engine reported in the block, after its envelopes."""

    address: Address
    height: Natural
    kind: Word
    time: Natural
    total_power: Natural


class EndLine(Record, frozen=True, kw_only=True, tag_field="line", tag="end"):
    """Ends the export with what a replay must reach."""

    log_root: DigestText
    size: Natural
    state_root: DigestText


_decode_line = decoder(BlockLine | EnvelopeLine | ErasedLine | MisbehaviourLine | EndLine)
_decode_genesis = decoder(Genesis)
_ERASED_PREFIX = b'{"bytes":'


def export_lines(ledger: Ledger) -> Iterator[bytes]:
    """Yield the lines of a ledger's export, each with its LF."""
    storage = ledger.storage
    yield FIRST_LINE
    genesis = next(iter(storage.entries(0, 1))).leaf
    yield genesis[len(GENESIS_LEAF) :] + b"\n"
    for block in storage.blocks(0):
        yield from _block_lines(storage, block)
    end = EndLine(
        log_root=b64(ledger.engine.log.root()),
        size=ledger.head.size,
        state_root=b64(ledger.tree.root()),
    )
    yield encode(end) + b"\n"


def _block_lines(storage: Storage, block: StoredBlock) -> Iterator[bytes]:
    envelopes = storage.envelopes(block.height)
    reports = reports_before(storage, block)
    line = BlockLine(envelopes=len(envelopes), height=block.height, misbehaviour=len(reports),
                     time=block.time)
    yield encode(line) + b"\n"
    starts = [one.position for one in envelopes]
    ends = pairwise([*starts, block.position - len(reports)])
    for one, (_, end) in zip(envelopes, ends, strict=True):
        yield encode(EnvelopeLine(operations=end - one.position)) + b"\n"
        yield one.jws + b"\n"
        for entry in storage.entries(one.position, end):
            yield (entry.body if entry.body is not None else erased_line(entry.leaf)) + b"\n"
    for report in reports:
        yield encode(MisbehaviourLine(**asdict(report))) + b"\n"


def reports_before(storage: Storage, block: StoredBlock) -> list[Misbehaviour]:
    """Return what a consensus engine reported in a block: the leaves before its block leaf."""
    found: list[Misbehaviour] = []
    while True:
        position = block.position - len(found) - 1
        entry = next(iter(storage.entries(position, position + 1)))
        if not entry.leaf.startswith(ENGINE_LEAF):
            return found[::-1]
        found.append(read_leaf(entry.leaf))


def erased_line(leaf: bytes) -> bytes:
    """Return what an operation's leaf says of its erased line."""
    plain = decode_plain(leaf[len(_OPERATION_LEAF) :])
    return encode(ErasedLine(
        bytes=plain["bytes"], code=plain["code"], operation=plain["operation"]
    ))


@dataclass(frozen=True, slots=True)
class ExportedBlock:
    """One block read from an export."""

    height: int
    time: int
    envelopes: tuple[Envelope, ...]
    erased: int
    misbehaviour: tuple[Misbehaviour, ...] = ()


class ExportReader:
    """Reads an export line by line; nothing in it is believed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        if self._line() + b"\n" != FIRST_LINE:
            raise _malformed("The first line is not muniment/export/v1.")
        self.genesis_line = self._line()
        self.genesis: Genesis = _decode_genesis(self.genesis_line)
        self.end: EndLine | None = None

    def blocks(self) -> Iterator[ExportedBlock]:
        """Yield the blocks; afterwards `end` holds the asserted roots."""
        while True:
            line = _decode_line(self._line())
            if isinstance(line, EndLine):
                self.end = line
                return
            if not isinstance(line, BlockLine):
                raise _malformed("A block or the end was expected.")
            yield self._block(line)

    def _block(self, line: BlockLine) -> ExportedBlock:
        envelopes = [self._envelope() for _ in range(line.envelopes)]
        erased = sum(
            isinstance(one, Erased) for envelope in envelopes for one in envelope.lines
        )
        reports = tuple(self._report() for _ in range(line.misbehaviour))
        return ExportedBlock(line.height, line.time, tuple(envelopes), erased, reports)

    def _report(self) -> Misbehaviour:
        line = _decode_line(self._line())
        if not isinstance(line, MisbehaviourLine):
            raise _malformed("A report of misbehaviour was expected.")
        return Misbehaviour(line.kind, line.address, line.height, line.time, line.total_power)

    def _envelope(self) -> Envelope:
        line = _decode_line(self._line())
        if not isinstance(line, EnvelopeLine):
            raise _malformed("An envelope was expected.")
        if line.operations > limits.ENVELOPE_OPERATIONS_MAX:
            raise _malformed("An envelope has too many operations.")
        first = self._line()
        return Envelope.restore(first, [self._operation() for _ in range(line.operations)])

    def _operation(self) -> bytes | Erased:
        line = self._line()
        if not line.startswith(_ERASED_PREFIX):
            return line
        stands_for = _decode_line(line)
        if not isinstance(stands_for, ErasedLine) or stands_for.code == 0:
            raise _malformed("Only a refused operation's line can be erased.")
        hashed = unb64(stands_for.operation, 32)
        return Erased(size=stands_for.bytes, code=stands_for.code, hashed=hashed)

    def _line(self) -> bytes:
        line = self._file.readline(limits.OPERATION_BYTES_MAX + 2)
        if not line.endswith(b"\n"):
            raise _malformed("The export ends in the middle, or a line is too long.")
        return line[:-1]


def replay(file: BinaryIO, directory: Path) -> dict[str, Any]:
    """Run an export again into a new ledger without keys; return what was reached.

    Raises:
        Malformed: The file is no export.
        VerificationError: A root differs from the one asserted.
    """
    reader = ExportReader(file)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    leaf = GENESIS_LEAF + reader.genesis_line
    with SqliteStorage(directory, create=True) as storage:
        storage.commit(genesis_write(reader.genesis, leaf, storage))
    erased = 0
    with Ledger(SqliteStorage(directory)) as ledger:
        for block in reader.blocks():
            ledger.run_block(block.height, block.time, block.envelopes, block.misbehaviour)
            erased += block.erased
        reached = EndLine(
            log_root=b64(ledger.engine.log.root()),
            size=ledger.head.size,
            state_root=b64(ledger.tree.root()),
        )
    if reached != reader.end:
        raise VerificationError(
            "replay-differs", "The replay reached other roots than the export asserts.",
            basis="docs/formats/export.md",
            remedy="Compare the two with: muniment ledger verify",
        )
    return {
        "erased_operations": erased, "log_root": reached.log_root, "size": reached.size,
        "state_root": reached.state_root,
    }


def _malformed(detail: str) -> Malformed:
    return Malformed(
        "export-malformed", detail, basis="docs/formats/export.md",
        remedy="Export the ledger again.",
    )
