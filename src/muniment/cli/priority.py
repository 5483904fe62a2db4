"""`muniment priority check`: claims as somebody states them, or as they stand in a register."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from muniment.cli.assessment import LangOption, is_fiction, show_assessment, texts_of
from muniment.cli.common import (
    JsonOption,
    errors,
    group,
    named,
    opened,
    print_json,
)
from muniment.model.calendar import Reference
from muniment.model.priority import Assessment, assess_priority
from muniment.model.priority_facts import ClaimFacts, Descent, Filing, Presented
from muniment.proof.errors import Malformed, NotFound

app = group("Check priority claims, record them, decide them.")
OptionalLedger = Annotated[
    Path | None,
    typer.Option("--ledger", envvar="MUNIMENT_LEDGER", help="Ledger to look earlier filings up."),
]
TEXT_LENGTH_MAX = 40
"""Longest text of a member of a case."""


class Asked(NamedTuple):
    """A claim as somebody asks about it."""

    earlier: Filing
    """The earlier filing."""
    facts: Mapping[str, str] = {}
    """What he states of the claim, by name."""


class Checker:
    """Assesses claims against a ledger, or against the packaged reference data alone.

    Args:
        state: The public state of a ledger, if there is one.
        grant: A sealed filing that the asker's disclosure opens.
    """

    def __init__(self, state: Any = None, grant: Any = None) -> None:
        from muniment.model.reference import LedgerReference
        from muniment.model.rulebook import Rulebook
        from muniment.reference import PackagedReference

        self._state = state
        self._grant = grant
        self._reference: Reference = LedgerReference(state) if state else PackagedReference("demo")
        self._rulebook = Rulebook(self._reference)

    def forget(self) -> None:
        """Forget what was read of the register, so that a batch needs no more memory than it."""
        if self._state is not None:
            self._state.forget()

    def assess(self, later: Filing, claims: Sequence[Asked | Filing]) -> Assessment:
        """Return the assessment of claims as somebody states them."""
        asked = [one if isinstance(one, Asked) else Asked(one) for one in claims]
        facts, descent = self._facts(later, asked)
        if any(one.facts for one in asked):
            from muniment.model.stated import state_facts

            for place, one in enumerate(asked):
                facts[place], descent = state_facts(later, facts[place], descent, one.facts)
        return assess_priority(later, facts, self._rulebook, descent)

    def recorded(
        self, later: Filing, place: int | None = None, presented: Presented | None = None
    ) -> Assessment:
        """Return the assessment of all claims that a filing holds in the register.

        Args:
            later: The filing.
            place: The place of a claim that must be among them.
            presented: A file that the asker presents as the certified copy.

        Raises:
            NotFound: It holds none, or none at that place.
        """
        from muniment.model.checking import assess_recorded
        from muniment.model.claim import recorded_claims
        from muniment.model.claiming import later_filing

        found = later_filing(self._state, later.office, later.right, later.number)
        claims = recorded_claims(self._state, found.part) if found else {}
        if place is not None and f"{place:012}" not in claims:
            raise NotFound(
                "not-confirmed", f"That register holds {len(claims)} claims of the filing; none "
                f"stands at place {place}.", basis="docs/priority.md",
                remedy="Places count from 0. Without --place all are shown: muniment priority "
                "check LATER; a new one is recorded by: muniment priority claim")
        if found is None or not claims:
            raise NotFound("not-confirmed", "No claim of that filing stands in that register.",
                           basis="docs/priority.md", remedy="State it: --filed DATE --claim ...")
        return assess_recorded(self._state, found.named, claims, self._rulebook,
                               grant=self._grant, presented=presented)

    def _facts(
        self, later: Filing, asked: Sequence[Asked]
    ) -> tuple[list[ClaimFacts], Descent | None]:
        from muniment.model.checking import packaged_descent, packaged_facts
        from muniment.model.inquiry import Inquiry

        if self._state is None:
            facts = [packaged_facts(self._reference, one.earlier) for one in asked]
            return facts, packaged_descent(self._reference, later)
        inquiry = Inquiry(self._state, later, self._rulebook, grant=self._grant)
        return [inquiry.facts(one.earlier) for one in asked], inquiry.lineage.descent


def read_case(plain: Any) -> tuple[Filing, list[Asked]]:
    """Return the later filing and the claims of one line of a batch.

    Raises:
        Malformed: A member is missing or of the wrong type.
    """
    from muniment.model.checking import filing

    try:
        right = plain["right"]
        later, claims = plain["later"], plain["claims"]
        texts = [right, later["office"], later.get("number", ""), later["filing_date"]]
        made = filing(later["office"], right, later.get("number", ""), later["filing_date"])
        earlier = []
        for one in claims:
            kind, facts = one.get("right", right), one.get("facts") or {}
            facts = read_facts(facts.split()) if isinstance(facts, str) else facts
            texts += [one["office"], one.get("number") or "", one["date"], kind, *facts.values()]
            earlier.append(Asked(filing(one["office"], kind, one.get("number") or "",
                                        one["date"]), facts))
        written = "".join(texts)
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed("case-malformed", f"A member is missing or of the wrong type: {error}.",
                        basis="docs/priority.md") from None
    if not written.isascii() or max(map(len, texts)) > TEXT_LENGTH_MAX:
        raise Malformed("case-malformed", f"A member is no ASCII text of at most "
                        f"{TEXT_LENGTH_MAX} characters.", basis="docs/priority.md")
    return made, earlier


def read_facts(stated: Sequence[str]) -> dict[str, str]:
    """Return facts that are written NAME=VALUE, by their names.

    Raises:
        Malformed: One of them is not.
    """
    pairs = [one.partition("=") for one in stated]
    if not all(equals for _, equals, _ in pairs):
        raise Malformed("fact-malformed", "A fact is written NAME=VALUE.",
                        basis="docs/priority.md#facts", remedy="--fact declared=2026-09-21")
    return {name: value for name, _, value in pairs}


@app.command()
def check(
    later: Annotated[str | None, typer.Argument(help="Later filing, OFFICE/KIND/NUMBER.")] = None,
    filed: Annotated[str | None, typer.Option(help="Its filing date, YYYY-MM-DD.")] = None,
    claim: Annotated[list[str] | None, typer.Option(
        help="Earlier filing and date, OFFICE/KIND/NUMBER@YYYY-MM-DD; repeatable.")] = None,
    fact: Annotated[list[str] | None, typer.Option(
        help="What else you state of the claims, NAME=VALUE; repeatable.")] = None,
    place: Annotated[int | None, typer.Option(
        help="Without --claim: the place of one recorded claim, from 0.")] = None,
    grant: Annotated[Path | None, typer.Option(
        help="File with the applicant's disclosure of a sealed filing.")] = None,
    document: Annotated[Path | None, typer.Option(
        help="File to compare with the recorded copy of a recorded claim.")] = None,
    disclosure: Annotated[Path | None, typer.Option(
        help="File with the disclosure of that copy.")] = None,
    batch: Annotated[Path | None, typer.Option(help="JSON lines or CSV of cases.")] = None,
    processes: Annotated[int | None, typer.Option(
        min=1, max=64, help="Processes for a batch; as many as cores by default.")] = None,
    brief: Annotated[bool, typer.Option(
        help="For a batch: results without sentences, a tenth of the size.")] = False,
    lang: LangOption = None,
    ledger: OptionalLedger = None,
    as_json: JsonOption = False,
) -> None:
    """Check claims: every check's own result, the dates used, the calendar and the reasons.

    With --claim, the claims that you state; without it, those that the register of the ledger
    holds. A --grant shows the results of a sealed filing to you alone. The exit code is 1 if a
    result excludes a claim; with --batch each line says it.
    """
    if batch is not None:
        from muniment.cli.batch import Source, check_batch

        with errors(as_json=as_json):
            check_batch(batch, Source(ledger, grant, brief), sys.stdout.buffer, processes)
        return
    if ledger is None:
        with errors(as_json=as_json):
            if grant or document or (not claim and later):
                raise Malformed("case-malformed", "Recorded claims, grants and documents are "
                                "checked against a ledger.", remedy="Add --ledger DIR, or state "
                                "the claim: --filed DATE --claim OFFICE/KIND/NUMBER@DATE")
            excluded = _check(Checker(), later, filed, claim, fact, lang, as_json=as_json)
        raise typer.Exit(int(excluded))
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.model.checking import filing

        checker = Checker(register.ledger.state, granted(register, grant))
        if later and not claim:
            if fact or filed:
                raise Malformed("case-malformed", "Facts and a filing date are stated with a "
                                "claim.", remedy="Add --claim OFFICE/KIND/NUMBER@DATE")
            shown = _presented(document, disclosure)
            excluded = _answer(checker.recorded(filing(*named(later), ""), place, shown), lang,
                               place, as_json=as_json)
        else:
            excluded = _check(checker, later, filed, claim, fact, lang, as_json=as_json)
    raise typer.Exit(int(excluded))


def granted(register: Any, grant: Path | None) -> Any:
    """Return the sealed filing that a file with the applicant's disclosure opens, if any."""
    from muniment.model.sealed import open_grant, read_grant

    if grant is None:
        return None
    text = read_grant(grant.read_text(encoding="ascii", errors="replace"))
    return open_grant(register.ledger.state, register.ledger.identity.id, text)


def _presented(document: Path | None, disclosure: Path | None) -> Presented | None:
    from muniment.cli.document import present

    if document is None:
        return None
    if disclosure is None:
        raise Malformed("case-malformed", "A document is compared by its disclosure.",
                        remedy="Add --disclosure FILE.")
    return present(document, disclosure)


def _check(
    checker: Checker, later: str | None, filed: str | None, claims: list[str] | None,
    facts: list[str] | None, lang: str | None, *, as_json: bool,
) -> bool:
    """Answer for claims as they are stated; return whether a result excludes one."""
    from muniment.model.checking import filing

    if not later or not filed or not claims:
        raise Malformed("case-malformed", "A check needs a later filing, its date and a claim.",
                        remedy="muniment priority check XB/patent/2026-00001 --filed 2026-09-21 "
                        "--claim XA/patent/2025/000001@2025-09-18")
    office, right, number = named(later)
    stated = read_facts(facts or ())
    asked = [Asked(filing(*named(one.rpartition("@")[0]), one.rpartition("@")[2]), stated)
             for one in claims]
    return _answer(checker.assess(filing(office, right, number, filed), asked), lang,
                   as_json=as_json)


def _answer(
    assessed: Assessment, lang: str | None, place: int | None = None, *, as_json: bool
) -> bool:
    """Print an assessment, or one claim of it with what all of them give together.

    Returns:
        Whether a result excludes a claim that is shown.
    """
    texts = texts_of(lang)
    shown = assessed.claims if place is None else (assessed.claims[place],)
    if as_json:
        plain = assessed.as_json()
        if place is not None:
            plain["claims"] = [plain["claims"][place]]
        print_json({**plain, "fiction": is_fiction(assessed)})
    else:
        show_assessment(assessed, texts, place)
    return any(one.excluded_by for one in shown)
