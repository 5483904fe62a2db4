"""All that a report of one priority claim shows, gathered from a register at one checkpoint.

- What stands is read, the checks are made again over it, and the evidence is made with it: report
  and evidence speak of the same block.
- Nothing of the clock or of this machine enters, so that two reports of one block are equal.
- Names are read from the vault only if they are asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from muniment.model import application as filings
from muniment.model.application import APPLICATIONS, COPIES, Application, Copy
from muniment.model.checking import claim_facts, filing
from muniment.model.claim import CLAIMS, Claim
from muniment.model.priority import Assessment, ClaimAssessment, assess_priority
from muniment.model.reference import REFERENCE, LedgerReference
from muniment.node import evidence as maker
from muniment.node.register import Reference, Register, parse_reference
from muniment.proof.crypto import sha256
from muniment.proof.disclosure import parse
from muniment.proof.errors import Malformed, NotFound

_SEPARATOR = "#"
_PLACE_DIGITS_MAX = 2


class ClaimName(NamedTuple):
    """A claim as people name it: `XB/patent/2026-00077#0`."""

    later: Reference
    """The later filing."""
    place: int
    """The place of the claim among those of its filing, from 0."""

    def __str__(self) -> str:
        return f"{'/'.join(self.later)}{_SEPARATOR}{self.place}"


class Attachment(NamedTuple):
    """An evidence file that goes with the report."""

    name: str
    """The file's name."""
    kind: str
    """What it proves: `claim`, `later`, `earlier` or `absence`."""
    data: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of its bytes, in hexadecimal as other programs print it."""
        return sha256(self.data).hex()


@dataclass(frozen=True, slots=True)
class Entry:
    """A filing as the register shows it."""

    named: Reference
    """As the claim or the user names it."""
    standing: Application | Copy | None
    """The entry, if one is public."""
    recorder: str
    """The office in whose register it stands."""
    names: Mapping[str, Any]
    """What the vault discloses of it, if names were asked for."""


@dataclass(frozen=True, slots=True)
class CalendarUsed:
    """The calendar by which the end of the period was moved, or would have been."""

    office: str
    year: str
    version: int
    source: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """What the report shows."""

    name: ClaimName
    claim: Claim
    later: Entry
    earlier: Entry
    assessed: Assessment
    """All claims of the later filing."""
    calendars: tuple[CalendarUsed, ...]
    attachments: tuple[Attachment, ...]
    origin: str
    """The ledger."""
    height: int
    time: int
    """Block time of the last block, in UTC seconds."""
    size: int
    """Entries of the log under the checkpoint."""
    checkpoint: str
    """The signed checkpoint."""
    fiction: bool
    """Whether it is a demo ledger."""

    @property
    def assessment(self) -> ClaimAssessment:
        """What the checks find of this claim now."""
        return self.assessed.claims[self.name.place]


def parse_claim_name(text: str) -> ClaimName:
    """Return the parts of OFFICE/KIND/NUMBER#PLACE.

    Raises:
        Malformed: It names no filing, or no place.
    """
    filed, separator, place = text.rpartition(_SEPARATOR)
    well_formed = place.isascii() and place.isdigit() and len(place) <= _PLACE_DIGITS_MAX
    if not separator or not well_formed:
        raise Malformed(
            "claim-name-malformed", f"{text[:80]!r} names no claim.", basis="docs/priority.md",
            remedy="Write OFFICE/KIND/NUMBER#PLACE, the place from 0, e.g. XB/patent/2026-00077#0",
        )
    return ClaimName(parse_reference(filed), int(place))


def gather(register: Register, name: ClaimName, *, with_names: bool = False) -> Dossier:
    """Return what the report of a claim shows.

    Args:
        register: The register, open for signing a checkpoint.
        name: The claim.
        with_names: Whether to show what the vault discloses of both filings.

    Raises:
        NotFound: No such claim stands here.
    """
    ledger = register.ledger
    key, later = _later(register, name)
    claims = [claim for _, claim in ledger.state.rows(CLAIMS, key)]
    if name.place >= len(claims):
        raise NotFound(
            "not-confirmed", f"The filing has {len(claims)} claims; none stands at that place.",
            basis="docs/priority.md", remedy="Places count from 0: muniment filing show REFERENCE",
        )
    claim = claims[name.place]
    assessed = _assess(register, name.later, later, claims)
    earlier = Reference(claim.earlier.office, claim.earlier.right, claim.earlier.number)
    head = ledger.head
    return Dossier(
        name=name, claim=claim, assessed=assessed,
        later=_entry(register, name.later, with_names=with_names),
        earlier=_entry(register, earlier, with_names=with_names),
        calendars=_calendars(register, assessed.claims[name.place]),
        attachments=_attachments(register, name, key, earlier, with_names=with_names),
        origin=ledger.identity.origin, height=head.height, time=head.time, size=head.size,
        checkpoint=ledger.checkpoint(), fiction=register.is_fiction,
    )


def _later(register: Register, name: ClaimName) -> tuple[str, Application]:
    """Return (key part, entry) of the later filing."""
    key, entry = register.find(name.later)
    if not isinstance(entry, Application):
        raise NotFound(
            "not-confirmed", "Only a copy of that filing stands here; a claim stands in the "
            "register of its own office.", basis="docs/priority.md",
        )
    return key.decode("ascii").removeprefix(f"{APPLICATIONS.name}/").removesuffix("/"), entry


def _assess(
    register: Register, named: Reference, later: Application, claims: list[Claim]
) -> Assessment:
    state = register.ledger.state
    filed = filing(named.office, named.right, later.number, later.date)
    facts = [
        claim_facts(state, filing(one.earlier.office, one.earlier.right, one.earlier.number,
                                  one.date), filed, withdrawn=one.status == "withdrawn")
        for one in claims
    ]
    return assess_priority(filed, facts, LedgerReference(state))


def _find(register: Register, named: Reference) -> tuple[bytes, Application | Copy] | None:
    """Return the office's own entry or, failing that, the first copy, as the checks do."""
    state = register.ledger.state
    own = filings.find(state, APPLICATIONS, *named)
    if own is not None:
        return own
    for suffix in filings.identify(state, *named).suffixes:
        copies = state.rows(COPIES, named.office, named.right, suffix)
        if copies:
            return copies[0]
    return None


def _entry(register: Register, named: Reference, *, with_names: bool) -> Entry:
    found = _find(register, named)
    if found is None:
        return Entry(named, None, "", {})
    key, standing = found
    recorder = key.decode("ascii").split("/")[-2] if isinstance(standing, Copy) else named.office
    shown = _disclosures(register, standing, with_names=with_names)
    return Entry(named, standing, recorder, {name: value for _, name, value in map(parse, shown)})


def _disclosures(register: Register, entry: Application | Copy, *, with_names: bool) -> list[str]:
    return register.disclosures(list(entry.disclosed.values())) if with_names else []


def _calendars(register: Register, claim: ClaimAssessment) -> tuple[CalendarUsed, ...]:
    """Return the published rows of the calendar that the results name, one a year."""
    found: dict[str, CalendarUsed] = {}
    for result in claim.results:
        office, counted = result.facts.get("calendar"), result.facts.get("deadline")
        if not office or not isinstance(counted, Mapping):
            continue
        for year in sorted({counted["nominal_end"][:4], counted["end"][:4]}):
            row = register.ledger.state.get(REFERENCE, "closed-days", office, year)
            if row is not None:
                found[f"{office}/{year}"] = CalendarUsed(office, year, row.version,
                                                         str(row.row["source"]))
    return tuple(found.values())


def _attachments(
    register: Register, name: ClaimName, key: str, earlier: Reference, *, with_names: bool
) -> tuple[Attachment, ...]:
    """Return the evidence of the claim, of the later filing, and of the earlier or its absence."""
    ledger = register.ledger
    stem = "".join(one if one.isalnum() else "-" for one in f"{key}-{name.place}")
    claim = maker.state_evidence(ledger, CLAIMS.key(key, f"{name.place:012}"))
    files = [Attachment(f"{stem}-claim.json", "claim", claim)]
    for named, kind in ((name.later, "later"), (earlier, "earlier")):
        found = _find(register, named)
        if found is not None:
            shown = _disclosures(register, found[1], with_names=with_names)
            data = maker.state_evidence(ledger, found[0], shown)
            files.append(Attachment(f"{stem}-{kind}.json", kind, data))
        else:
            data = maker.absence_evidence(ledger, *named)
            files.append(Attachment(f"{stem}-absence.json", "absence", data))
    return tuple(files)
