"""An office at its register: the ledger, its wallets and its vault, as commands use them."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, get_args

from muniment.codec import Payload, RightKind, encode, members
from muniment.engine import Outcome
from muniment.intake.entry import Standing
from muniment.model import application as filings
from muniment.model import codes
from muniment.model.application import APPLICATIONS, COPIES, Application, Copy
from muniment.model.calendar import format_date
from muniment.model.claim import CLAIMS
from muniment.model.dates import day_of
from muniment.model.envelope import Envelope
from muniment.model.relation import ORIGINS, relations_of
from muniment.node.explain import not_admitted, refused, words_of
from muniment.node.ledger import DrivenLedger
from muniment.node.sealed_here import sealed_filings
from muniment.node.solo import KEYS, Clock, SoloLedger, system_time
from muniment.node.wallet import Wallet
from muniment.proof.disclosure import parse
from muniment.proof.errors import (
    Fault,
    Malformed,
    NotFound,
    StorageFault,
    VerificationError,
)
from muniment.vault.vault import Disclosure, Vault, disclose

_PARTS = 3
RIGHTS: tuple[str, ...] = get_args(RightKind)


class Receipt(NamedTuple):
    """What an accepted operation gets."""

    position: int
    height: int
    time: int
    checkpoint: Any
    """The signed note, or on a network the checkpoint with the commit that attests it."""


class Reference(NamedTuple):
    """A filing as people name it: `US/patent/06/113,950`."""

    office: str
    right: str
    number: str


def parse_reference(text: str) -> Reference:
    """Return the parts of a reference OFFICE/KIND/NUMBER; the number may hold slashes.

    Raises:
        Malformed: It has fewer than three parts, or the second is no kind of right.
    """
    parts = text.split("/", _PARTS - 1)
    if len(parts) != _PARTS or not all(parts) or parts[1] not in RIGHTS:
        number = "06113950" if len(parts) == _PARTS or not text else text
        raise Malformed(
            "reference-malformed", f"{text!r} is no reference.", basis="docs/guide.md",
            remedy=f"Write OFFICE/KIND/NUMBER, e.g. US/patent/{number}; the kind is one of "
            f"{', '.join(RIGHTS)}",
        )
    return Reference(*parts)


class Register:
    """A ledger with an office's keys and vault; a context manager.

    Args:
        directory: The directory of the keys and the vault, and of a solo ledger.
        account: The account that acts; the office by default.
        read_only: Whether only to read.
        now: Returns the time in UTC seconds.
        ledger: A network's ledger instead of the directory's own; it is closed with the register.
    """

    def __init__(
        self, directory: Path, account: str | None = None, *, read_only: bool = False,
        now: Clock = system_time, ledger: DrivenLedger | None = None,
    ) -> None:
        self.directory = directory
        self.ledger = ledger or SoloLedger(directory, read_only=read_only, now=now)
        self._vault: Vault | None = None
        self.operator = self.ledger.identity.genesis.operator.account
        self.office = self.operator if ledger is None else self._office()
        self.account = account or self.office

    def _office(self) -> str:
        """Return the office whose keys are in the directory; the operator if that is unclear."""
        found = [path.stem for path in sorted((self.directory / KEYS).glob("??.json"))]
        return found[0] if len(found) == 1 else self.operator

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._vault is not None:
            self._vault.close()
        self.ledger.close()

    @property
    def vault(self) -> Vault:
        """The vault, opened when it is first needed: a replayed ledger has none."""
        if self._vault is None:
            self._vault = Vault(self.directory)
        return self._vault

    @property
    def is_fiction(self) -> bool:
        """Whether this is a demo ledger."""
        return self.ledger.identity.genesis.profile == "demo"

    def wallet(self, account: str | None = None) -> Wallet:
        """Return the wallet of an account.

        Raises:
            NotFound: Its keys are not in this directory.
            Malformed: The name is no account id.
        """
        name = account or self.account
        if not name.replace("-", "").replace("_", "").isalnum():
            raise Malformed("account-malformed", f"{name!r} is no account id.")
        return Wallet.load(self.directory / KEYS / f"{name}.json")

    def submit(
        self, operations: Sequence[Payload], *, atomic: bool = False, wallet: Wallet | None = None
    ) -> Outcome:
        """Sign and submit operations as one envelope; return its outcome.

        Raises:
            OutOfTurn: The envelope was not admitted.
            VerificationError: No receipt could be signed: a restored ledger has not caught up.
        """
        self.ledger.refuse_if_unattested()  # else it would be entered, and fail afterwards
        lines = [encode(one) for one in operations]
        envelope = self.ledger.sign(wallet or self.wallet(), lines, atomic=atomic)
        outcome = self.ledger.submit([envelope])[0]
        self.ledger.settle()
        if outcome.code:
            raise not_admitted(outcome.name, f"{outcome.detail} (code {outcome.code})")
        return outcome

    def act(self, operation: Payload, wallet: Wallet | None = None) -> Receipt:
        """Submit one operation and return its receipt.

        Raises:
            Refused: A check refused it.
        """
        outcome = self.submit([operation], wallet=wallet)
        code = outcome.operations[0]
        if code == codes.INTERNAL_FAULT:
            why = " ".join(self.ledger.alarms[-1:]) or "each node's log says why, as an alarm"
            raise Fault(f"The operation at entry {outcome.position} broke an invariant and is "
                        f"refused; it changed nothing: {why}")
        if code:
            raise refused(code, words_of(operation, self.directory))
        return self.receipt(outcome.position)

    def receipt(self, position: int) -> Receipt:
        """Return the receipt of an accepted operation."""
        block = self.ledger.storage.block_at(position)
        if block is None:
            raise StorageFault(f"The block of entry {position} is missing.")
        try:
            checkpoint = self.ledger.acknowledge()
        except VerificationError as error:
            raise VerificationError(
                error.name, f"Entry {position} is there, but nothing that you trust shows it: "
                f"{error.detail}", basis=error.basis, remedy=error.remedy,
            ) from None
        return Receipt(position, block.height, block.time, checkpoint)

    def reference_key(self, named: Reference) -> str:
        """Return the key part of a filing: office, kind, series and number."""
        identity = filings.identify(self.ledger.state, *named)
        return f"{named.office}/{named.right}/{identity.suffix}"

    def find(self, named: Reference) -> tuple[bytes, Application | Copy]:
        """Return (key, entry) of a filing or, failing that, of this office's copy of it.

        Raises:
            NotFound: Neither stands here.
        """
        own = filings.find(self.ledger.state, APPLICATIONS, *named)
        if own is not None:
            return own
        copy = filings.find(self.ledger.state, COPIES, *named, self.office)
        if copy is not None:
            return copy
        raise NotFound(
            "not-confirmed", "No unsealed entry stands under that reference.",
            basis="docs/priority.md", remedy="Check its spelling: muniment number check",
        )

    def disclosures(self, digests: Sequence[str]) -> list[str]:
        """Return the disclosures of digests that the vault still keeps."""
        shown = (self.vault.show(digest) for digest in digests)
        return [one for one in shown if one is not None]

    def keep(self, reference: str, values: dict[str, Any]) -> dict[str, str]:
        """Disclose values into the vault; return the digest of each name."""
        made = {name: disclose(name, value) for name, value in values.items()}
        self.vault.keep([Disclosure(reference, name, text) for name, (text, _) in made.items()])
        return {name: digest for name, (_, digest) in made.items()}

    def today(self) -> str:
        """Return the UTC day of the next block."""
        return format_date(day_of(self.ledger.time()))


class ImportTarget:
    """The register as the intake sees it."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._wallet = register.wallet()
        self._sealed: dict[str, str] | None = None
        self.office = register.office

    def look_up(self, office: str, right: str, number: str) -> Standing:
        """Return what stands under a number."""
        state = self._register.ledger.state
        identity = filings.identify(state, office, right, number)
        reference = f"{office}/{right}/{identity.suffix}"
        own = office == self.office
        found: tuple[bytes, Application | Copy] | None = (
            filings.find(state, APPLICATIONS, office, right, number) if own else
            filings.find(state, COPIES, office, right, number, self.office))
        if found is None:
            return Standing(reference, False, "", bool(identity.readings))
        if own:
            reference = found[0].decode("ascii").removeprefix("application/").removesuffix("/")
        return Standing(reference, True, found[1].date or "", bool(identity.readings))

    def is_sealed(self, reference: str) -> bool:
        """Return whether the vault can open a sealed filing of that number."""
        if self._sealed is None:
            self._sealed = sealed_filings(self._register)
        return reference in self._sealed

    def descends(self, reference: str) -> bool:
        """Return whether a filing is declared to descend from another one."""
        declared = relations_of(self._register.ledger.state, reference)
        return any(one.kind in ORIGINS for one in declared)

    def claims(self, reference: str) -> frozenset[str]:
        """Return the references of the earlier filings ever claimed by a filing."""
        state = self._register.ledger.state
        earlier = (claim.earlier for _, claim in state.rows(CLAIMS, reference))
        return frozenset(self.look_up(one.office, one.right, one.number).reference
                         for one in earlier if one.number)

    def sign(self, operations: Sequence[bytes], ahead: int) -> bytes:
        """Return a signed envelope."""
        return self._register.ledger.sign(self._wallet, operations, ahead=ahead)

    def has(self, envelope: bytes) -> bool:
        """Return whether the ledger holds this very envelope."""
        return self._register.ledger.storage.has_envelope(envelope.split(b"\n", 1)[0])

    def renew(self, envelope: bytes) -> bytes:
        """Return the same operations signed anew."""
        lines = [line for line in Envelope.parse(envelope).lines if isinstance(line, bytes)]
        return self.sign(lines, 0)

    def submit(self, envelopes: Sequence[bytes]) -> list[tuple[str, tuple[int, ...]]]:
        """Submit envelopes; return (name of the outcome, code of each operation) of each."""
        return [(one.name, one.operations) for one in self._register.ledger.submit(envelopes)]

    def today(self) -> str:
        """Return today's date."""
        return self._register.today()


def entry_as_json(register: Register, key: bytes, entry: Application | Copy) -> dict[str, Any]:
    """Return an entry with what the vault still discloses of it."""
    plain = members(entry)
    shown = register.disclosures(list(entry.disclosed.values()))
    values = {name: value for _, name, value in map(parse, shown)}
    return {"entry": plain, "key": key.decode("ascii"), "disclosed": values}

