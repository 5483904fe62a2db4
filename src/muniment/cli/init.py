"""`muniment init`: found a ledger."""

from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import JsonOption, errors, print_json, progress_bar, show
from muniment.proof.errors import Malformed


def init(
    directory: Annotated[Path, typer.Argument(help="Where the ledger will stand.")],
    office: Annotated[str, typer.Option(help="ST.3 code of the office that operates it.")],
    name: Annotated[str, typer.Option(help="Name of the ledger.")] = "",
    profile: Annotated[str, typer.Option(help="solo, or demo for fictional offices.")] = "solo",
    as_json: JsonOption = False,
) -> None:
    """Found a solo ledger with keys, trust policy and reference data."""
    with errors(as_json=as_json):
        from muniment.model.office import known_office
        from muniment.node.founding import Profile, found
        from muniment.node.solo import POLICY_FILE
        from muniment.reference import packaged_rows

        if profile not in ("solo", "demo"):
            raise Malformed("profile-unknown", f"{profile} is no profile.",
                            remedy="Use solo or demo.")
        if not known_office(office, demo=profile == "demo"):
            raise Malformed("office-unknown", f"{office} is no current ST.3 code.",
                            basis="WIPO Standard ST.3", remedy="Use a code such as US, EP or AU.")
        rows = list(packaged_rows(profile))
        kind: Profile = "demo" if profile == "demo" else "solo"
        named = name or f"register.{office.lower()}.example"
        with progress_bar("reference data", len(rows)) as move:
            found(directory, office=office, name=named, profile=kind, rows=rows, progress=move)
        policy = directory / POLICY_FILE
        if as_json:
            print_json({"directory": str(directory), "name": named, "office": office,
                        "reference_rows": len(rows), "trust_policy": str(policy)})
            return
        show([
            ("ledger", f"{directory}, named {named}, operated by {office}"),
            ("reference data", f"{len(rows)} rows published with their sources"),
            ("trust policy", f"{policy}: give it to whoever verifies your evidence"),
            ("keys", f"{directory}/keys: keep them apart from backups"),
            ("next", f"muniment import FILE --ledger {directory}"),
        ])
