"""The little world in which every declared example happens: two fictional offices, one ledger.

Its keys are made from their names, so that the same examples come out everywhere; they are in
nobody's hands.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from muniment.codec import Record, from_members, members, replace
from muniment.model.account import ACCOUNTS, ROLES, Account, Grant, Jwk, KeySet
from muniment.model.application import (
    APPLICATIONS,
    COPIES,
    COVERAGE,
    SEALED,
    Application,
    Copy,
    Coverage,
    Sealed,
)
from muniment.model.claim import CLAIMS, Claim
from muniment.model.context import Context
from muniment.model.document import PriorityDocument, document_key
from muniment.model.ledger import EDITIONS, LOG_KEYS, Edition, LogKey
from muniment.model.number import unknown_suffix
from muniment.model.possession import Possession, prove_possession
from muniment.model.reference import PARAMETERS, REFERENCE, Parameter, ReferenceRow
from muniment.model.relation import (
    RELATED,
    RELATIONS,
    Related,
    Relation,
    RelationKind,
    relation_name,
)
from muniment.proof import disclosure
from muniment.proof.crypto import PrivateKey, b64, sha256

TIME = 1_780_000_000
"""2026-05-28T20:26:40Z, the time of every example's block."""
YEAR = 31_536_000
POSITION = 1_000
LEDGER = b64(sha256(b"example ledger"))
ENVELOPE = sha256(b"example envelope")
DIGEST = b64(sha256(b"example disclosure"))
OTHER_DIGEST = b64(sha256(b"another example disclosure"))


def key(name: str) -> PrivateKey:
    """Return the key of a name."""
    return PrivateKey.from_seed(sha256(b"example key of " + name.encode("ascii")))


@cache
def key_set(name: str) -> KeySet:
    """Return the key set of a name; the set after `a` is that of `a+`."""
    jwk = from_members(Jwk, dict(key(name).public.jwk))
    following = from_members(Jwk, dict(key(f"{name}+").public.jwk))
    after = KeySet(keys=(following,), next=DIGEST, threshold=1)
    return KeySet(keys=(jwk,), next=after.commitment(), threshold=1)


def possession(name: str, account: str) -> Possession:
    """Return the proof that the holder of a name's key set has its key."""
    return prove_possession(account, key_set(name), LEDGER, [key(name)])


def recovered(name: str) -> KeySet:
    """Return the key set of a name, as the members would put it in the place of a lost one."""
    return replace(key_set(name), recovered_by_members=True)


def recovered_possession(name: str, account: str) -> Possession:
    """Return the proof that the holder of such a key set has its key."""
    return prove_possession(account, recovered(name), LEDGER, [key(name)])


AGENT = "agent"


def agent() -> str:
    """Return the account id of the enrolled agent."""
    return key_set(AGENT).digest()


def account(name: str, *, kind: str = "office") -> Account:
    """Return an account."""
    return from_members(Account, {
        "enrolled_by": "XA", "key_set": members(key_set(name)), "kind": kind, "since": TIME - YEAR,
    })


def application(date: str = "2026-01-05", **more: Any) -> Application:
    """Return a filing as it stands."""
    made = {"date": date, "disclosed": {"title": DIGEST}, "entry": 10, "number": "2026/000001",
            "recorded": TIME - 1_000, **more}
    return from_members(Application, made)


def filed(number: str = "000000000001", **more: Any) -> dict[bytes, Record]:
    """Return the entry of XA's first patent application of 2026."""
    return {APPLICATIONS.key("XA", "patent", "2026", number): application(**more)}


def copied() -> dict[bytes, Record]:
    """Return XA's copy of XB's first patent application of 2026."""
    copy = Copy(date="2026-01-05", entry=11, number="2026-00001", recorded=TIME - 1_000,
                retrieved="2026-05-01", source="gazette")
    return {COPIES.key("XB", "patent", "2026", "000000000001", "XA"): copy}


def claimed(
    number: str | None = "2025-00007", place: int = 0, **more: Any
) -> dict[bytes, Record]:
    """Return a claim of XA's first application to a filing at XB."""
    earlier = {"office": "XB", "right": "patent"} | ({"number": number} if number else {})
    claim = from_members(Claim, {
        "date": "2025-03-03", "earlier": earlier, "entry": 12, "recorded": TIME - 900,
        "submitter": "XA", **more,
    })
    return {CLAIMS.key("XA", "patent", "2026", "000000000001", f"{place:012}"): claim}


def many_claims(count: int) -> dict[bytes, Record]:
    """Return as many withdrawn claims of XA's first application."""
    return {key: claim for place in range(count)
            for key, claim in claimed(place=place, status="Abandoned").items()}


def marked() -> dict[bytes, Record]:
    """Return a mark under the number of XA's first application, which no format reads."""
    key = APPLICATIONS.key("XA", "trademark", unknown_suffix("2026/000001"))
    return {key: application()}


def documented() -> dict[bytes, Record]:
    """Return a copy of its first application that XA certified."""
    document = PriorityDocument(
        certified="2026-02-02", certifier="XA", digest=DIGEST, entry=15, language="en",
        recorded=TIME - 600, recorder="XA", submitter="XA")
    return {document_key("XA/patent/2026/000000000001", "XA", DIGEST, ""): document}


def role(name: str) -> dict[bytes, Record]:
    """Return a role of the agent at XA."""
    return {ROLES.key("XA", name, agent()): Grant(since=TIME - 1_000)}


def covering(office: str, series: str) -> dict[bytes, Record]:
    """Return an office's declaration that its register of patents is complete for a series."""
    return {COVERAGE.key(office, "patent", series): Coverage(declared=TIME - 1_000)}


def rules_of_restoration() -> dict[bytes, Record]:
    """Return XA's rules: a period of 12 months, open Monday to Friday, restoration by due care."""
    days = {"closed": {}, "open": [], "source": "example", "weekend": [6, 7]}
    window = {"basis": "Patents Act", "criterion": "due-care", "months": 2, "source": "example",
              "valid_from": ""}
    period = {"basis": "Paris Convention Art. 4C(1)", "months": 12, "source": "example"}
    rows: dict[tuple[str, ...], Mapping[str, Any]] = {
        ("closed-days", "XA", year): days for year in ("2024", "2026")}
    rows |= {("period", "patent", "patent"): period,
             ("restoration", "XA", "patent", "due-care"): window}
    return {REFERENCE.key(*name): reference_row(row) for name, row in rows.items()}


def related(kind: RelationKind = "same-subject", **more: Any) -> dict[bytes, Record]:
    """Return a relation of XA's first application to its second, with its index entry."""
    own, other = (f"XA/patent/2026/{number:012}" for number in (1, 2))
    relation = from_members(Relation, {
        "entry": 14, "kind": kind, "recorded": TIME - 700, "submitter": "XA",
        "other": {"number": "2026/000002", "office": "XA", "right": "patent"}, **more})
    return {
        RELATIONS.key(own, relation_name(kind, other)): relation,
        RELATED.key(other, relation_name(kind, own)): Related(
            filing=own, kind=kind, withdrawn=relation.withdrawn is not None),
    }


SEALED_NAME = b64(sha256(b"example sealed filing"))


def sealing(**changed: object) -> str:
    """Return the disclosure of a sealed filing."""
    value = {"date": "2026-02-02", "ledger": LEDGER, "number": "2026/000002", "office": "XA",
             "right": "patent", "submitter": "XA", **changed}
    return disclosure.make(bytes(16), "filing", value)


def sealing_claim(**changed: object) -> str:
    """Return the disclosure of a sealed claim."""
    value = {"date": "2025-03-03", "ledger": LEDGER, "number": "2026/000001", "office": "XA",
             "earlier": {"number": "2025-00007", "office": "XB", "right": "patent"},
             "right": "patent", "submitter": "XA", **changed}
    return disclosure.make(bytes(16), "claim", value)


def sealed(
    text: str | None = None, *, opened: int | None = None, submitter: str = "XA"
) -> dict[bytes, Record]:
    """Return a sealed filing of XA."""
    digest = disclosure.digest(text or sealing())
    value = Sealed(digest=digest, entry=13, office="XA", opened=opened, recorded=TIME - 800,
                   submitter=submitter)
    return {SEALED.key(SEALED_NAME): value}


def world() -> dict[bytes, Record]:
    """Return the state that every example begins with."""
    return {
        ACCOUNTS.key("XA"): account("XA"),
        ACCOUNTS.key("XB"): account("XB"),
        ACCOUNTS.key(agent()): account(AGENT, kind="participant"),
        EDITIONS.key(): Edition(hash=DIGEST, name="2026"),
        LOG_KEYS.key(): LogKey(key=from_members(Jwk, dict(key("log").public.jwk)), since=0),
        PARAMETERS.key("operator"): Parameter(value="XA"),
        PARAMETERS.key("profile"): Parameter(value="demo"),
        REFERENCE.key("number-format", "XA", "patent", "year"): _format("XA", "{Y}/{N:6}"),
        REFERENCE.key("number-format", "XB", "patent", "year"): _format("XB", "{Y}-{N:5}"),
    }


def number_format(office: str, *masks: str, check: str = "") -> dict[str, Any]:
    """Return a row of a number format."""
    return {"check": check, "examples": [], "format": "year", "masks": list(masks),
            "office": office, "right": "patent", "series": ["Y"], "source": "example",
            "valid_from": ""}


def _format(office: str, *masks: str) -> ReferenceRow:
    return reference_row(number_format(office, *masks))


def reference_row(row: Mapping[str, Any]) -> ReferenceRow:
    """Return a published row."""
    return from_members(ReferenceRow, {
        "published": TIME - YEAR, "publisher": "XA", "row": dict(row), "version": 1,
    })


def context(signer: str, signing_set: str | None = None) -> Context:
    """Return the circumstances of an example."""
    name = signer if len(signer) == 2 else AGENT
    return Context(
        ledger=LEDGER, height=100, time=TIME, position=POSITION, signer=signer,
        key_set=signing_set or key_set(name).digest(), envelope=ENVELOPE, place=0,
    )


class MemoryBase:
    """A state held in a mapping."""

    def __init__(self, entries: Mapping[bytes, bytes]) -> None:
        self._entries = dict(sorted(entries.items()))

    def get(self, name: bytes) -> bytes | None:
        """Return the stored value, or None."""
        return self._entries.get(name)

    def scan(self, prefix: bytes, after: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the stored entries under a prefix in order of their keys."""
        return iter([one for one in self._entries.items()
                     if one[0].startswith(prefix) and one[0] > after])
