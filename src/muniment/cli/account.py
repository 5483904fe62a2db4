"""Offices, participants, roles, denials, keys, reference data, coverage, copies, corrections."""

from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli.common import (
    AccountOption,
    JsonOption,
    LedgerOption,
    ReferenceArgument,
    group,
    named,
    opened,
    print_json,
    show,
    show_receipt,
    show_table,
)
from muniment.node.register import Receipt, Register
from muniment.proof.errors import Malformed

DAY_SECONDS = 86_400
OfficeOption = Annotated[str | None, typer.Option(help="The office; by default that of --as.")]
RoleOption = Annotated[str, typer.Option(help="registrar or filer.")]
AccountArgument = Annotated[str, typer.Argument(help="Account id.")]


def _made(kind: str, plain: dict[str, Any]) -> Any:
    """Return the payload of a transaction type."""
    from muniment.codec import from_members
    from muniment.operations import declared

    payload = next(one.payload for one in declared() if one.name == kind)
    given = {name: value for name, value in plain.items() if value is not None}
    return from_members(payload, {**given, "type": kind})


def _act(
    ledger: Path, account: str | None, kind: str, plain: dict[str, Any], what: str, *,
    as_json: bool,
) -> None:
    with opened(ledger, account, as_json=as_json) as register:
        plain.setdefault("office", register.account)
        receipt = register.act(_made(kind, plain))
        show_receipt(register, receipt, what, as_json=as_json)


office_app = group("Enrol an office; show what offices ask, and when they are closed.")
participant_app = group("Enrol applicants, agents, courts and joint accounts.")
role_app = group("Grant and revoke roles.")
deny_app = group("Bar an account from submitting, and lift the bar.")
keys_app = group("List and rotate keys.")
reference_app = group("Publish and show reference data.")
coverage_app = group("Declare for which series a register is complete.")
copy_app = group("Record copies of other offices' filings.")
entry_app = group("Correct entries.")


@office_app.command("enrol")
def enrol_office(
    office: Annotated[str, typer.Argument(help="ST.3 code.")],
    ledger: LedgerOption = Path("ledger"),
    as_json: JsonOption = False,
) -> None:
    """Let an office write its own register here; the operator signs."""
    with opened(ledger, as_json=as_json) as register:
        from muniment.node.enrolment import enrol

        name, receipt = enrol(register, office)
        _show_enrolled(register, name, receipt, f"office {name}", as_json=as_json)


@participant_app.command("enrol")
def enrol_participant(
    ledger: LedgerOption = Path("ledger"),
    account: AccountOption = None,
    keys: Annotated[int, typer.Option(help="How many keys.")] = 1,
    threshold: Annotated[int, typer.Option(help="How many must sign.")] = 1,
    algorithm: Annotated[str, typer.Option(help="Ed25519 or ES256.")] = "Ed25519",
    as_json: JsonOption = False,
) -> None:
    """Give a participant an account under the digest of its first key set."""
    with opened(ledger, account, as_json=as_json) as register:
        if algorithm not in ("Ed25519", "ES256") or not 1 <= threshold <= keys <= 6:
            raise Malformed("key-set-malformed", "A key set has 1 to 6 keys, a threshold among "
                            "them, and the algorithm Ed25519 or ES256.")
        from muniment.node.enrolment import enrol

        name, receipt = enrol(register, None, keys=keys, threshold=threshold, algorithm=algorithm)
        if as_json and receipt is not None:
            print_json({"account": name, "position": receipt.position})
            return
        if not as_json:
            show([("account", name)])
        _show_enrolled(register, name, receipt, "participant enrolled", as_json=as_json)


def _show_enrolled(
    register: Register, account: str, receipt: Receipt | None, what: str, *, as_json: bool
) -> None:
    if receipt is not None:
        show_receipt(register, receipt, what, as_json=as_json)
    elif as_json:
        print_json({"account": account, "keys": "in place"})
    else:
        show([("keys", f"{account} had been enrolled before: its keys are in place now")])


@role_app.command("grant")
def grant(
    participant: AccountArgument, role: RoleOption = "filer",
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let an account act in the office's register."""
    _act(ledger, account, "grant-role", {"account": participant, "role": role},
         f"{participant} is {role}", as_json=as_json)


@role_app.command("revoke")
def revoke(
    participant: AccountArgument, role: RoleOption = "filer",
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a role; what was done under it stays."""
    _act(ledger, account, "revoke-role", {"account": participant, "role": role},
         f"{participant} is no longer {role}", as_json=as_json)


@deny_app.command("add")
def deny(
    participant: AccountArgument,
    reason: Annotated[str, typer.Option(help="Code of the ground.")],
    days: Annotated[int, typer.Option(help="For how many days.")] = 180,
    act: Annotated[list[str] | None, typer.Option(help="Barred type; repeatable.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Kind of right; repeatable.")] = None,
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bar an account from submitting at the office; title and entries are never touched."""
    with opened(ledger, account, as_json=as_json) as register:
        receipt = register.act(denying(register, participant, reason, days, act, kind))
        show_receipt(register, receipt, f"{participant} is barred for {days} days",
                     as_json=as_json)


def denying(
    register: Register, participant: str, reason: str, days: int,
    acts: list[str] | None = None, kinds: list[str] | None = None,
) -> Any:
    """Return the operation that bars an account from now on for some days."""
    from muniment.model.calendar import format_date
    from muniment.model.dates import day_of

    until = register.ledger.time() + days * DAY_SECONDS
    review = format_date(day_of(min(until, until - days * DAY_SECONDS + 360 * DAY_SECONDS)))
    return _made("deny-participant", {
        "account": participant, "acts": acts or None, "office": register.account,
        "reason": reason, "review": review, "rights": kinds or None, "until": until,
    })


@deny_app.command("lift")
def lift(
    participant: AccountArgument,
    reason: Annotated[str, typer.Option(help="Code of the ground.")] = "appeal-allowed",
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a bar; that it was there stays on record."""
    _act(ledger, account, "lift-denial", {"account": participant, "reason": reason},
         f"{participant} may submit again", as_json=as_json)


@keys_app.command("list")
def list_keys(ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False) -> None:
    """List the accounts whose keys are in the ledger's directory; no secret is shown."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.model.account import ACCOUNTS
        from muniment.node.rotation import is_in_force
        from muniment.node.solo import KEYS

        names = sorted(path.stem for path in (register.directory / KEYS).glob("*.json"))
        rows = []
        for name in names:
            held = register.ledger.state.get(ACCOUNTS, name)
            if held is not None:
                here = is_in_force(register.wallet(name), held)
                rows.append((name, held.kind, f"{held.key_set.threshold} of "
                             f"{len(held.key_set.keys)}", held.key_set.digest(), here))
        if as_json:
            print_json([dict(zip(("account", "kind", "threshold", "key_set", "here"), row,
                                 strict=True)) for row in rows])
            return
        show_table(("account", "kind", "sign", "key set in force", "here"), [
            (*row, "yes" if here else f"NO: muniment doctor {register.directory}")
            for *row, here in rows])


@keys_app.command("rotate")
def rotate(
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace the key set by the one that it committed to; go on with what was begun."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.node.rotation import rotate_keys

        receipt = rotate_keys(register)
        if receipt is not None:
            show_receipt(register, receipt, f"keys of {register.account} rotated",
                         as_json=as_json)
        elif as_json:
            print_json({"account": register.account, "keys": "in place"})
        else:
            show([("keys", f"of {register.account} had been rotated before: the new ones are in "
                   "place now")])


@reference_app.command("publish")
def publish(
    table: Annotated[str, typer.Argument(help="The table, e.g. closed-days.")],
    file: Annotated[Path, typer.Argument(help='JSON lines {"name": [...], "row": {...}}.')],
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish rows: an office those of its own code, the operator any."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.intake.reader import file_digest, read_rows

        file_digest(file)
        rows = [row.fields for row in read_rows(file)]
        receipt = register.act(_made("publish-reference-data", {
            "publisher": register.account, "rows": rows, "table": table,
        }))
        show_receipt(register, receipt, f"{len(rows)} rows of {table}", as_json=as_json)


@reference_app.command("show")
def show_reference(
    name: Annotated[str, typer.Argument(help="TABLE/COMPONENTS, e.g. closed-days/US/2026.")],
    ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False,
) -> None:
    """Show published rows with their version and source."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.codec import members
        from muniment.model.reference import REFERENCE

        rows = register.ledger.state.rows(REFERENCE, *name.strip("/").split("/"))
        plain = {key.decode("ascii"): members(value) for key, value in rows}
        if as_json:
            print_json(plain)
            return
        for key, value in plain.items():
            show([(key, f"version {value['version']} by {value['publisher']}"),
                  *sorted((f"  {one}", text) for one, text in value["row"].items())])


@coverage_app.command("declare")
def declare_coverage(
    series: Annotated[str, typer.Argument(help="KIND/SERIES, e.g. patent/2026.")],
    withdrawn: Annotated[bool, typer.Option("--withdraw", help="Take it back.")] = False,
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that the office's register here is complete for a series."""
    right, *parts = series.strip("/").split("/")
    _act(ledger, account, "declare-coverage", {
        "right": right, "series": parts, "withdrawn": withdrawn or None,
    }, f"coverage of {series}", as_json=as_json)


@copy_app.command("record")
def record_copy(
    reference: ReferenceArgument,
    date: Annotated[str, typer.Option(help="Filing date, as the source gives it.")],
    source: Annotated[str, typer.Option(help="The source, e.g. official-gazette.")],
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record what this office knows of another's filing."""
    with opened(ledger, account, as_json=as_json) as register:
        filed = named(reference)
        receipt = register.act(_made("record-copy", {
            "date": date, "number": filed.number, "office": filed.office,
            "recorder": register.account, "retrieved": register.today(), "right": filed.right,
            "source": source,
        }))
        show_receipt(register, receipt, f"copy of {reference}", as_json=as_json)


@entry_app.command("correct")
def correct(
    reference: ReferenceArgument,
    date: Annotated[str, typer.Option(help="The right filing date.")],
    ground: Annotated[str, typer.Option(help="Code of the ground.")] = "clerical-error",
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Correct a filing date; the old entry stays readable."""
    with opened(ledger, account, as_json=as_json) as register:
        filed = named(reference)
        _, entry = register.find(filed)
        receipt = register.act(_made("correct-entry", {
            "date": date, "ground": ground, "number": filed.number, "office": filed.office,
            "right": filed.right, "was": entry.date,
        }))
        show_receipt(register, receipt, f"{reference} now dated {date}", as_json=as_json)
