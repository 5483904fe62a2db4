"""`muniment governance`: what the members of a network decide together."""

import json
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
    show_error,
    show_receipt,
    show_table,
    utc,
)
from muniment.node.register import Register
from muniment.proof.errors import LedgerError, Malformed

app = group("Decide together with the other members: propose, vote, enact.")
_TEXT_WIDTH = 43
"""A digest, on a line of its own."""
NumberArgument = Annotated[int, typer.Argument(help="Number of the proposal.")]


def _read_act(file: Path | None) -> dict[str, Any]:
    """Return the members of an act in a file."""
    if file is None:
        return {}
    try:
        plain = json.loads(file.read_bytes())
    except ValueError:
        plain = None
    if not isinstance(plain, dict):
        raise Malformed("act-malformed", f"{file.name} holds no act as JSON.",
                        remedy="Compare docs/reference/transactions.md")
    return plain


def _read_pairs(pairs: list[str] | None) -> dict[str, str]:
    """Return what NAME=VALUE options say."""
    said = {}
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not equals:
            raise Malformed("act-malformed", f"{pair!r} is no NAME=VALUE.",
                            remedy="E.g. --set office=XE --set units=10")
        said[name] = text
    return said


def _tell(register: Register, decided: Any, what: str, *, as_json: bool) -> None:
    """Show what became of a proposal or vote; exit 1 if a carried act was refused."""
    refusal: LedgerError | None = decided.refusal
    if as_json:
        print_json({
            "accepted": True, "checkpoint": decided.receipt.checkpoint,
            "enacted": decided.enacted, "fiction": register.is_fiction,
            "height": decided.receipt.height, "position": decided.receipt.position,
            "proposal": decided.proposal, "time": decided.receipt.time,
            **({"digest": decided.digest} if decided.digest else {}),
            **({"refusal": refusal.diagnostics()} if refusal else {}),
        })
    else:
        show_receipt(register, decided.receipt, what, as_json=False)
        show(_next_steps(register, decided))
    if refusal is not None:
        if not as_json:
            show_error(refusal)
        raise typer.Exit(1)


def _next_steps(register: Register, decided: Any) -> list[tuple[str, str]]:
    from muniment.node.ballot import proposal

    if decided.proposal is None:
        return [("decided by", "the operator, who founds the ledger alone")]
    if decided.enacted:
        return [("proposal", f"{decided.proposal} is carried and enacted")]
    stands = proposal(register.ledger, decided.proposal, register.ledger.time())
    lines = [("proposal", f"{decided.proposal}: {stands['favour']} of {stands['total']} for it, "
              f"{stands['needed']} needed, by {stands['heads']} of {stands['members']} members")]
    if decided.refusal is not None:
        lines.append(("act", "REFUSED, though it was carried; the proposal stays open"))
    else:
        lines.append(("others", f"each where its keys are: muniment governance vote "
                      f"{decided.proposal}, until {utc(stands['expires'])}"))
    return lines


@app.command()
def propose(
    act: Annotated[str, typer.Argument(
        help="The act, e.g. admit-member; `rulebook` lists them.")],
    pairs: Annotated[list[str] | None, typer.Option(
        "--set", help="NAME=VALUE of the act; repeatable. `rulebook ACT` says which.")] = None,
    file: Annotated[Path | None, typer.Option(help="The act as JSON.")] = None,
    agree: Annotated[bool, typer.Option(
        "--vote/--no-vote", help="Vote for it at once.")] = True,
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put an act to the vote; while the operator founds the ledger, do it."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.node.governance import act_from
        from muniment.node.governance import propose as put

        made = act_from(register.ledger, act, _read_act(file), _read_pairs(pairs))
        decided = put(register, made, agree=agree)
        what = f"{act} proposed" if decided.proposal is not None else act
        _tell(register, decided, what, as_json=as_json)


@app.command()
def vote(
    number: NumberArgument,
    against: Annotated[bool, typer.Option("--against", help="Vote against it.")] = False,
    enact: Annotated[bool, typer.Option(
        "--enact/--no-enact", help="Enact it if this vote carries it.")] = True,
    digest: Annotated[str | None, typer.Option(
        "--digest", help="Vote on the act of this digest only, as you read it elsewhere.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an act and vote on it; until it is enacted a vote can be changed."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.node.governance import vote as cast

        digest = digest or _shown(register, number, ask=not yes, as_json=as_json)
        decided = cast(register, number, favour=not against, enact=enact, digest=digest)
        said = "against" if against else "for"
        _tell(register, decided, f"{register.account} votes {said} proposal {number}",
              as_json=as_json)


def _shown(register: Register, number: int, *, ask: bool, as_json: bool) -> str:
    """Show an act on stderr, and at a terminal ask whether to vote on it; return its digest."""
    from muniment.model.proposal import digest_of
    from muniment.node.governance import act_of

    act = act_of(register.ledger, number)
    if not as_json:  # there the answer says which act it was
        sys.stderr.write(f"proposal {number}: {bytes(act).decode()}\ndigest: {digest_of(act)}\n")
        sys.stderr.flush()
        if ask and _at_terminal():
            typer.confirm(f"{register.account} votes on this act?", abort=True, err=True)
    return digest_of(act)


def _at_terminal() -> bool:
    return sys.stdin.isatty()


@app.command()
def enact(
    number: NumberArgument,
    ledger: LedgerOption = Path("ledger"), account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put in force what the members have carried."""
    with opened(ledger, account, as_json=as_json) as register:
        from muniment.node.governance import carry_out

        receipt = carry_out(register, number)
        show_receipt(register, receipt, f"proposal {number} is enacted", as_json=as_json)


@app.command()
def status(
    number: Annotated[int | None, typer.Argument(help="One proposal, with act and votes.")] = None,
    everything: Annotated[bool, typer.Option(
        "--all", help="Also what is enacted or expired.")] = False,
    ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False,
) -> None:
    """Show who decides, how power lies, and what waits for votes."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node import ballot

        time = register.ledger.time()
        if number is not None:
            _show_ballot(register, ballot.ballot(register.ledger, number, time), as_json=as_json)
            return
        stands = ballot.standing(register.ledger)
        listed = [one for one in ballot.proposals(register.ledger, time)
                  if everything or one["fate"] not in {"enacted", "expired"}]
        if as_json:
            print_json({**stands, "fiction": register.is_fiction, "proposals": listed})
            return
        show(_standing(stands), fiction=register.is_fiction)
        if listed:
            show_table(("number", "act", "by", "stands", "for", "needed", "of", "members",
                        "until"), [
                (one["number"], one["act"], one["proposer"], one["fate"], one["favour"],
                 one["needed"], one["total"], f"{one['heads']} of {one['members']}",
                 utc(one["expires"])) for one in listed])
        else:
            show([("proposals", "none waits for votes")])


def _standing(stands: dict[str, Any]) -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = []
    if stands["in_charge"] == "operator":
        lines.append(("decides", "the operator, until the first power policy"))
    else:
        lines.append(("decide", f"{stands['members']} members, since {utc(stands['since'])}"))
        lines.append(("power", f"{stands['total_power']} at {stands['validators']} validators, "
                      f"policy {stands['policy']}"))
    if stands["largest_holds_a_third"]:
        lines.append(("WARNING", f"{stands['largest']} holds a third of the power or more: alone "
                      "it can stop the network"))
    lines.extend(("WARNING", f"the engine reported misbehaviour of {office}: no power until the "
                  "members seat it again") for office in stands["reported"])
    return lines


def _show_ballot(register: Register, one: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(one)
        return
    show([
        ("proposal", f"{one['number']} by {one['proposer']}: {one['act']}, {one['majority']}"),
        ("act", one["act"]), *act_lines(one["act_text"]),
        ("digest", one["digest"]), ("stands", one["fate"]),
        ("for", f"{one['favour']} of {one['total']}, {one['needed']} needed"),
        ("against", one["against"]),
        ("members for it", f"{one['heads']} of {one['members']}, more than half needed"),
        ("until", utc(one["expires"])), ("entry", one["entry"]),
    ], fiction=register.is_fiction)
    show_table(("member", "votes", "said"),
               [(vote["office"], vote["votes"], vote["said"]) for vote in one["by_member"]])


def act_lines(act: Any, name: str = "") -> list[tuple[str, str]]:
    """Return an act as lines of a terminal's width, one for each member: what is voted on."""
    if isinstance(act, dict | list) and act:
        pairs = sorted(act.items()) if isinstance(act, dict) else enumerate(act, 1)
        return [line for key, value in pairs for line in act_lines(value, f"{name} {key}")]
    text = json.dumps(act, ensure_ascii=False)  # what would move a terminal's cursor is escaped
    if isinstance(act, str):
        text = text[1:-1]
    parts = [text[at : at + _TEXT_WIDTH] for at in range(0, len(text), _TEXT_WIDTH)] or ["-"]
    return [(f" {name}" if at == 0 else "", part) for at, part in enumerate(parts)]


@app.command()
def rulebook(
    act: Annotated[str | None, typer.Argument(
        help="One act: what it does, its NAMEs, how it is proposed.")] = None,
    ledger: LedgerOption = Path("ledger"), as_json: JsonOption = False,
) -> None:
    """Show who decides what under the edition in force, and the parameters; or one act."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.ballot import rulebook as rules

        if act is not None:
            _show_act(register, act, as_json=as_json)
            return
        book = rules(register.ledger)
        if as_json:
            print_json(book)
            return
        show([("edition", f"{book['edition']}, lock {book['hash']}")],
             fiction=register.is_fiction)
        if book["next_edition"] is not None:
            ready = book["confirmed"]
            show([("next", f"edition {book['next_edition']} from block {book['next_height']}"),
                  ("confirmed", f"{ready['power']} of {ready['total']} power "
                   f"({', '.join(ready['by']) or 'nobody'}): "
                   f"{'enough' if ready['enough'] else 'NOT ENOUGH, it would lapse'}")])
        show_table(("act", "who", "majority"), [
            (one["act"], ", ".join(one["signers"]), one["majority"] or "-")
            for one in book["acts"]])
        show_table(("parameter", "value", "least", "greatest", "meaning"), [
            (one["name"], one["value"], one["least"], one["most"], one["meaning"])
            for one in book["parameters"]])
        show([("recovery", f"{book['recovery_days']} days, in which any current key can object"),
              ("an act", "muniment governance rulebook ACT shows its NAMEs and how to propose it")])


def _show_act(register: Register, act: str, *, as_json: bool) -> None:
    from muniment.node.governance import act_card

    one = act_card(register.ledger, act)
    if as_json:
        print_json(one)
        return
    show([("act", f"{one['act']}: {one['does']}"),
          ("who decides", f"{', '.join(one['signers'])}; {one['majority']} majority")],
         fiction=register.is_fiction)
    show_table(("NAME", "needed", "VALUE", "meaning"), [
        (named["name"], "yes" if named["required"] else "no", named["written"], named["meaning"])
        for named in one["names"]])
    show([("propose it", one["propose"])])
