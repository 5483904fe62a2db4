"""`muniment network`: the ledger run by several offices."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from muniment.cli.common import JsonOption, errors, group, print_json, show, show_table
from muniment.cli.engine import ProfileOption, stages
from muniment.proof.errors import Malformed
from muniment.proof.limits import EVIDENCE_DAYS

app = group("Run a ledger together with other offices.")

DirectoryArgument = Annotated[Path, typer.Argument(
    envvar="MUNIMENT_NETWORK", help="Directory of the network.")]
NodeArgument = Annotated[Path, typer.Argument(help="The node's directory.")]
OfficeOption = Annotated[str, typer.Option("--office", help="Whose node, e.g. XB.")]
MetricsOption = Annotated[str | None, typer.Option(
    "--metrics", help="HOST:PORT on which Prometheus reads this node's figures.")]
NETWORK = Path("network")
FOUR = 4
"""The fewest offices of which one may fail."""
HEADS = ("office", "state", "height", "peers", "power", "signed", "waits", "app hash", "engine")
_HASH_DIGITS = 8


@app.command()
def up(
    directory: DirectoryArgument = NETWORK,
    offices: Annotated[int | None, typer.Option(
        "--offices", help="How many, if it is new; 4 by default.")] = None,
    links: Annotated[str, typer.Option(
        "--links", help="relays; namespaces (root); or direct: faster, but none can be cut off.")
    ] = "relays",
    profile: ProfileOption = "lan",
    line: Annotated[str, typer.Option("--line", help="0.38, 0.39 or 0.40.")] = "0.38",
    as_json: JsonOption = False,
) -> None:
    """Start a network of fictional offices on this machine; found it if it is new."""
    with errors(as_json=as_json):
        from muniment.network.cluster import NETWORK_FILE, Cluster

        began = time.monotonic()
        with stages() as stage:
            def tell(what: str) -> None:
                stage(what, 0, None)

            if (directory / NETWORK_FILE).exists():
                cluster = Cluster(directory)
                _require_same(cluster, offices)
            else:
                cluster = Cluster.make(directory, offices or FOUR, links=links, line=line,
                                       profile=profile, progress=tell)
            cluster.up(tell)
        rows = cluster.status()
    if as_json:
        print_json(_plain(rows))
        return
    sys.stdout.write(f"FICTION: {len(rows)} offices that do not exist, on this machine, ready in "
                     f"{time.monotonic() - began:.1f} s\n")
    show_table(HEADS, [_cells(row) for row in rows])
    sys.stdout.write(f"\nnext: muniment network status {directory} --watch"
                     f"\n      muniment network break {directory} --office {rows[-1].office} "
                     f"--how kill\n      muniment network down {directory}\n")


def _require_same(cluster: Any, offices: int | None) -> None:
    """Refuse to found anew, in silence or not, what is there with other offices."""
    if offices not in {None, len(cluster.nodes)}:
        raise Malformed(
            "offices-differ", f"{cluster.folder} is a network of {len(cluster.nodes)} offices.",
            basis="docs/network.md", remedy=f"Start it without --offices; or name another "
            f"directory: muniment network up --offices {offices} DIR")


@app.command()
def status(
    directory: DirectoryArgument = NETWORK,
    node: Annotated[str | None, typer.Option(
        "--node", help="Ask this RPC instead, http://HOST:PORT.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every second.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show how each node does; exit 1 unless all run and agree.

    DIRECTORY is a network on this machine; or one office's node, which shows the validators that
    it sees, and whether each votes.
    """
    with errors(as_json=as_json):
        from muniment.network.cluster import Cluster
        from muniment.network.node import NODE_FILE, Node
        from muniment.network.roll_call import own_rpc
        from muniment.network.rpc import Rpc

        if node is not None or (directory / NODE_FILE).exists():
            from muniment.cli.roll_call import show_network

            rpc = Rpc(node) if node is not None else own_rpc(Node(directory))
            if not show_network(rpc, watch=watch, as_json=as_json):
                raise typer.Exit(1)
            return
        cluster = Cluster(directory)
        if watch:
            _watch(cluster, as_json=as_json)
            return
        rows = cluster.status()
        if as_json:
            print_json(_plain(rows))
        else:
            show_table(HEADS, [_cells(row) for row in rows])
            coming = cluster.announced()
            show([("announced", coming)] if coming else [])
    if not cluster.agree(rows):
        raise typer.Exit(1)


@app.command("break")
def break_(
    directory: DirectoryArgument = NETWORK,
    office: OfficeOption = "XB",
    how: Annotated[str, typer.Option("--how", help="kill, pause, cut or skew.")] = "kill",
    seconds: Annotated[int, typer.Option(
        "--seconds", help="By how much skew sets the engine's clock wrong.")] = 300,
    as_json: JsonOption = False,
) -> None:
    """Break one office's node: kill it, halt it, cut it off, or set its clock wrong."""
    with errors(as_json=as_json):
        from muniment.network.cluster import Cluster

        Cluster(directory).break_(office, how, seconds)
    if as_json:
        print_json({"how": how, "office": office.upper()})
    else:
        show([("broken", f"{office.upper()}, by {how}"),
              ("next", f"muniment network heal {directory}")])


@app.command()
def heal(
    directory: DirectoryArgument = NETWORK,
    office: Annotated[str | None, typer.Option("--office", help="Whose node; all by default.")
                      ] = None,
    as_json: JsonOption = False,
) -> None:
    """Mend what `break` broke: start, let go on, connect again."""
    with errors(as_json=as_json):
        from muniment.network.cluster import Cluster

        cluster = Cluster(directory)
        with stages() as stage:
            stage("mending, and waiting until each runs again", 0, None)
            healed = cluster.heal(office)
    if as_json:
        print_json({"healed": healed})
    else:
        show([("healed", ", ".join(healed) or "nothing was broken")])


@app.command()
def down(directory: DirectoryArgument = NETWORK, as_json: JsonOption = False) -> None:
    """Stop every node; the ledgers stay, and `up` starts them again."""
    with errors(as_json=as_json):
        from muniment.network.cluster import Cluster

        cluster = Cluster(directory)
        with stages() as stage:
            cluster.down(lambda what: stage(what, 0, None))
    if as_json:
        print_json({"stopped": list(cluster.nodes)})
    else:
        show([("stopped", ", ".join(cluster.nodes))])


@app.command()
def run(
    directory: NodeArgument,
    metrics: MetricsOption = None,
    snapshot_every: Annotated[int | None, typer.Option(
        help="Heights between two snapshots for new nodes; 0 for none.")] = None,
    keep_blocks: Annotated[int | None, typer.Option(
        help="Heights whose blocks the engine keeps; 0 for all.")] = None,
    keep_days: Annotated[int | None, typer.Option(
        help="Days whose blocks it keeps besides.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run one office's node, engine and application, until it is stopped; start again what ends.

    What is named here goes before what the node's `node.json` says.
    """
    with errors(as_json=as_json):
        from muniment.network.node import METRICS
        from muniment.network.node import run as run_node

        given = {METRICS: metrics, "--snapshot-every": snapshot_every,
                 "--keep-blocks": keep_blocks, "--keep-days": keep_days}
        run_node(directory, {name: str(value) for name, value in given.items()
                             if value is not None})
    _ended(directory, as_json=as_json)


@app.command()
def serve(
    directory: NodeArgument,
    address: Annotated[str | None, typer.Option(
        help="unix:///path of the socket; app.sock in the directory by default.")] = None,
    metrics: MetricsOption = None,
    engine: Annotated[str | None, typer.Option(
        help="URL of the engine's RPC, for the figures that the engine knows.")] = None,
    fetch_from: Annotated[list[str] | None, typer.Option(
        help="RPC of another node; repeatable. A node that began from a snapshot fetches the log "
        "that it left out from there, and verifies it.")] = None,
    snapshot_every: Annotated[int, typer.Option(
        help="Heights between two snapshots for new nodes; 0 for none.")] = 1_000,
    keep_blocks: Annotated[int, typer.Option(
        help="Heights whose blocks the engine keeps; 0 for all.")] = 0,
    keep_days: Annotated[int, typer.Option(
        help="Days whose blocks it keeps besides; 0 only where nobody's trust hangs on them.")
    ] = EVIDENCE_DAYS,
    as_json: JsonOption = False,
) -> None:
    """Run the application of one office's node until it is stopped; logs are JSON on stderr."""
    with errors(as_json=as_json):
        from muniment.network.application import Options
        from muniment.network.logs import log_as_json
        from muniment.network.serve import serve as run_application

        log_as_json()
        run_application(
            directory, address, Options(snapshot_every=snapshot_every, blocks_kept=keep_blocks,
                                        days_kept=keep_days),
            metrics=metrics, engine=engine, fetch_from=fetch_from or ())
    _ended(directory, as_json=as_json)


def _ended(directory: Path, *, as_json: bool) -> None:
    """Say under `--json` that a node was stopped; its life is told in its logs."""
    if as_json:
        print_json({"stopped": str(directory)})


def _cells(row: Any) -> Sequence[str]:
    """Return a node's status as cells of a table."""
    def told(value: object) -> str:
        return "-" if value is None else str(value)

    return (row.office, row.state, told(row.height), told(row.peers), told(row.power),
            told(row.last_signed), told(row.waiting), (row.app_hash or "-")[:_HASH_DIGITS],
            row.url.removeprefix("http://"))


def _plain(rows: Sequence[Any]) -> list[dict[str, Any]]:
    from dataclasses import asdict

    return [asdict(row) for row in rows]


def _watch(cluster: Any, *, as_json: bool) -> None:
    """Show the status again and again: a live table on a terminal, else one after the other."""
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

    def table() -> Table:
        made = Table(*HEADS, title=f"{cluster.settings.chain_id}   {time.strftime('%H:%M:%S')}",
                     title_justify="left", box=None)
        for row in cluster.status():
            colour = "green" if row.state == "running" else "yellow"
            made.add_row(*_cells(row), style=None if row.state == "running" else colour)
        return made

    try:
        if as_json or not sys.stdout.isatty():
            while True:
                rows = cluster.status()
                if as_json:
                    print_json(_plain(rows))
                else:
                    show_table(HEADS, [_cells(row) for row in rows])
                sys.stdout.flush()
                time.sleep(1)
        with Live(table(), console=Console(), auto_refresh=False, screen=False) as live:
            while True:
                time.sleep(1)
                live.update(table(), refresh=True)
    except KeyboardInterrupt:
        return
