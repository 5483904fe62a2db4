"""`muniment account`: what stands of an account; keys that the members are to accept."""

import json
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
    utc,
)
from muniment.proof.errors import Malformed

app = group("Show an account; recover a lost key set, or object to it.")
NameArgument = Annotated[
    str, typer.Argument(help="Account id: an office's ST.3 code, or a digest.")
]


def request_enrolment(
    office: Annotated[str, typer.Argument(help="ST.3 code.")],
    out: Annotated[Path, typer.Option(help="The act that a member proposes.")],
    keys: Annotated[int, typer.Option(help="How many keys.")] = 1,
    threshold: Annotated[int, typer.Option(help="How many must sign.")] = 1,
    ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False,
) -> None:
    """Make an office's keys, and the act by which the members of a network enrol it."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.governance import office_enrolment

        _bounded(keys, threshold)
        act = office_enrolment(register, office, keys=keys, threshold=threshold)
        _hand_out(out, act, f"{register.directory}/keys/{office}.json: of the office",
                  as_json=as_json)


def _bounded(keys: int, threshold: int) -> None:
    if not 1 <= threshold <= keys <= 6:
        raise Malformed("key-set-malformed",
                        "A key set has 1 to 6 keys, and a threshold among them.")


def _hand_out(out: Path, act: Any, keys: str, *, as_json: bool) -> None:
    """Write an act for a member to propose, and say what comes next."""
    from muniment.codec import encode

    plain = json.loads(encode(act))
    out.write_text(json.dumps(plain, indent=1, sort_keys=True) + "\n", encoding="ascii")
    if as_json:
        print_json({"file": str(out), "key_set": act.key_set.digest()})
        return
    show([
        ("act", str(out)), ("key set", act.key_set.digest()), ("keys", keys),
        ("next", f"a member: muniment governance propose {plain['type']} --file {out}"),
    ])


@app.command("show")
def show_account(
    name: NameArgument, ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False
) -> None:
    """Show an account's keys, and whether the members recovered it."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.ballot import account_card

        card = account_card(register.ledger, name)
        if as_json:
            print_json(card)
            return
        lines = [
            ("account", f"{name}, {card['kind']}, enrolled by {card['enrolled_by']} at "
             f"{utc(card['since'])}"),
            ("key set", f"{card['key_set']}, {card['threshold']} of {card['keys']} sign"),
        ]
        if card["recovered_by_members"]:
            lines.append(("RECOVERED", "the members of the network replaced its lost key set"))
        recovery = card["recovery"]
        if recovery is not None and recovery["outcome"] == "pending":
            lines.append(("RECOVERY", f"proposal {recovery['proposal']} replaces the key set from "
                          f"{utc(recovery['due'])} on, unless a current key objects: muniment "
                          f"account object {name}"))
        elif recovery is not None:
            lines.append(("recovery", f"{recovery['outcome']} at entry {recovery['ended']}"))
        show(lines, fiction=register.is_fiction)


@app.command("request-recovery")
def request_recovery(
    name: NameArgument,
    out: Annotated[Path, typer.Option(help="The act that a member proposes.")],
    keys: Annotated[int, typer.Option(help="How many keys.")] = 1,
    threshold: Annotated[int, typer.Option(help="How many must sign.")] = 1,
    ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False,
) -> None:
    """Make keys that shall follow a lost key set, and the act that a member proposes."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.recovery import request, waiting_wallet

        _bounded(keys, threshold)
        act = request(register, name, keys=keys, threshold=threshold)
        _hand_out(out, act, f"{waiting_wallet(register, name)}: wait there until it is completed",
                  as_json=as_json)


@app.command("object")
def object_to_recovery(
    name: NameArgument, ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Object to a recovery with any current key of the account; it submits, or who is named."""
    with opened(ledger, account or name, as_json=as_json) as register:
        from muniment.node.recovery import object_to

        receipt = object_to(register, name)
        show_receipt(register, receipt, f"{name} keeps its key set", as_json=as_json)


@app.command("complete-recovery")
def complete_recovery(
    name: NameArgument, ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Complete a recovery after its 14 days; put the new keys in place if they are here."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.node.recovery import complete

        receipt = complete(register, name)
        if receipt is not None:
            show_receipt(register, receipt, f"{name} is recovered", as_json=as_json)
        elif as_json:
            print_json({"account": name, "keys": "in place"})
        else:
            show([("keys", f"of {name} are in place")])
