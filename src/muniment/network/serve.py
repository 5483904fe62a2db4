"""The process of one office's node: the application of its ledger, served to its engine."""

import gc
import logging
import signal
import sys
from pathlib import Path

from muniment import __version__
from muniment.abci.server import Server
from muniment.network.application import LedgerApplication
from muniment.network.metrics import ENGINE_TIMEOUT_SECONDS, Figures, listen
from muniment.network.rpc import Rpc

SOCKET_FILE = "app.sock"
SWITCH_SECONDS = 0.001
"""How long a thread keeps the interpreter from the others: CheckTx must not wait for a block."""
log = logging.getLogger(__name__)


def serve(
    directory: Path,
    address: str | None = None,
    *,
    metrics: str | None = None,
    engine: str | None = None,
) -> None:
    """Serve the ledger in a directory until SIGTERM or SIGINT; what was begun is ended first.

    Args:
        directory: The node's directory.
        address: `unix:///path` of the socket; `app.sock` in the directory by default.
        metrics: `HOST:PORT` on which Prometheus reads this node's figures.
        engine: URL of the engine's RPC, for the figures that the engine knows.

    Raises:
        NotFound: There is no promoted ledger.
        Busy: Another process serves it.
        OSError: The socket cannot be made.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    figures = Figures(Rpc(engine, ENGINE_TIMEOUT_SECONDS) if engine else None) if metrics else None
    application = LedgerApplication(
        directory, version=__version__, watch=figures.committed if figures else None)
    ledger = application.ledger
    end_figures = None
    server = Server(application, address or f"unix://{directory.resolve() / SOCKET_FILE}")
    try:
        server.start()
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, lambda *_: server.finish())
        gc.collect()
        gc.freeze()
        if figures is not None and metrics is not None:
            figures.stand(ledger.decided or ledger.head.height, ledger.head)
            end_figures = listen(figures, metrics)
        log.info("serving", extra={
            "address": f"unix://{server.path}", "decided": ledger.decided,
            "entries": ledger.head.size, "origin": ledger.identity.origin,
        })
        server.wait()
        log.info("stopping", extra={"decided": ledger.decided})
    finally:
        if end_figures is not None:
            end_figures()
        server.stop()
        application.close()
