"""Figures of one node for Prometheus: what its ledger did, and what its engine says of itself.

They are read on an address of the operator's own choosing, the loopback by default; nothing in
them names a filing or a person.
"""

from collections.abc import Callable, Iterator, Sequence
from threading import Thread
from time import monotonic
from typing import Any
from wsgiref.simple_server import WSGIServer

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from muniment.engine import BlockResult, Outcome
from muniment.model.validator import address_of
from muniment.network.light_block import read_validators
from muniment.network.roll_call import signed_lately
from muniment.network.rpc import Rpc
from muniment.node.explain import explain
from muniment.proof.crypto import b64
from muniment.proof.errors import LedgerError, Malformed
from muniment.storage.protocol import Head

ENGINE_TIMEOUT_SECONDS = 2.0
"""How long a reading waits for the engine."""
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
MISSING_BLOCKS = 3
"""A validator is missing if it signed none of so many: one late vote is no reason for an alarm."""


class Figures:
    """What a node counts.

    Args:
        engine: The node's own engine, asked at each reading; none if it is not known.
    """

    def __init__(self, engine: Rpc | None = None) -> None:
        self.registry = registry = CollectorRegistry()
        self._blocks = Counter("muniment_blocks", "Blocks that changed something",
                               registry=registry)
        self._envelopes = Counter("muniment_envelopes", "Envelopes in blocks", ["outcome"],
                                  registry=registry)
        self._operations = Counter("muniment_operations", "Operations executed", ["outcome"],
                                   registry=registry)
        self._faults = Counter("muniment_internal_faults", "Operations that broke an invariant",
                               registry=registry)
        self._height = Gauge("muniment_height", "Height of the last block", registry=registry)
        self._time = Gauge("muniment_block_time_seconds", "Time of the last block that changed "
                           "something, in UTC seconds", registry=registry)
        self._entries = Gauge("muniment_log_entries", "Leaves in the log", registry=registry)
        self._waiting = Gauge("muniment_mempool_size", "Envelopes that wait here",
                              registry=registry)
        self._interval = Histogram("muniment_block_interval_seconds", "Between two blocks",
                                   registry=registry, buckets=_SECONDS)
        self._last: float | None = None
        if engine is not None:
            registry.register(EngineFigures(engine))

    def committed(
        self, head: Head, result: BlockResult, outcomes: Sequence[Outcome], waiting: int
    ) -> None:
        """Count a block that was committed."""
        now = monotonic()
        if self._last is not None:
            self._interval.observe(now - self._last)
        self._last = now
        self._blocks.inc(bool(result.leaves))
        self._faults.inc(len(result.alarms))
        for one in outcomes:
            self._envelopes.labels(one.name).inc()
            for code in one.operations:
                self._operations.labels(explain(code).name).inc()
        self.stand(result.height, head, waiting)

    def stand(self, height: int, head: Head, waiting: int = 0) -> None:
        """Say where the ledger stands."""
        self._height.set(height)
        self._entries.set(head.size)
        self._time.set(head.time)
        self._waiting.set(waiting)


class EngineFigures(Collector):
    """What the node's own engine answers, asked when the figures are read.

    Args:
        engine: Its RPC.
    """

    def __init__(self, engine: Rpc) -> None:
        self._engine = engine

    def describe(self) -> list[Any]:
        """Say nothing beforehand: the engine may not run yet."""
        return []

    def collect(self) -> Iterator[Any]:
        """Yield the figures; an engine that does not answer is one of them."""
        try:
            status = self._engine.call("status")
            peers = int(self._engine.call("net_info")["n_peers"])
            height = int(status["sync_info"]["latest_block_height"])
            missing = self._missing(status, height)
        except (LedgerError, KeyError, TypeError, ValueError):
            yield _gauge("engine_up", "Whether the engine answers", 0)
            return
        finally:
            self._engine.close()
        sync, own = status["sync_info"], status["validator_info"]
        yield _gauge("engine_up", "Whether the engine answers", 1)
        yield _gauge("engine_height", "Height of the engine's last block", height)
        yield _gauge("engine_peers", "Nodes to which it is connected", peers)
        yield _gauge("engine_catching_up", "Whether it fetches old blocks",
                     int(bool(sync["catching_up"])))
        yield _gauge("engine_power", "Voting power of this node's key", int(own["voting_power"]))
        yield _gauge("validators", "Validators of the last block", len(missing))
        yield _gauge("missing_validators", "Validators that signed none of the last "
                     f"{MISSING_BLOCKS} blocks", missing.count(True))

    def _missing(self, status: dict[str, Any], height: int) -> list[bool]:
        """Return, for each validator, whether its vote is in none of the last commits.

        The commit that the next block names is read, not the node's own of the last block, which
        ends with the vote that made two thirds.
        """
        earliest = int(status["sync_info"]["earliest_block_height"])
        top = max(height - 1, earliest)
        if not 0 < top <= height:
            return []
        voters = [address_of(b64(key)) for key in read_validators(self._engine, top)]
        signed = signed_lately(
            self._engine, top, max(top - MISSING_BLOCKS, earliest - 1), voters)
        return [one not in signed for one in voters]


def _gauge(name: str, what: str, value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"muniment_{name}", what, value=value)


def listen(figures: Figures, address: str) -> Callable[[], None]:
    """Answer Prometheus on an address; return what ends it.

    Args:
        figures: The figures.
        address: `HOST:PORT`, or a port on the loopback.

    Raises:
        Malformed: The address is none.
        OSError: The port is taken.
    """
    host, _, port = address.rpartition(":")
    if not port.isdigit() or not 0 <= int(port) < 65_536:
        raise Malformed("address-malformed", f"{address!r} is no HOST:PORT.",
                        remedy="Write 127.0.0.1:9464")
    server: WSGIServer
    thread: Thread
    server, thread = start_http_server(int(port), host or "127.0.0.1", figures.registry)

    def end() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return end
