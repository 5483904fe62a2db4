"""What one record becomes: a filing, a copy, claims, or nothing but findings.

- Filings of the office that imports are filed; those of any other office are recorded as copies,
  with their source. A source without a date makes a copy without one, never a filing.
- A number that stands already is compared, never disclosed again; a tombstone is honoured.
- Claims are entered only when asked for, and only in the register of the office that imports. One
  that stands there, or ever stood, is left alone: importing a later answer adds only what is new.
- With the claims goes the filing from which this one descends: from its date they are counted.
  Where that is printed and cannot be told, no claim is entered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from muniment.codec import Payload, encode, from_members
from muniment.intake.parents import Origin
from muniment.intake.record import Priority, Record
from muniment.intake.rules import class_number, filing_date, is_complete, is_real
from muniment.operations.claim_priority import ClaimPriority
from muniment.operations.declare_relation import DeclareRelation
from muniment.operations.file_application import FileApplication
from muniment.operations.record_copy import RecordCopy
from muniment.proof.errors import LedgerError
from muniment.vault.vault import Disclosure, Vault, disclose

GOODS = "priority-goods"
"""The name under which a list of goods and services is disclosed."""
Find = Callable[[str], None]
"""Takes the code of a finding about the record at hand."""


class Standing(NamedTuple):
    """What the ledger says of a number."""

    reference: str
    """Office, kind of right, series and number as keys show them."""
    stands: bool
    """Whether a filing, or a copy of this office, stands there."""
    date: str
    """Its filing date, if it has one."""
    known: bool
    """Whether a published format reads the number."""


class Register(Protocol):
    """What the ledger is asked about a record."""

    @property
    def office(self) -> str:
        """The office that imports."""

    def look_up(self, office: str, right: str, number: str) -> Standing:
        """Return what stands under a number."""

    def is_sealed(self, reference: str) -> bool:
        """Return whether this office sealed a filing of that number, and has not opened it."""

    def descends(self, reference: str) -> bool:
        """Return whether a filing is declared to descend from another one."""

    def claims(self, reference: str) -> frozenset[str]:
        """Return the references of the earlier filings ever claimed by a filing."""

    def today(self) -> str:
        """Return today's date."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What is ready to be entered for a row."""

    row: int
    number: str
    filing: tuple[bytes, ...]
    """The line of the filing or copy, unless it stands already."""
    parent: tuple[bytes, ...]
    """The line of the filing from which it descends, if it is to be declared."""
    claims: tuple[bytes, ...]
    """The lines of its claims."""
    disclosures: tuple[Disclosure, ...]

    @property
    def lines(self) -> tuple[bytes, ...]:
        """All lines, in the order in which they are executed."""
        return self.filing + self.parent + self.claims


@dataclass(slots=True)
class Enterer:
    """Makes what is entered of records, one batch after another."""

    register: Register
    vault: Vault
    with_claims: bool
    _batch: dict[str, str] = field(default_factory=dict)
    """Reference -> date of what this batch enters, before it stands."""
    _claimed: dict[str, set[str]] = field(default_factory=dict)
    """Reference -> references claimed by this batch."""
    _descending: set[str] = field(default_factory=set)
    """References of which this batch declares a parent."""

    def begin(self) -> None:
        """Begin a batch: what the last one entered stands in the ledger now."""
        self._batch.clear()
        self._claimed.clear()
        self._descending.clear()

    def prepare(self, record: Record, find: Find) -> Ready | None:
        """Return what is to be entered of a record that no rule keeps out, or None."""
        standing = self.register.look_up(record.office, record.right, record.number)
        date = filing_date(record)
        filing: tuple[bytes, ...] = ()
        disclosures: list[Disclosure] = []
        if standing.stands or standing.reference in self._batch:
            there = standing.date if standing.stands else self._batch[standing.reference]
            if not self._agrees(there, date, find):
                return None
        elif (why := self._barred(record, standing.reference, date)) is not None:
            find(why)
            return None
        else:
            if not standing.known:
                find("number-format-unknown")
            try:
                made = self._disclosures(record, standing.reference, find)
            except LedgerError:
                find("text-too-long")
                return None
            disclosures = [one for one, _ in made]
            digests = {one.name: digest for one, digest in made}
            filing = (encode(self._operation(record, date, digests)),)
        try:
            claims = tuple(self._claims(record, standing.reference, find, disclosures))
        except LedgerError:
            find("text-too-long")
            return None
        parent = tuple(self._parent(record, standing.reference))
        if not filing and not parent and not claims:
            return None
        if filing:
            self._batch[standing.reference] = date
        return Ready(record.row, record.number, filing, parent, claims, tuple(disclosures))

    def _barred(self, record: Record, reference: str, date: str) -> str | None:
        """Return why a filing of the operator's own cannot be entered, or None."""
        if record.office != self.register.office:
            return None
        if not date:
            return "own-filing-without-date"
        return "sealed-here" if self.register.is_sealed(reference) else None

    @staticmethod
    def _agrees(stands: str, date: str, find: Find) -> bool:
        """Find how a date compares with the one that stands; return whether it is the same."""
        if not date or stands == date:
            find("already-entered")
            return True
        find("differs-from-entry" if stands else "entry-without-date")
        return False

    def _disclosures(
        self, record: Record, reference: str, find: Find
    ) -> list[tuple[Disclosure, str]]:
        values: dict[str, Any] = {}
        if any(record.applicants):
            values["applicants"] = [one for one in record.applicants if one]
        if record.title:
            values["title"] = record.title
        made = []
        for name, value in values.items():
            if self.vault.is_erased(reference, name):
                find("disclosure-erased")
                continue
            text, digest = disclose(name, value)
            made.append((Disclosure(reference, name, text), digest))
        return made

    def _operation(self, record: Record, date: str, digests: dict[str, str]) -> Payload:
        right: Any = record.right
        if record.office == self.register.office:
            return FileApplication(
                date=date, disclosed=digests, number=record.number, office=record.office,
                right=right,
            )
        return RecordCopy(
            date=date or None, disclosed=digests, number=record.number, office=record.office,
            recorder=self.register.office, retrieved=self.register.today(), right=right,
            source=record.source,
        )

    def _parent(self, record: Record, reference: str) -> Iterator[bytes]:
        """Yield the line of the filing from which a record descends, unless one is declared."""
        origin = record.line.origin
        if origin is None or not self.with_claims or record.office != self.register.office:
            return
        if reference not in self._descending and not self.register.descends(reference):
            self._descending.add(reference)
            yield encode(_relation(record, origin))

    def _claims(
        self, record: Record, reference: str, find: Find, disclosures: list[Disclosure]
    ) -> list[bytes]:
        """Return the lines of the claims of a record that are new."""
        complete = [one for one in record.priorities if is_complete(one)]
        if not complete:
            return []
        is_own = record.office == self.register.office
        if not self.with_claims or not is_own:
            find("claim-only-reported" if is_own else "claim-of-another-office")
            return []
        if record.line.is_open:
            return []
        known = self._claimed.setdefault(reference, set())
        known.update(self.register.claims(reference))
        lines = []
        for claim in complete:
            right = claim.right or record.right
            earlier = self.register.look_up(claim.office, right, claim.number).reference
            if earlier in known:
                continue
            known.add(earlier)
            goods = self._goods(claim, reference, disclosures)
            if claim.goods and not goods:
                find("disclosure-erased")  # a claim to a part is never entered as one to all
                continue
            lines.append(encode(_claim(record, claim, right, goods)))
        return lines

    def _goods(
        self, claim: Priority, reference: str, disclosures: list[Disclosure]
    ) -> dict[str, Any]:
        """Return the part of the goods that is claimed: classes, and their list by its digest."""
        numbers = {class_number(one) for one in claim.goods}
        goods: dict[str, Any] = {"classes": sorted(one for one in numbers if one)}
        listed = [{"class": one.class_number, "text": one.text} for one in claim.goods if one.text]
        if listed and not self.vault.is_erased(reference, GOODS):
            text, goods["listed"] = disclose(GOODS, listed)
            disclosures.append(Disclosure(reference, GOODS, text))
        return goods if goods["classes"] or "listed" in goods else {}


def _claim(record: Record, claim: Priority, right: str, goods: dict[str, Any]) -> Payload:
    return from_members(ClaimPriority, {
        "date": claim.date,
        "earlier": {"number": claim.number, "office": claim.office, "right": right},
        "number": record.number, "office": record.office, "right": record.right,
        "type": "claim-priority", **({"goods": goods} if goods else {}),
    })


def _relation(record: Record, origin: Origin) -> Payload:
    filed = {"filed": origin.date} if is_real(origin.date) else {}
    return from_members(DeclareRelation, {
        "kind": origin.kind, "number": record.number, "office": record.office,
        "other": {"number": origin.number, "office": origin.office, "right": record.right},
        "right": record.right, "type": "declare-relation", **filed,
    })
