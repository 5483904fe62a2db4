"""`muniment node`: what the operator of one node of a network does to it."""

from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import JsonOption, errors, group, print_json, show

app = group("Look after one node of a network.")


@app.command()
def rollback(
    directory: Annotated[Path, typer.Argument(help="The node's directory.")],
    as_json: JsonOption = False,
) -> None:
    """Take the last block back, as `cometbft rollback` does for the engine; once at most.

    Stop the node first. Afterwards both run the block again, or another one.
    """
    with errors(as_json=as_json):
        from muniment.storage.decided import DecidedStorage

        with DecidedStorage(directory) as storage:
            height = storage.undo()
    if as_json:
        print_json({"height": height})
        return
    show([("height", height), ("next", "cometbft rollback --home DIR, if not done; then start")])


@app.command()
def snapshot(
    directory: Annotated[Path, typer.Argument(help="The node's directory.")],
    as_json: JsonOption = False,
) -> None:
    """Make a snapshot from which a new node can begin; the node may run meanwhile."""
    with errors(as_json=as_json):
        from muniment.network.snapshots import make

        height = make(directory)
    if as_json:
        print_json({"height": height})
        return
    show([("height", height), ("offered", "once two more blocks are decided")])
