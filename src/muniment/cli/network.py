"""`muniment network`: the ledger run by several offices."""

from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.common import errors, group

app = group("Run a ledger together with other offices.")


@app.command()
def serve(
    directory: Annotated[Path, typer.Argument(help="The node's directory.")],
    address: Annotated[str | None, typer.Option(
        help="unix:///path of the socket; app.sock in the directory by default.")] = None,
    metrics: Annotated[str | None, typer.Option(
        help="HOST:PORT on which Prometheus reads this node's figures.")] = None,
    engine: Annotated[str | None, typer.Option(
        help="URL of the engine's RPC, for the figures that the engine knows.")] = None,
) -> None:
    """Run the application of one office's node until it is stopped; logs are JSON on stderr."""
    with errors():
        from muniment.network.logs import log_as_json
        from muniment.network.serve import serve as run

        log_as_json()
        run(directory, address, metrics=metrics, engine=engine)
