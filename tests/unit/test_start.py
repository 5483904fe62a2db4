"""A command imports only what it needs: looked up among the modules, not by a clock."""

import subprocess
import sys

import pytest
from typer.main import get_command

from muniment.cli.app import app
from muniment.cli.listing import WORDS, program

HEAVY = ("muniment.network", "muniment.engine", "muniment.node", "muniment.storage",
         "muniment.operations", "muniment.abci", "muniment.intake", "muniment.report", "msgspec",
         "sqlite3", "google.protobuf", "lxml", "fpdf")
LIGHT = {"muniment.node", "muniment.node.policy"}
"""What stands among them and reads a trust policy's file, and needs nothing more."""
ASK = """
import sys
sys.argv = ["muniment", *{words!r}]
from muniment.cli.main import main
try:
    main()
except SystemExit as end:
    print("exit", end.code, file=sys.stderr)
print("\\n".join(sorted(sys.modules)), file=sys.stderr)
"""


def run(*words):
    """Return what a command prints, its exit code and the modules it imported."""
    told = subprocess.run([sys.executable, "-c", ASK.format(words=words)], capture_output=True,
                          text=True, check=True)
    lines = told.stderr.splitlines()
    return told.stdout, next((one for one in lines if one.startswith("exit ")), ""), lines


def of(modules, names):
    return [one for one in modules if one.startswith(names)]


@pytest.mark.parametrize("words", [
    ("--help",), ("evidence", "verify", "--help"), ("network", "status", "--help"),
    ("evidence", "verify", "/nowhere", "--trust", "/nowhere"), ("demo", "--help"),
    ("number", "--help"), ("no-such-word",),
])
def test_help_and_the_verifier_import_neither_engine_nor_network(words):
    _, _, modules = run(*words)
    heavy = of(modules, HEAVY) if words[0] != "number" else of(modules, "muniment.network")
    assert set(heavy) <= LIGHT


def test_the_version_needs_no_command_at_all():
    printed, _, modules = run("--version")
    assert printed.startswith("muniment ")
    assert of(modules, ("typer", "muniment.cli.listing", "muniment.proof")) == []


def test_the_verifier_says_that_a_file_is_not_there():
    printed, code, _ = run("evidence", "verify", "/nowhere", "--trust", "/nowhere")
    assert (printed.splitlines()[0], code) == ("NOT VALID", "exit 1")


def test_the_list_is_what_the_commands_say_of_themselves():
    """The one list of names and sentences that is written by hand."""
    whole, listed = get_command(app), get_command(program(()))
    assert list(whole.commands) == list(listed.commands) == list(WORDS)
    for word, command in whole.commands.items():
        assert listed.commands[word].get_short_help_str(200) == command.get_short_help_str(200)


def test_a_word_alone_has_all_that_it_has_among_the_others():
    whole = get_command(app)
    for word in WORDS:
        alone = get_command(program((word,))).commands[word]
        assert tree(alone) == tree(whole.commands[word]), word


def tree(command):
    inner = getattr(command, "commands", {})
    return {name: tree(one) for name, one in inner.items()} or sorted(
        one.name for one in command.params)


def test_an_unknown_word_is_told_so_with_the_nearest():
    printed = subprocess.run([sys.executable, "-m", "muniment.cli.main", "evidense"],
                             capture_output=True, text=True, check=False)
    assert printed.returncode == 2
    assert "evidence" in printed.stderr
