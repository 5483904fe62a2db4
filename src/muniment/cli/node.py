"""`muniment node`: what the operator of one node of a network does to it."""

from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import JsonOption, errors, group, print_json, show
from muniment.proof.errors import Busy, Malformed
from muniment.proof.limits import EVIDENCE_DAYS

NodeArgument = Annotated[Path, typer.Argument(help="The node's directory.")]
app = group("Look after one node of a network.")


@app.command()
def start(
    directory: NodeArgument,
    as_json: JsonOption = False,
) -> None:
    """Start a node apart from this terminal, and wait until its engine answers.

    A service manager runs `muniment network run DIR` instead.
    """
    with errors(as_json=as_json):
        from muniment.network.node import Node

        node = Node(directory)
        node.start()
        node.await_ready(0)
    if as_json:
        print_json({"url": node.plan().place.url})
    else:
        show([("started", f"{directory}, {node.plan().place.url}")])


@app.command()
def stop(
    directory: NodeArgument,
    as_json: JsonOption = False,
) -> None:
    """Stop a node, however it was started; a block that is being written is written."""
    with errors(as_json=as_json):
        from muniment.network.node import Node

        node = Node(directory)
        node.plan()
        node.stop()
    if as_json:
        print_json({"stopped": str(directory)})
    else:
        show([("stopped", str(directory))])


@app.command()
def rollback(
    directory: Annotated[Path, typer.Argument(help="The node's directory.")],
    as_json: JsonOption = False,
) -> None:
    """Take the last block back, in ledger and engine, once at most: it is run again at the start.

    Stop the node first.
    """
    with errors(as_json=as_json):
        from muniment.network.rollback import rollback as take_back

        height = take_back(directory)
    if as_json:
        print_json({"height": height})
        return
    show([("height", height), ("next", f"muniment node start {directory}, or your service "
                               "manager")])


@app.command()
def rebuild(
    directory: Annotated[Path, typer.Argument(help="The damaged node's directory.")],
    invitation: Annotated[Path | None, typer.Argument(
        help="An invitation of another office; else the node's own trust policy is the beginning.")
    ] = None,
    sources: Annotated[list[str] | None, typer.Option(
        "--from", help="RPC of another office's node, http://HOST:PORT; repeatable. "
        "The inviting office's by default.")] = None,
    fingerprint: Annotated[str | None, typer.Option(
        "--fingerprint", help="What the inviting office reads out; else it is asked for.")] = None,
    discard: Annotated[bool, typer.Option(
        "--discard", help="Remove what was damaged; it is kept in DIR/damaged otherwise.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch ledger and blocks of a damaged node anew; its keys, vault and last vote stay.

    Stop the node first. What other nodes answer is verified from a header that is trusted: the one
    that the node's trust policy names, or an invitation's, compared by telephone.
    """
    with errors(as_json=as_json):
        from muniment.cli.join import STARTED_HERE, compared, follow
        from muniment.network import rebuild as rebuilding
        from muniment.network.node import Node

        node = Node(directory)
        if invitation is None:
            trusted, genesis = rebuilding.own_trust(node), None
        else:
            made = compared(invitation, fingerprint, quiet=as_json)
            trusted, genesis, sources = made.trusted, made.genesis, sources or [made.rpc]
        if not sources:
            raise Malformed("sources-missing", "Nobody is named to fetch from.",
                            remedy="--from http://HOST:PORT, the RPC of another office's node")
        least = rebuilding.rebuild(node, sources, trusted, discard=discard, genesis=genesis)
        node.start()
        height, history = follow(node, least, sources)
    if as_json:
        print_json({"directory": str(directory), "height": height})
        return
    kept = "removed" if discard else f"kept in {directory / rebuilding.DAMAGED}"
    show([("rebuilt", f"{directory} stands at block {height}"), ("damaged files", kept),
          ("history", history),
          ("next", f"muniment doctor {directory}"),
          ("service", STARTED_HERE)])


@app.command()
def snapshot(
    directory: NodeArgument,
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


@app.command()
def keep(
    directory: NodeArgument,
    blocks: Annotated[int, typer.Option(help="How many of the newest blocks; 0 for all.")],
    days: Annotated[int, typer.Option(
        help="Blocks younger than so many days stay; 0 only where nobody's trust hangs on it.")
    ] = EVIDENCE_DAYS,
    as_json: JsonOption = False,
) -> None:
    """Say how many blocks the engine keeps; the ledger keeps every entry whatever is said."""
    with errors(as_json=as_json):
        from muniment.network.node import Node
        from muniment.network.rebuild import settle

        if blocks < 0 or days < 0:
            raise Malformed("keep-malformed", "Blocks and days are counted from 0.")
        node = Node(directory)
        plan = node.plan().with_option("--keep-blocks", str(blocks))
        if node.runs():
            settle(node, ())  # before the block on which the office's own trust hangs is gone
        elif blocks:
            raise Busy(
                "node-not-running", f"The node in {node.folder} does not run: the block on which "
                "its own trust hangs could be gone before it is kept beside.",
                basis="docs/operating.md#keeping-fewer-blocks",
                remedy=f"muniment node start {node.folder}, and say it again")
        node.write_plan(plan.with_option("--keep-days", str(days)))
        runs = node.restart()
    if as_json:
        print_json({"blocks": blocks, "days": days, "restarted": runs})
        return
    show([("kept", f"{blocks or 'all'} blocks, and those of {days} days" if blocks else "all"),
          ("in force", "now: the node was started again" if runs else "when the node is started")])
