"""`muniment evidence`: make, verify and read evidence files."""

import sys
import time as clock
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli.common import (
    JsonOption,
    LedgerOption,
    errors,
    group,
    named,
    opened,
    print_json,
    show,
    show_error,
    utc,
)
from muniment.model.counting import counted
from muniment.model.office import DEMO
from muniment.node.policy import read_policy, write_policy
from muniment.proof.attestation import TrustPolicy
from muniment.proof.errors import LedgerError, NotFound, VerificationError
from muniment.proof.evidence import Proven, verify

app = group("Make, verify and read evidence files.")
NOT_PROVEN = (
    "who owns or is entitled to the right",
    "whether the right is valid, in force or infringed",
    "whether two filings are for the same invention, mark or design",
    "that the office was right in what it recorded",
)


@app.command()
def make(
    reference: Annotated[str, typer.Argument(
        help="OFFICE/KIND/NUMBER, a position in the log, or OFFICE/KIND/SERIES with --complete.")],
    out: Annotated[Path, typer.Option(help="The evidence file.")],
    ledger: LedgerOption = Path("ledger"),
    state: Annotated[bool, typer.Option("--state", help="Prove what stands now.")] = False,
    absent: Annotated[bool, typer.Option("--absent", help="Prove that nothing stands.")] = False,
    complete: Annotated[bool, typer.Option("--complete", help="Prove a whole series.")] = False,
    disclose: Annotated[list[str] | None, typer.Option(help="Name to show; repeatable.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the evidence of an entry, of the present state, of an absence or of a series."""
    with opened(ledger, as_json=as_json) as register:
        from muniment.node import evidence as maker

        kind = "entry"
        if complete:
            kind, series = "completeness", reference.strip("/")
            data = maker.completeness_evidence(register.ledger, f"application/{series}/")
        elif absent:
            kind = "absence"
            data = maker.absence_evidence(register.ledger, *named(reference))
        elif reference.isascii() and reference.isdigit():
            data = maker.entry_evidence(register.ledger, int(reference))
        else:
            key, entry = register.find(named(reference))
            wanted = [entry.disclosed[one] for one in disclose or () if one in entry.disclosed]
            shown = register.disclosures(wanted)
            if len(shown) < len(disclose or ()):
                raise NotFound("nothing-to-disclose", "A name is not kept, or was erased.",
                               remedy="List what is kept: muniment filing show")
            if state:
                kind, data = "state", maker.state_evidence(register.ledger, key, shown)
            else:
                data = maker.entry_evidence(register.ledger, entry.entry, shown)
        out.write_bytes(data)
        if as_json:
            print_json({"bytes": len(data), "file": str(out), "kind": kind})
            return
        show([("evidence", f"{out}: {kind}, {len(data)} bytes"),
              ("verify", f"muniment evidence verify {out} --trust "
               f"{register.directory}/trust-policy.txt")], fiction=register.is_fiction)


TrustOption = Annotated[Path, typer.Option("--trust", help="Your trust policy.")]
FileArgument = Annotated[Path, typer.Argument(help="The evidence file.")]


def _verified(file: Path, trust: Path) -> Proven:
    try:
        policy = TrustPolicy.parse(read_policy(trust))
        return verify(file.read_bytes(), policy, int(clock.time()))
    except (OSError, UnicodeDecodeError) as error:
        raise VerificationError(
            "file-unreadable", f"A file cannot be read: {type(error).__name__}.",
            remedy="Check both paths.",
        ) from None


@app.command("verify")
def verify_file(file: FileArgument, trust: TrustOption, as_json: JsonOption = False) -> None:
    """Verify an evidence file: no network, no ledger, only your own trust policy and clock."""
    try:
        proven = _verified(file, trust)
    except LedgerError as error:
        if as_json:
            print_json({"valid": False, **error.diagnostics()})
        else:
            sys.stdout.write("NOT VALID\n")
            show_error(error)
        raise typer.Exit(1) from None
    if as_json:
        print_json({"valid": True, **as_json_value(proven)})
        return
    sys.stdout.write("VALID\n")
    show([*_what(proven)[:3], *_on_whose_word(proven)], fiction=is_fiction(proven))


@app.command("show")
def show_evidence(file: FileArgument, trust: TrustOption, as_json: JsonOption = False) -> None:
    """Say in plain words what is proven, by whom, and what is not."""
    with errors(as_json=as_json):
        proven = _verified(file, trust)
    if as_json:
        print_json(as_json_value(proven))
        return
    show(sentences(proven), fiction=is_fiction(proven))
    for name, value in proven.disclosed:
        show([(f"disclosed {name}", ", ".join(value) if isinstance(value, list) else value)])
    show([("not proven", one) for one in NOT_PROVEN])


@app.command()
def renew(file: FileArgument, trust: TrustOption, as_json: JsonOption = False) -> None:
    """Move a network's trusted header on to that of verified evidence, before trust runs out."""
    with errors(as_json=as_json):
        from muniment.network.trust import renewed

        proven = _verified(file, trust)
        text = renewed(read_policy(trust), proven)
        write_policy(trust, text)
    rule = TrustPolicy.parse(text).require(proven.origin, proven.size + 1)
    if as_json:
        print_json({"file": str(trust), "rule": rule.text()})
        return
    show([("renewed", f"{trust}: {proven.origin} beyond {proven.size} entries"),
          ("rule", rule.text())], fiction=is_fiction(proven))


@app.command()
def tie(
    file: FileArgument, trust: TrustOption, ledger: LedgerOption = Path("ledger"),
    as_json: JsonOption = False,
) -> None:
    """Tie evidence of a retired log key to the history that your trust policy names."""
    with opened(ledger, as_json=as_json, read_only=True) as register:
        from muniment.node.evidence import tie as tied

        policy = TrustPolicy.parse(read_policy(trust))
        data = tied(register.ledger, file.read_bytes(), policy, int(clock.time()))
        making = file.with_name(f".{file.name}.making")
        making.write_bytes(data)
        making.replace(file)
        if as_json:
            print_json({"bytes": len(data), "file": str(file)})
            return
        show([("tied", f"{file}: to the root that {trust} names")], fiction=register.is_fiction)


def is_fiction(proven: Proven) -> bool:
    """Return whether what is proven is of a fictional office, as only a demo ledger has them."""
    named = [key.split("/")[1] for key, _ in proven.entries] + [
        key.split("/")[1] for key in (*proven.absent, proven.prefix or "/")
    ]
    operation = proven.operation or {}
    return bool(DEMO.keys() & {*named, operation.get("office"), proven.signer})


def sentences(proven: Proven) -> list[tuple[str, Any]]:
    """Return what is proven in words, one aspect a line."""
    return _what(proven) + _on_whose_word(proven)


def _what(proven: Proven) -> list[tuple[str, Any]]:
    when = f"{utc(proven.time)} (block {proven.height})"
    lines: list[tuple[str, Any]] = []
    if proven.kind == "entry":
        outcome = "accepted" if proven.code == 0 else f"REFUSED with code {proven.code}"
        lines.append(("proven", f"entry {proven.position} was recorded and {outcome} at {when}"))
        lines.append(("operation", _operation(dict(proven.operation or {}))))
        lines.append(("signed by", f"account {proven.signer}, key set {proven.key_set}"))
        if proven.recovered_by_members:
            lines.append(("key set", "RECOVERED BY THE MEMBERS of the network, who replaced the "
                          "account's lost one"))
    elif proven.kind == "state":
        key, value = proven.entries[0]
        tense = "stands" if proven.present else "stood"
        lines.append(("proven", f"this {tense} under {key} at {when}"))
        lines += [(name, value[name]) for name in sorted(value) if name != "disclosed"]
    elif proven.kind == "absence":
        covered = "within the declared coverage" if proven.entries else (
            "and the office has declared no coverage of the series")
        lines.append(("proven", f"no unsealed entry stood there at {when}, {covered}"))
        lines += [("key", key) for key in proven.absent]
    else:
        lines.append(("proven", f"all that stood under {proven.prefix} at {when}: "
                      f"{counted(len(proven.entries), 'entry')}"))
    return lines


def _on_whose_word(proven: Proven) -> list[tuple[str, Any]]:
    """Return by whom, when and with what power the checkpoint is attested."""
    what = f"checkpoint of {counted(proven.size, 'entry')}, kind {proven.attestation}"
    one = proven.commit
    if one is None:
        who = ", ".join(by.split("+")[0] for by in proven.attested_by)
        alone = [("rests on", "the operator's own statement until an auditor replays and cosigns: "
                  "one process runs this ledger")] if proven.rests_on_the_operator else []
        alone += [("rests on", "A RETIRED LOG KEY alone, which could have signed another past: "
                   "muniment evidence tie FILE shows that it is that of today")] if (
                       proven.retired) else []
        return [("attested by", f"{who}: {what}"), *alone]
    lines: list[tuple[str, Any]] = [(
        "attested by",
        f"{len(one.signers)} of {one.validators} validators of {one.chain_id} with {one.power} of "
        f"{one.power_total} of the power, at height {one.height}, {utc(one.time)}: {what}",
    )]
    if one.witnessed is not None:
        lines.append(("witnessed by", f"{', '.join(one.witnesses)}, who had seen it by "
                      f"{utc(one.witnessed)}"))
    return lines


def _operation(plain: dict[str, Any]) -> str:
    kind = plain.pop("type", "?")
    plain.pop("disclosed", None)
    return f"{kind} " + ", ".join(f"{name} {plain[name]}" for name in sorted(plain))


def _commit(proven: Proven) -> dict[str, Any] | None:
    """Return what a commit says besides; the signers stand under `attested_by`."""
    plain = asdict(proven.commit) if proven.commit else None
    return plain and {name: value for name, value in plain.items() if name != "signers"}


def as_json_value(proven: Proven) -> dict[str, Any]:
    """Return what is proven as JSON members."""
    return {
        "absent": list(proven.absent),
        "attestation": proven.attestation,
        "attested_by": list(proven.attested_by),
        "code": proven.code,
        "commit": _commit(proven),
        "disclosed": dict(proven.disclosed),
        "edition": proven.edition,
        "fiction": is_fiction(proven),
        "entries": [[key, dict(value)] for key, value in proven.entries],
        "height": proven.height,
        "kind": proven.kind,
        "not_proven": list(NOT_PROVEN),
        "operation": dict(proven.operation) if proven.operation else None,
        "origin": proven.origin,
        "position": proven.position,
        "prefix": proven.prefix,
        "present": proven.present,
        "recovered_by_members": proven.recovered_by_members,
        "rests_on_the_operator": proven.rests_on_the_operator,
        "retired": proven.retired,
        "signer": proven.signer,
        "size": proven.size,
        "time": proven.time,
    }
