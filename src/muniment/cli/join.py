"""`network promote`, `invite`, `join`, `leave`: nodes come and go, each by one command."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli.common import JsonOption, errors, print_json, show, utc
from muniment.cli.engine import LineOption, ProfileOption, stages
from muniment.model.counting import counted
from muniment.proof.errors import Malformed, NotFound, VerificationError

STARTED_HERE = "it was started here: muniment node stop DIR before a service manager runs it"
ListenOption = Annotated[str, typer.Option(
    "--listen", help="Address of this machine for the engine's peers.")]
RpcListenOption = Annotated[str, typer.Option(
    "--rpc-listen", help="Address for its RPC: who reaches it can fill the mempool.")]
P2pOption = Annotated[int, typer.Option("--p2p-port", help="Port for its peers; 0: any.")]
RpcOption = Annotated[int, typer.Option("--rpc-port", help="Port of its RPC; 0: any.")]


def _place(listen: str, p2p_port: int, rpc_port: int, rpc_listen: str) -> Any:
    from muniment.network.home import Place
    from muniment.network.links import free_ports

    ports = zip((p2p_port, rpc_port), free_ports(2), strict=True)
    p2p, rpc = (given or free for given, free in ports)
    return Place(listen, p2p, rpc, rpc_listen)


def _require_reachable(place: Any, host: str | None, rpc: str | None) -> None:
    """Refuse an invitation that names addresses which no other machine reaches."""
    from muniment.network.home import EVERYWHERE, LOOPBACK

    away = place.host != LOOPBACK
    if away and rpc is None and place.rpc_host in {LOOPBACK, EVERYWHERE}:
        raise Malformed(
            "invitation-without-rpc", "This node's RPC listens on this machine alone, and the new "
            "node fetches the state's header and the history from it.", basis="docs/network.md",
            remedy="Name the URL at which a front of yours shows it to the new node: --rpc URL")
    if host is None and place.host == EVERYWHERE:
        raise Malformed(
            "invitation-without-host", "This node listens at every address of its machine.",
            basis="docs/network.md",
            remedy="Name the one at which the others reach it: --host HOST:PORT")


def _warn_of_loopback(made: Any) -> None:
    """Say so if an invitation names addresses that only this machine reaches."""
    from muniment.network.home import LOOPBACK

    if made.host.startswith(f"{LOOPBACK}:"):
        sys.stderr.write(
            f"warning: the invitation names {made.host} and {made.rpc}, which no other machine "
            "reaches: it is for a node on this one. Else name --host HOST:PORT and --rpc URL; "
            "the node must listen for peers (promote and join: --listen ADDRESS).\n")


def promote(
    ledger: Annotated[Path, typer.Argument(help="A solo ledger; it becomes a node.")],
    listen: ListenOption = "127.0.0.1", p2p_port: P2pOption = 0, rpc_port: RpcOption = 0,
    rpc_listen: RpcListenOption = "127.0.0.1",
    profile: ProfileOption = "lan", line: LineOption = "0.38",
    as_json: JsonOption = False,
) -> None:
    """Make a solo ledger a network: its id and entries stay, other offices join by invitation."""
    with errors(as_json=as_json):
        from muniment.network.founder import begin_network

        place = _place(listen, p2p_port, rpc_port, rpc_listen)
        node = begin_network(ledger, place, profile=profile, line=line)
        plan = node.plan()
    if as_json:
        print_json({"directory": str(ledger), "node": node.home.node_id(), "office": plan.office,
                    "url": plan.place.url})
        return
    show([
        ("promoted", f"{ledger}: the members decide from now on; {plan.office} is the first"),
        ("node", f"{node.home.node_id()} at {plan.place.url}"),
        ("trust policy", f"{ledger}/trust-policy.txt goes on: hand out the new one"),
        ("commands", f"muniment ... --ledger {ledger} --node {plan.place.url}"),
        ("next", f"muniment network invite {ledger} --out FILE"),
        ("service", STARTED_HERE),
    ])


def invite(
    directory: Annotated[Path, typer.Argument(help="The inviting office's node.")],
    out: Annotated[Path, typer.Option("--out", help="Where the invitation is written.")],
    host: Annotated[str | None, typer.Option(
        help="HOST:PORT at which the others reach this node's engine.")] = None,
    rpc: Annotated[str | None, typer.Option(
        help="URL at which the new node reaches this node's RPC.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Invite an office: its node is let in for a week, and observes until the members seat it."""
    with errors(as_json=as_json):
        from muniment.network import invite as inviting
        from muniment.network.node import Node

        place = Node(directory).plan().place
        _require_reachable(place, host, rpc)
        with stages() as stage:
            made = inviting.invite(Node(directory), host=host, rpc=rpc,
                                   progress=lambda what: stage(what, 0, None))
        inviting.write_invitation(made, out)
    if as_json:
        print_json({"file": str(out), "fingerprint": made.fingerprint(), "host": made.host,
                    "rpc": made.rpc, "until": made.until})
        return
    _warn_of_loopback(made)
    show([
        ("invitation", f"{out}; a secret until it is used, of no use after {utc(made.until)}"),
        ("fingerprint", made.fingerprint()),
        ("next", "hand the file over, and compare the fingerprint by telephone"),
        ("there", f"muniment join {out.name} DIR"),
    ])


def join(
    invitation: Annotated[Path, typer.Argument(help="The invitation.")],
    directory: Annotated[Path, typer.Argument(help="Where the node will stand.")],
    office: Annotated[str, typer.Option("--office", help="The office that runs it.")] = "observer",
    listen: ListenOption = "127.0.0.1", p2p_port: P2pOption = 0, rpc_port: RpcOption = 0,
    rpc_listen: RpcListenOption = "127.0.0.1",
    profile: ProfileOption = "lan",
    fingerprint: Annotated[str | None, typer.Option(
        "--fingerprint", help="What the other side reads out; else it is asked for.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Join a network: fetch its state, believe what validators signed, observe at once."""
    with errors(as_json=as_json):
        from muniment.network import invite as inviting

        made = compared(invitation, fingerprint, quiet=as_json)
        place = _place(listen, p2p_port, rpc_port, rpc_listen)
        node = inviting.join(made, directory, office, place, profile=profile)
        node.start()
        height, history = follow(node, made.height, [made.rpc])
    if as_json:
        print_json({"directory": str(directory), "height": height,
                    "node": node.home.node_id(), "url": node.plan().place.url})
        return
    show([
        ("joined", f"{directory} observes, at block {height}"),
        ("node", f"{node.home.node_id()} at {node.plan().place.url}"),
        ("history", history),
        ("to vote", "muniment validator enrol, then let the members seat it"),
        ("service", STARTED_HERE),
    ])


def leave(
    directory: Annotated[Path, typer.Argument(help="The office's node.")],
    as_json: JsonOption = False,
) -> None:
    """Leave a network: end the office's part, stop its node, and keep the whole history."""
    with errors(as_json=as_json):
        from dataclasses import asdict

        from muniment.network.leave import leave as end_part
        from muniment.network.node import Node

        left = end_part(Node(directory))
    if as_json:
        print_json({"directory": str(directory), **asdict(left)})
        return
    show([
        ("left", "the office is a member no longer" if left.was_member else "it only observed"),
        ("history", f"{counted(left.entries, 'entry')} to block {left.height}, all in {directory}"),
        ("next", f"muniment ledger verify --ledger {directory}"),
        ("or", f"muniment ledger export FILE --ledger {directory}"),
    ])


def compared(invitation: Path, told: str | None, *, quiet: bool) -> Any:
    """Return an invitation whose digits the other side has read out.

    Args:
        invitation: The file.
        told: The digits; None asks for them.
        quiet: Whether to show nothing of it.

    Raises:
        NotFound: There is no such file.
        VerificationError: The digits are others.
    """
    from muniment.network.invite import read_invitation

    if not invitation.is_file():
        raise NotFound("file-not-found", f"There is no file {invitation}.")
    made = read_invitation(invitation.read_bytes())
    if not quiet:
        show([("network", f"{made.origin}, chain {made.chain_id}, edition {made.edition}"),
              ("invited by", made.office)])
    told = _heard() if told is None else told
    if "".join(told.split()) != made.fingerprint().replace(" ", ""):
        raise VerificationError(
            "fingerprint-differs", "The other side has another invitation than this file.",
            basis="docs/network.md", remedy="Do not join. Ask for the invitation again, by a "
            "way that nobody else can write to.")
    if not quiet:
        show([("fingerprint", f"{made.fingerprint()}, as the other side read it out")])
    return made


def _heard() -> str:
    """Ask for the digits before they are shown: what is shown is copied, and compares nothing."""
    try:
        return str(typer.prompt("The digits that the other side reads out", err=True))
    except typer.Abort:
        raise Malformed(
            "fingerprint-missing", "Nobody typed the digits that the other side reads out.",
            basis="docs/network.md", remedy="--fingerprint DIGITS, as the inviting office read "
            "them out by telephone") from None


def follow(node: Any, least: int, sources: Sequence[str]) -> tuple[int, str]:
    """Wait until a node has fetched the state and stands at a height; show what it does.

    Then it holds on to the block on which its trust hangs. Returns the height, and what there is
    of the history.

    Args:
        node: The node.
        least: The height.
        sources: RPC of nodes that may have the block on which the node's trust hangs.

    Raises:
        Busy: It ended, nobody lets it connect, or it takes too long.
    """
    from muniment.network.progress import await_history, await_ledger
    from muniment.network.rebuild import settle

    with stages() as stage:
        height = await_ledger(node, least, stage)
        settle(node, sources)
        whole = await_history(node, stage)
    return height, ("all of it is here, verified" if whole else
                    "what came before is fetched and verified while it runs")
