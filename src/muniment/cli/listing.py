"""The words that follow `muniment`, where each is defined, and the command with the typed ones.

A command imports only what it needs: the words that were not typed are listed by name alone.
Every command that takes `--ledger` takes `--node` too, but for those about a directory's own files.
"""

from collections.abc import Callable, Collection
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any

import typer

from muniment.cli.common import on_node
from muniment.cli.usage import Program

OWN_FILES = ("backup", "rotate-log-key")
"""Groups and commands that are about files of the directory, whatever network it belongs to."""
WORDS: dict[str, tuple[str, str]] = {
    "init": ("init:init", "Found a solo ledger with keys, trust policy and reference data."),
    "import": (
        "importing:import_file",
        "Import filings; resumable and repeatable. Nothing is mended, and every finding is shown."),
    "export": (
        "export:export",
        "Write a filing with its priority claims for another office; `import` reads it again."),
    "deadline": (
        "deadline:deadline",
        "Count the priority period: term, closed days, window for restoration, with reasons."),
    "erase": (
        "filing:erase",
        "Destroy what the vault discloses of a filing under a name; every proof stays valid."),
    "demo": (
        "demo:demo",
        "Run the main job in fictional offices; exit non-zero if any outcome is not as told."),
    "doctor": (
        "doctor:doctor",
        "Examine a ledger or a node: each line is ok, or says what mends it; exit 1 if one must "
        "be."),
    "join": (
        "join:join",
        "Join a network: fetch its state, believe what validators signed, observe at once."),
    "leave": (
        "join:leave",
        "Leave a network: end the office's part, stop its node, and keep the whole history."),
    "filing": ("filing:app", "File, show, unseal and list applications."),
    "number": ("number:app", "Read and check application numbers; no ledger is needed."),
    "priority": ("priority:app", "Check priority claims, record them, decide them."),
    "relation": ("relation:app", "Declare how two filings are related, and take it back."),
    "evidence": ("evidence:app", "Make, verify and read evidence files."),
    "ledger": ("ledger:app", "Look after a ledger: status, verify, export, replay, checkpoint."),
    "engine": ("engine:app", "The consensus engine, CometBFT: build it, or see which one is used."),
    "backup": ("backup:app", "Back a ledger up; verify and restore it; keep its keys apart."),
    "network": ("network:app", "Run a ledger together with other offices."),
    "node": ("node:app", "Look after one node of a network."),
    "governance": (
        "governance:app", "Decide together with the other members: propose, vote, enact."),
    "member": (
        "member:member_app", "List the members of a network, leave, lend units, attest service."),
    "validator": (
        "member:validator_app",
        "Enrol, retire and list the nodes of offices; confirm what they run."),
    "account": ("recovery:app", "Show an account; recover a lost key set, or object to it."),
    "office": ("office:app", "Enrol an office; show what offices ask, and when they are closed."),
    "participant": (
        "account:participant_app", "Enrol applicants, agents, courts and joint accounts."),
    "role": ("account:role_app", "Grant and revoke roles."),
    "deny": ("account:deny_app", "Bar an account from submitting, and lift the bar."),
    "keys": ("account:keys_app", "List and rotate keys."),
    "reference": ("account:reference_app", "Publish and show reference data."),
    "coverage": ("account:coverage_app", "Declare for which series a register is complete."),
    "copy": ("account:copy_app", "Record copies of other offices' filings."),
    "entry": ("account:entry_app", "Correct entries."),
}
"""Each word with its place, a group of commands or a function, and what the list says of it."""
WITHIN: dict[str, dict[str, str]] = {
    "filing": {"search": "searching:search"},
    "network": {"invite": "join:invite", "promote": "join:promote"},
    "office": {"request": "recovery:request_enrolment"},
    "priority": {
        "claim": "claim:claim_priority", "add": "claim:add", "correct": "claim:correct",
        "withdraw": "claim:withdraw", "decide": "claim:decide", "restore": "claim:restore",
        "unseal": "claim:unseal", "document": "document:app", "report": "report:report",
    },
}
"""What stands within a group but is defined in another file."""


def program(words: Collection[str]) -> typer.Typer:
    """Return the command; of the words that are not among `words` it knows the name alone."""
    made = typer.Typer(
        cls=Program,
        help="A register of industrial property whose entries anyone can verify offline.\n\n"
        "Begin with:  muniment demo  |  muniment number check US 06/113,950 --kind patent  |  "
        "muniment init --office US DIR",
        no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    )
    for word, (_, said) in WORDS.items():
        if word in words:
            _join(made, word, _loaded(word))
        else:
            made.command(word, help=said)(_unloaded)
    return made


def _unloaded() -> None:
    """Stand for a command that was not typed."""


@cache
def _loaded(word: str) -> Any:
    """Return the group or the function of a word, whole: once in a process."""
    found = _at(WORDS[word][0])
    if not isinstance(found, typer.Typer):
        return _offered(word, found)
    for name, place in WITHIN.get(word, {}).items():
        _join(found, name, _at(place))
    if word not in OWN_FILES:
        _offer_nodes(found)
    return found


def _at(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"muniment.cli.{module}"), name)


def _join(within: typer.Typer, name: str, one: Any) -> None:
    if isinstance(one, typer.Typer):
        within.add_typer(one, name=name)
    else:
        within.command(name)(one)


def _offered(name: str | None, run: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the option --node, if it takes a ledger."""
    takes = name not in OWN_FILES and "ledger" in signature(run).parameters
    return on_node(run) if takes else run


def _offer_nodes(within: typer.Typer) -> None:
    for command in within.registered_commands:
        if command.callback is not None:
            command.callback = _offered(command.name, command.callback)
    for inner in within.registered_groups:
        if inner.typer_instance is not None and inner.name not in OWN_FILES:
            _offer_nodes(inner.typer_instance)
