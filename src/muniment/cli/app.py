"""All commands together.

Every command that takes `--ledger` takes `--node` too, but for those about a directory's own files.
"""

from inspect import signature

import typer

from muniment.cli import (
    account,
    backup,
    claim,
    deadline,
    demo,
    doctor,
    document,
    engine,
    evidence,
    export,
    filing,
    governance,
    importing,
    init,
    join,
    ledger,
    member,
    network,
    node,
    number,
    office,
    priority,
    recovery,
    relation,
    report,
    searching,
)
from muniment.cli.common import on_node

OWN_FILES = ("backup", "rotate-log-key")
"""Groups and commands that are about files of the directory, whatever network it belongs to."""

app = typer.Typer(
    help="A register of industrial property whose entries anyone can verify offline.\n\n"
    "Begin with:  muniment demo  |  muniment number check US 06/113,950 --kind patent  |  "
    "muniment init --office US DIR",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("init")(init.init)
app.command("import")(importing.import_file)
app.command("export")(export.export)
app.command("deadline")(deadline.deadline)
app.command("erase")(filing.erase)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("join")(join.join)
app.command("leave")(join.leave)
network.app.command("invite")(join.invite)
network.app.command("promote")(join.promote)
filing.app.command("search")(searching.search)
app.add_typer(filing.app, name="filing")
app.add_typer(number.app, name="number")
for name, act in claim.COMMANDS.items():
    priority.app.command(name)(act)
priority.app.add_typer(document.app, name="document")
priority.app.command("report")(report.report)
app.add_typer(priority.app, name="priority")
app.add_typer(relation.app, name="relation")
app.add_typer(evidence.app, name="evidence")
app.add_typer(ledger.app, name="ledger")
app.add_typer(engine.app, name="engine")
app.add_typer(backup.app, name="backup")
app.add_typer(network.app, name="network")
app.add_typer(node.app, name="node")
app.add_typer(governance.app, name="governance")
app.add_typer(member.member_app, name="member")
app.add_typer(member.validator_app, name="validator")
app.add_typer(recovery.app, name="account")
for name, one in {**account.GROUPS, "office": office.app}.items():
    app.add_typer(one, name=name)


def _offer_nodes(group: typer.Typer) -> None:
    for command in group.registered_commands:
        run = command.callback
        if run is None or command.name in OWN_FILES:
            continue
        if "ledger" in signature(run).parameters:
            command.callback = on_node(run)
    for inner in group.registered_groups:
        if inner.typer_instance is not None and inner.name not in OWN_FILES:
            _offer_nodes(inner.typer_instance)


_offer_nodes(app)
