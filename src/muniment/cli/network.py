"""`muniment network`: the ledger run by several offices."""

from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import errors, group

app = group("Run a ledger together with other offices.")

NodeArgument = Annotated[Path, typer.Argument(help="The node's directory.")]


@app.command()
def run(directory: NodeArgument) -> None:
    """Run one office's node, engine and application, until it is stopped; start again what ends."""
    with errors():
        from muniment.network.node import run as run_node

        run_node(directory)


@app.command()
def serve(
    directory: NodeArgument,
    address: Annotated[str | None, typer.Option(
        help="unix:///path of the socket; app.sock in the directory by default.")] = None,
    metrics: Annotated[str | None, typer.Option(
        help="HOST:PORT on which Prometheus reads this node's figures.")] = None,
    engine: Annotated[str | None, typer.Option(
        help="URL of the engine's RPC, for the figures that the engine knows.")] = None,
    snapshot_every: Annotated[int, typer.Option(
        help="Heights between two snapshots for new nodes; 0 for none.")] = 1_000,
    keep_blocks: Annotated[int, typer.Option(
        help="Heights whose blocks the engine keeps; 0 for all.")] = 0,
) -> None:
    """Run the application of one office's node until it is stopped; logs are JSON on stderr."""
    with errors():
        from muniment.network.application import Options
        from muniment.network.logs import log_as_json
        from muniment.network.serve import serve as run_application

        log_as_json()
        run_application(
            directory, address, Options(snapshot_every=snapshot_every, blocks_kept=keep_blocks),
            metrics=metrics, engine=engine)
