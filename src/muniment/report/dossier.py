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
from muniment.model.checking import assess_recorded
from muniment.model.claim import CLAIMS, FINDINGS, Claim, Finding, recorded_claims
from muniment.model.claiming import LaterFiling, later_filing
from muniment.model.priority import Assessment, ClaimAssessment
from muniment.model.reference import REFERENCE, LedgerReference
from muniment.model.rulebook import Rulebook
from muniment.model.sealed import Grant
from muniment.model.state import State
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
    """A calendar by which an end was counted."""

    office: str
    year: str
    version: int
    source: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """What the report shows."""

    name: ClaimName
    claim: Claim
    finding: Finding | None
    """What the checks found when the claim was last acted on."""
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
    """The checkpoint: a signed note, or the text that the validators' commit attests."""
    by_validators: bool
    """Whether a network's validators attest it; their commit is in the evidence."""
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


def gather(
    register: Register, name: ClaimName, *, with_names: bool = False, grant: Grant | None = None
) -> Dossier:
    """Return what the report of a claim shows.

    Args:
        register: The register, open for signing a checkpoint.
        name: The claim.
        with_names: Whether to show what the vault discloses of both filings.
        grant: A sealed filing that the asker's disclosure opens; the results are then his alone.

    Raises:
        NotFound: No such claim stands here.
    """
    ledger, state = register.ledger, register.ledger.state
    later = _later(state, name)
    claims = recorded_claims(state, later.part)
    place = f"{name.place:012}"
    if place not in claims:
        raise NotFound(
            "not-confirmed", f"The filing has {len(claims)} claims; none stands at that place.",
            basis="docs/priority.md", remedy="Places count from 0: muniment priority check LATER",
        )
    claim, head = claims[place], ledger.head
    assessed = assess_recorded(state, later.named, claims, Rulebook(LedgerReference(state)),
                               grant=grant)
    earlier = Reference(*filings.as_received(
        claim.earlier.office, claim.earlier.right, claim.earlier.number or ""))
    attested = ledger.checkpoint()
    signed = isinstance(attested, str)
    return Dossier(
        name=name, claim=claim, assessed=assessed,
        finding=state.get(FINDINGS, later.part, place),
        later=_entry(register, name.later, with_names=with_names),
        earlier=_entry(register, earlier, with_names=with_names),
        calendars=_calendars(state, assessed.claims[name.place]),
        attachments=_attachments(register, name, later.part, earlier, with_names=with_names),
        origin=ledger.identity.origin, height=head.height, time=head.time, size=head.size,
        checkpoint=attested if signed else ledger.current().text(), by_validators=not signed,
        fiction=register.is_fiction,
    )


def _later(state: State, name: ClaimName) -> LaterFiling:
    found = later_filing(state, *name.later)
    if found is None:
        raise NotFound(
            "not-confirmed", "No unsealed entry of that filing stands in its office's register.",
            basis="docs/priority.md", remedy="Check its spelling: muniment number check",
        )
    return found


def _find(register: Register, named: Reference) -> tuple[bytes, Application | Copy] | None:
    """Return the office's own entry or, failing that, the first copy, as the checks do."""
    state = register.ledger.state
    if not named.number:
        return None
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


def _calendars(state: State, claim: ClaimAssessment) -> tuple[CalendarUsed, ...]:
    """Return the published rows of the calendars by which the results counted, one a year."""
    found: dict[str, CalendarUsed] = {}
    for result in claim.results:
        office = result.facts.get("calendar")
        counted = result.facts.get("deadline") or result.facts.get("term")
        if not office or not isinstance(counted, Mapping):
            continue
        for year in sorted({counted["nominal_end"][:4], counted["end"][:4]}):
            row = state.get(REFERENCE, "closed-days", office, year)
            if row is not None:
                found[f"{office}/{year}"] = CalendarUsed(office, year, row.version,
                                                         str(row.row["source"]))
    return tuple(found.values())


def _attachments(
    register: Register, name: ClaimName, key: str, earlier: Reference, *, with_names: bool
) -> tuple[Attachment, ...]:
    """Return the evidence of the claim, of the later filing, and of the earlier or its absence.

    A claim that gives no number yet has no evidence of an earlier filing.
    """
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
        elif named.number:
            data = maker.absence_evidence(ledger, *named)
            files.append(Attachment(f"{stem}-absence.json", "absence", data))
    return tuple(files)
