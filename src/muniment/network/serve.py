"""The process of one office's node: the application of its ledger, served to its engine."""

import gc
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from muniment import __version__
from muniment.abci.server import Server
from muniment.network.application import LedgerApplication, Options
from muniment.network.backfill import keep_fetching
from muniment.network.home import FOLDER
from muniment.network.metrics import ENGINE_TIMEOUT_SECONDS, Figures, listen
from muniment.network.node import NODE_FILE, SOCKET_FILE, no_node
from muniment.network.rpc import Rpc
from muniment.storage.sqlite import FILE_NAME

SWITCH_SECONDS = 0.001
"""How long a thread keeps the interpreter from the others: CheckTx must not wait for a block."""
STANDING_SECONDS = 0.5
log = logging.getLogger(__name__)


def serve(
    directory: Path,
    address: str | None = None,
    options: Options | None = None,
    *,
    metrics: str | None = None,
    engine: str | None = None,
    fetch_from: Sequence[str] = (),
) -> None:
    """Serve the ledger in a directory until SIGTERM or SIGINT; what was begun is ended first.

    Args:
        directory: The node's directory.
        address: `unix:///path` of the socket; `app.sock` in the directory by default.
        options: How the node runs.
        metrics: `HOST:PORT` on which Prometheus reads this node's figures.
        engine: URL of the engine's RPC, for the figures that the engine knows.
        fetch_from: RPC of other nodes, from which the log is fetched that a snapshot left out.

    Raises:
        NotFound: There is neither ledger nor node, or the ledger was not promoted.
        Busy: Another process serves it.
        OSError: The socket cannot be made.
    """
    require_place(directory)
    sys.setswitchinterval(SWITCH_SECONDS)
    figures = Figures(Rpc(engine, ENGINE_TIMEOUT_SECONDS) if engine else None) if metrics else None
    application = LedgerApplication(
        directory, replace(options or Options(), version=__version__),
        watch=figures.committed if figures else None)
    end_figures = None
    ending = threading.Event()
    server = Server(application, address or f"unix://{directory.resolve() / SOCKET_FILE}")
    try:
        server.start()
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, lambda *_: server.finish())
        gc.collect()
        gc.freeze()
        if figures is not None and metrics is not None:
            if application.standing is not None:
                ledger = application.standing.ledger
                figures.stand(ledger.decided or ledger.head.height, ledger.head)
            end_figures = listen(figures, metrics)
        if fetch_from:
            threading.Thread(target=_fetch, args=(application, fetch_from, ending), name="fetch",
                             daemon=True).start()
        log.info("serving", extra={"address": f"unix://{server.path}", **_facts(application)})
        server.wait()
        log.info("stopping", extra=_facts(application))
    finally:
        ending.set()
        if end_figures is not None:
            end_figures()
        server.stop()
        application.close()


def require_place(directory: Path) -> None:
    """Require a ledger, or a node whose ledger is still to come.

    Raises:
        NotFound: There is neither.
    """
    if not any((directory / one).exists() for one in (FILE_NAME, NODE_FILE, FOLDER)):
        raise no_node(directory)


def _fetch(
    application: LedgerApplication, urls: Sequence[str], ending: threading.Event
) -> None:
    """Wait for the ledger to stand, then fetch what it lacks.

    Until a block follows what was restored, it may have to give way to another snapshot.
    """
    while application.standing is None or application.is_fresh:
        if ending.wait(STANDING_SECONDS):
            return
    standing = application.standing
    if standing.storage.missing and keep_fetching(
            standing.storage, application.directory, urls, ending):
        standing.queries.look_again()
        log.info("fetched all", extra=_facts(application))


def _facts(application: LedgerApplication) -> dict[str, object]:
    if application.standing is None:
        return {"decided": 0, "waits_for": "a snapshot"}
    ledger = application.standing.ledger
    return {"decided": ledger.decided, "entries": ledger.head.size,
            "origin": ledger.identity.origin}
