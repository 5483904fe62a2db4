"""`muniment filing`, `muniment erase`: entries of the register."""

from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli.common import (
    AccountOption,
    JsonOption,
    KindOption,
    LedgerOption,
    ReferenceArgument,
    group,
    named,
    opened,
    print_json,
    show,
    show_receipt,
    utc,
)
from muniment.node.register import Reference, Register, entry_as_json
from muniment.proof.errors import LedgerError, Malformed, NotFound

app = group("File, show, unseal and list applications.")
TitleOption = Annotated[str | None, typer.Option(help="Title; kept in the vault.")]
ApplicantOption = Annotated[list[str] | None, typer.Option("--applicant", help="Name; repeatable.")]


def _values(title: str | None, applicants: list[str] | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if applicants:
        values["applicants"] = applicants
    if title:
        values["title"] = title
    return values


@app.command()
def submit(
    number: Annotated[str, typer.Argument(
        help="OFFICE/KIND/NUMBER, or the number alone; in any published spelling.")],
    date: Annotated[str, typer.Option(help="Filing date, YYYY-MM-DD.")],
    kind: KindOption = "patent",
    office: Annotated[str | None, typer.Option(
        help="The office of a number alone; the one whose keys are here by default.")] = None,
    title: TitleOption = None,
    applicant: ApplicantOption = None,
    sealed: Annotated[bool, typer.Option("--sealed", help="Show neither number nor date.")] = False,
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accord a number and a filing date, openly or sealed."""
    from muniment.node.sealed_here import refuse_twice

    with opened(ledger, account, as_json=as_json) as register:
        filed = _filed(number, office or register.office, kind)
        values = _values(title, applicant)
        refuse_twice(register, filed, sealed=sealed)
        if sealed:
            _submit_sealed(register, filed, date, values, as_json=as_json)
        else:
            try:
                receipt = register.act(open_filing(register, filed, date, values))
            except LedgerError as error:
                _suggest(register, filed, error)
                raise
            show_receipt(register, receipt, f"{'/'.join(filed)} of {date}", as_json=as_json)


def _filed(number: str, office: str, kind: str) -> Reference:
    """Return what is filed: a reference as it is written, or a number with office and kind."""
    try:
        return named(number)
    except Malformed:
        return Reference(office, kind, number)


def _suggest(register: Register, filed: Reference, error: LedgerError) -> None:
    if error.name != "number-format-unknown":
        return
    from muniment.model.application import formats_of
    from muniment.model.number import suggest

    meant = suggest(formats_of(register.ledger.state, filed.office, filed.right), filed.number)
    if meant:
        error.remedy = f"did you mean {', '.join(meant)}?"


def open_filing(register: Register, filed: Reference, date: str, values: dict[str, Any]) -> Any:
    """Return the operation of an open filing; its disclosures are kept in the vault."""
    from muniment.codec import from_members
    from muniment.operations.file_application import FileApplication

    digests = register.keep(register.reference_key(filed), values)
    return from_members(FileApplication, {
        "date": date, "disclosed": digests, "number": filed.number, "office": filed.office,
        "right": filed.right, "type": "file-application",
    })


def _submit_sealed(
    register: Register, filed: Reference, date: str, values: dict[str, Any], *, as_json: bool
) -> None:
    operation, text = sealed_filing(register, filed, date, values)
    # Kept before it is submitted: a crash in between must not lose number and date for ever.
    keep_sealed(register, operation.sealed, text)
    receipt = register.act(operation)
    name = sealed_name_at(register, receipt.position)
    if as_json:
        print_json({"accepted": True, "position": receipt.position, "sealed": name})
        return
    show([
        ("sealed", name),
        ("public now", "that something was sealed, by whom and when; neither number nor date"),
        ("open it", f"muniment filing unseal {name} --ledger {register.directory}"),
    ], fiction=register.is_fiction)


def sealed_filing(
    register: Register, filed: Reference, date: str, values: dict[str, Any]
) -> tuple[Any, str]:
    """Return the operation of a sealed filing, and the disclosure that will open it."""
    from muniment.codec import from_members
    from muniment.operations.file_application import FileApplication
    from muniment.vault.vault import disclose

    digests = register.keep(register.reference_key(filed), values)
    text, digest = disclose("filing", {
        "date": date, "disclosed": digests, "ledger": register.ledger.identity.id,
        "number": filed.number, "office": filed.office, "right": filed.right,
        "submitter": register.account,
    } if digests else {
        "date": date, "ledger": register.ledger.identity.id, "number": filed.number,
        "office": filed.office, "right": filed.right, "submitter": register.account,
    })
    plain = {"office": filed.office, "sealed": digest, "type": "file-application"}
    return from_members(FileApplication, plain), text


def sealed_name_at(register: Register, position: int) -> str:
    """Return the name of what the operation at a position sealed."""
    from muniment.model.application import SEALED

    for key, value in register.ledger.state.rows(SEALED):
        if value.entry == position:
            return key.decode("ascii").split("/")[1]
    raise NotFound("not-confirmed", "Nothing was sealed there.")


def keep_sealed(register: Register, digest: str, text: str) -> None:
    """Keep the disclosure that opens a sealed filing, under its digest."""
    from muniment.vault.vault import Disclosure

    register.vault.keep([Disclosure(f"sealed/{digest}", "filing", text)])


@app.command()
def unseal(
    sealed: Annotated[str, typer.Argument(help="The name under which it is sealed.")],
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the number and date that a sealed filing committed to."""
    with opened(ledger, account, as_json=as_json) as register:
        receipt = register.act(unsealing(register, sealed))
        show_receipt(register, receipt, f"unsealed {sealed}", as_json=as_json)


@app.command()
def grant(
    sealed: Annotated[str, typer.Argument(help="The name under which it is sealed.")],
    out: Annotated[Path, typer.Option(help="File to write the grant to.")],
    ledger: LedgerOption = Path("ledger"),
    as_json: JsonOption = False,
) -> None:
    """Write the disclosure of a sealed filing, for the applicant or whom he lets see it."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        out.write_text(f"{unsealing(register, sealed).disclosure}\n", encoding="ascii")
        if as_json:
            print_json({"grant": str(out), "sealed": sealed})
            return
        show([("grant", str(out)), ("shows", "number, date and every priority result of this "
                                    "filing, to whoever holds it"),
              ("use it", f"muniment priority check ... --grant {out}")],
             fiction=register.is_fiction)


def unsealing(register: Register, sealed: str) -> Any:
    """Return the operation that opens a sealed filing.

    Raises:
        NotFound: The vault does not keep its disclosure.
    """
    from muniment.codec import from_members
    from muniment.model.application import SEALED
    from muniment.operations.unseal_application import UnsealApplication

    value = register.ledger.state.get(SEALED, sealed) if len(sealed) == 43 else None
    text = register.vault.show(value.digest) if value else None
    if value is None or text is None:
        raise NotFound("not-confirmed", "No sealed filing of that name can be opened here.",
                       remedy="Use the name that the receipt gave.")
    return from_members(UnsealApplication, {
        "disclosure": text, "office": value.office, "sealed": sealed,
        "type": "unseal-application",
    })


@app.command()
def withdraw(
    reference: ReferenceArgument,
    date: Annotated[str, typer.Option(help="The day on which it ended, YYYY-MM-DD.")],
    fate: Annotated[str, typer.Option(help="withdrawn, abandoned or refused.")] = "withdrawn",
    leaves_rights: Annotated[bool, typer.Option(
        "--leaves-rights", help="Rights are left outstanding (Art. 4C(4)).")] = False,
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record how an application ended; what was claimed from it stays."""
    from muniment.operations.end_application import EndApplication

    _record(EndApplication, reference, {"date": date, "fate": fate, "leaves_rights": leaves_rights,
                                        "type": "end-application"},
            f"{reference} {fate} on {date}", ledger, account, as_json=as_json)


@app.command()
def publish(
    reference: ReferenceArgument,
    date: Annotated[str, typer.Option(help="The day of publication, YYYY-MM-DD.")],
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record the day on which an application was laid open to public inspection."""
    from muniment.operations.publish_application import PublishApplication

    _record(PublishApplication, reference, {"date": date, "type": "publish-application"},
            f"{reference} published on {date}", ledger, account, as_json=as_json)


def _record(
    payload: Any, reference: str, values: dict[str, Any], done: str, ledger: Path,
    account: str | None, *, as_json: bool,
) -> None:
    from muniment.codec import from_members

    with opened(ledger, account, as_json=as_json) as register:
        filed = named(reference)
        operation = from_members(payload, {
            "number": filed.number, "office": filed.office, "right": filed.right, **values})
        show_receipt(register, register.act(operation), done, as_json=as_json)


@app.command("show")
def show_filing(
    reference: ReferenceArgument,
    ledger: LedgerOption = Path("ledger"),
    as_json: JsonOption = False,
) -> None:
    """Show an entry, with what the vault still discloses of it."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        key, entry = register.find(named(reference))
        plain = entry_as_json(register, key, entry)
        if as_json:
            print_json({**plain, "fiction": register.is_fiction})
            return
        facts = plain["entry"]
        rows = [("number", facts["number"]),
                ("filing date", facts.get("date", "none: its source gives none"))]
        if "printed" in facts:
            rows.append(("as printed", facts["printed"]))
        if "source" in facts:
            rows.append(("copy from", f"{facts['source']}, retrieved {facts['retrieved']}"))
        rows += [("entry", facts["entry"]), ("recorded", utc(facts["recorded"]))]
        rows += [(f"corrected at {one}", "see that entry") for one in facts.get("corrected", ())]
        for name in facts.get("disclosed", {}):
            value = plain["disclosed"].get(name)
            gone = "erased" if name in facts.get("erased", ()) else "not kept here"
            rows.append((name, ", ".join(value) if isinstance(value, list) else value or gone))
        show(rows, fiction=register.is_fiction)


@app.command()
def gaps(
    series: Annotated[str, typer.Argument(help="OFFICE/KIND/SERIES, e.g. US/patent/06.")],
    ledger: LedgerOption = Path("ledger"),
    as_json: JsonOption = False,
) -> None:
    """List the numbers of a series that no entry accounts for: void, or not public."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        answer = find_gaps(register, series)
        if as_json:
            print_json(answer)
            return
        show([("series", series), ("entries", answer["entries"]),
              ("from, to", f"{answer['first']}, {answer['last']}"),
              ("coverage", "declared complete" if answer["covered"] else "not declared")])
        for first, last in answer["gaps"]:
            show([("void or not public", first if first == last else f"{first} to {last}")])


def find_gaps(register: Register, series: str) -> dict[str, Any]:
    """Return the gaps of a series as JSON members.

    Raises:
        NotFound: The series has no entry.
    """
    from muniment.model.application import APPLICATIONS, COVERAGE

    prefix = APPLICATIONS.key(*series.strip("/").split("/"))
    depth = prefix.count(b"/")
    numbers = [
        int(key.split(b"/")[depth])
        for key, _ in register.ledger.tree.scan(prefix)
        if key.count(b"/") == depth + 1 and key.split(b"/")[depth].isdigit()
    ]
    if not numbers:
        raise NotFound("series-empty", f"No entry stands in series {series}.",
                       remedy="Write OFFICE/KIND/SERIES as keys show it, e.g. IN/patent/2011/CHENP")
    found = [
        (one + 1, following - 1)
        for one, following in zip(numbers, numbers[1:], strict=False)
        if following > one + 1
    ]
    covered = register.ledger.state.get(COVERAGE, *series.strip("/").split("/"))
    return {
        "covered": covered is not None and not covered.withdrawn, "entries": len(numbers),
        "first": numbers[0], "gaps": found, "last": numbers[-1], "meaning": "void or not public",
        "series": series,
    }


def erase(
    reference: ReferenceArgument,
    name: Annotated[str, typer.Option(help="What is erased, e.g. applicants or title.")],
    ground: Annotated[str, typer.Option(help="Code of the ground.")] = "data-subject-request",
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Destroy what the vault discloses of a filing under a name; every proof stays valid."""
    with opened(ledger, account, as_json=as_json) as register:
        report = erase_name(register, named(reference), name, ground)
        if as_json:
            print_json(report)
            return
        show([
            ("erased", f"{name} of {reference}: {report['copies']} copies and their keys"),
            ("recorded", f"entry {report['position']}; it names no person"),
            ("out of reach", "; ".join(report["out_of_reach"])),
        ], fiction=register.is_fiction)


def erase_name(register: Register, filed: Reference, name: str, ground: str) -> dict[str, Any]:
    """Erase a name of a filing from the vault and record that it was done.

    Raises:
        NotFound: Neither the filing nor the disclosure is here.
        Refused: The ledger refuses the record.
    """
    from muniment.codec import from_members
    from muniment.operations.record_erasure import RecordErasure
    from muniment.search.index import forget

    _, entry = register.find(filed)
    if not name or name.lower() != name:
        raise Malformed("name-malformed", f"{name!r} is no name of a disclosure.")
    operation = from_members(RecordErasure, {
        "erased": [name], "ground": ground, "number": filed.number, "office": filed.office,
        "recorder": register.office if filed.office != register.account else filed.office,
        "right": filed.right, "type": "record-erasure",
    })
    reference = register.reference_key(filed)
    recorded = name in entry.erased
    if recorded and name not in register.vault.names(reference):
        raise NotFound("nothing-to-erase", f"The {name} of that filing was erased earlier.",
                       basis="docs/privacy.md")
    # The ledger says first whether this account may; a crash in between is mended by repeating.
    position = entry.entry if recorded else register.act(operation).position
    forget(register.directory, *register.find(filed), register.vault.show)
    copies = register.vault.erase(reference, name) if (
        name in register.vault.names(reference)) else 0
    return {
        "copies": copies, "ground": ground, "name": name, "position": position,
        "out_of_reach": ["evidence already handed out", "source files", "backups of the keys "
                         "until they expire"],
    }
