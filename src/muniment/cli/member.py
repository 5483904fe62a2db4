"""`muniment member` and `muniment validator`: the offices of a network, and their nodes."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli.common import (
    AccountOption,
    JsonOption,
    LedgerOption,
    group,
    opened,
    print_json,
    show,
    show_receipt,
    show_table,
    utc,
)
from muniment.node.register import Register
from muniment.proof.errors import Malformed

member_app = group("List the members of a network, leave, lend units, attest service.")
validator_app = group("Enrol, retire and list the nodes of offices; confirm what they run.")
NODE_LOG_KEY_FILE = "node-log.key"
_ID_DIGITS = 12


def _act(register: Register, plain: dict[str, Any], what: str, *, as_json: bool) -> None:
    from muniment.codec import encode

    operation = register.ledger.engine.rules.decode(encode(plain))
    show_receipt(register, register.act(operation), what, as_json=as_json)


@member_app.command("list")
def list_members(ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False) -> None:
    """List the members, their votes, units and power, and those that left."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.ballot import member_rows

        rows = member_rows(register.ledger)
        if as_json:
            print_json(rows)
            return
        show([("members", sum(one["left"] is None for one in rows))], fiction=register.is_fiction)
        show_table(("office", "votes", "units", "lent to", "power", "since", "left"), [
            (one["office"], one["votes"], one["units"], one["lent_to"] or "-", one["power"],
             utc(one["since"]), utc(one["left"]) if one["left"] is not None else "-")
            for one in rows])


@member_app.command()
def leave(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Leave the members; the office keeps its account, its register and its history.

    It cannot be taken back: only a vote of the others makes it a member again.
    """
    with opened(ledger, account, as_json=as_json) as register:
        if not yes:
            _ask_to_leave(register.account)
        _act(register, {"member": register.account, "type": "leave-members"},
             f"{register.account} is a member no longer; keep your copy: muniment ledger export",
             as_json=as_json)


def _ask_to_leave(office: str) -> None:
    """Ask at the terminal; without one nobody answers."""
    if not sys.stdin.isatty():
        raise Malformed("confirmation-missing", f"{office} is to leave the members, which it "
                        "cannot take back, and there is no terminal at which to ask.",
                        basis="docs/governance.md", remedy="muniment member leave --yes")
    typer.confirm(f"{office} leaves the members; only a vote of the others lets it in again. "
                  "Leave?", abort=True, err=True)


@member_app.command()
def lend(
    office: Annotated[str | None, typer.Argument(
        help="The member that borrows; none takes the units back.")] = None,
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lend one's units to another member's validator, or take them back; the vote stays."""
    with opened(ledger, account, as_json=as_json) as register:
        lent = {"to": office} if office else {}
        what = f"units lent to {office}" if office else "units taken back"
        _act(register, {"member": register.account, **lent, "type": "lend-units"}, what,
             as_json=as_json)


@member_app.command()
def attest(
    office: Annotated[str, typer.Argument(help="Whose validator served.")],
    day: Annotated[str, typer.Option(help="The UTC day, YYYY-MM-DD.")],
    signed: Annotated[int, typer.Option(help="Blocks that it signed.")],
    blocks: Annotated[int, typer.Option(help="Blocks of the day.")],
    answered: Annotated[int, typer.Option(help="Checks that it answered.")] = 0,
    asked: Annotated[int, typer.Option(help="Checks that it was asked.")] = 0,
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how another member's validator served on one day."""
    with opened(ledger, account, as_json=as_json) as register:
        counted = {"answered": answered} if answered else {}
        counted |= {"asked": asked} if asked else {}
        _act(register, {
            **counted, "blocks": blocks, "day": day, "member": register.account,
            "office": office, "signed": signed, "type": "attest-service",
        }, f"service of {office} on {day}", as_json=as_json)


@validator_app.command()
def enrol(
    directory: Annotated[Path, typer.Argument(
        help="The node's directory; keys are made if missing.")],
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Name the keys of the office's node: it observes until the members seat it."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.network.home import FOLDER, Home
        from muniment.node.governance import node_enrolment

        home = Home(directory / FOLDER)
        home.make_keys()
        operation = node_enrolment(
            register, home.validator_key(), _log_key(directory), home.node_id())
        receipt = register.act(operation)
        if as_json:
            print_json({
                "engine_key": operation.engine_key, "log_key": operation.log_key,
                "node": operation.node, "office": register.account, "position": receipt.position,
            })
            return
        show_receipt(register, receipt, f"node of {register.account}", as_json=False)
        show([("node", operation.node), ("engine key", operation.engine_key),
              ("log key", operation.log_key), _after_enrolment(register)])


def _after_enrolment(register: Register) -> tuple[str, str]:
    """Return what comes next: a seat that stands goes over to the new keys."""
    from muniment.model.validator import VALIDATORS

    stands = register.ledger.state.get(VALIDATORS, register.account)
    if stands is None or not stands.power:
        return "next", ("muniment governance propose seat-validator --set "
                        f"office={register.account}")
    return "seat", (f"stands, with power {stands.power}, and goes over to these keys: start the "
                    "node again, so that its engine votes with them")


def _log_key(directory: Path) -> Any:
    """Return the key with which a node signs checkpoints; made if missing."""
    from muniment.node.solo import KEYS
    from muniment.node.wallet import read_private, write_private
    from muniment.proof.canonical import encode
    from muniment.proof.crypto import PrivateKey

    path = directory / KEYS / NODE_LOG_KEY_FILE
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, encode(PrivateKey.generate("Ed25519").jwk()) + b"\n")
    return PrivateKey.from_jwk(read_private(path))


@validator_app.command()
def retire(
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the office's node observe only; the members alone can seat it again."""
    with opened(ledger, account, as_json=as_json) as register:
        _act(register, {"office": register.account, "type": "retire-validator"},
             f"node of {register.account} observes", as_json=as_json)


@validator_app.command()
def confirm(
    edition: Annotated[str, typer.Argument(help="Name of the edition.")],
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that the office's node carries an edition, as the code that runs this command does."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.node.edition import confirm_edition

        show_receipt(register, confirm_edition(register, edition),
                     f"{register.account} will run edition {edition}", as_json=as_json)


@validator_app.command("list")
def list_validators(ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False) -> None:
    """List the nodes of offices: power, seat, reports, service."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.ballot import validator_rows

        rows = validator_rows(register.ledger, register.ledger.time())
        if as_json:
            print_json(rows)
            return
        total = sum(one["power"] for one in rows)
        show([("power", total), ("ids", f"their first {_ID_DIGITS} digits; --json has them whole")],
             fiction=register.is_fiction)
        show_table(("office", "power", "share", "stands", "earned", "node", "address"), [
            (one["office"], one["power"], f"{100 * one['power'] // total if total else 0} %",
             _stands(one), one["earned"], one["node"][:_ID_DIGITS],
             one["address"][:_ID_DIGITS]) for one in rows])


def _stands(one: dict[str, Any]) -> str:
    if one["reported"] is not None:
        return f"REPORTED at entry {one['reported']}"
    return "observes" if one["seated"] is None else f"seated at block {one['seated']}"
