"""Four validators on this machine under load, and CometBFT's own Go application beside them.

Envelopes are signed before the clock runs. The client keeps a bounded number of them under way,
hands them to the nodes in turn, and watches the blocks of one node. An envelope is final when a
block that holds it is committed there. Processor time is what the kernel charged to each process.
"""

import argparse
import base64
import hashlib
import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections import deque
from pathlib import Path

from tests.network.cluster import Cluster, wait_until
from tests.network.world import World, filing

from muniment.network.install import find

OFFICES = ("XA", "XB", "XC", "XD")
BATCH = 10
"""Calls in one request: the engine takes no more by default."""
TICK = os.sysconf("SC_CLK_TCK")


class Client:
    """One node's RPC, over one connection that is kept open."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def post(self, calls):
        """Return the answers of (method, parameters) calls, sent as one JSON-RPC batch."""
        body = json.dumps([{"jsonrpc": "2.0", "id": at, "method": method, "params": parameters}
                           for at, (method, parameters) in enumerate(calls)])
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answers = json.loads(self._connection.getresponse().read())
        answers = answers if isinstance(answers, list) else [answers]
        for one in answers:
            if one.get("error"):
                raise RuntimeError(f"a node refused: {one['error']}")
        return [one["result"] for one in answers]


class Run:
    """One load: sends, watches, and says what came out."""

    def __init__(self, ports, txs, window, seconds):
        self.ports, self.txs, self.window, self.seconds = ports, deque(txs), window, seconds
        self.sent, self.final = {}, {}
        self.blocks = []
        self.room = threading.Semaphore(window)
        self.over = threading.Event()

    def measure(self, first):
        """Run for the agreed time; `first` is the height after which blocks are watched."""
        watcher = threading.Thread(target=self._watch, args=(first,))
        senders = [threading.Thread(target=self._send, args=(port,)) for port in self.ports]
        begin = time.monotonic()
        for one in (watcher, *senders):
            one.start()
        time.sleep(self.seconds)
        self.end = time.monotonic()
        self.over.set()
        for one in (*senders, watcher):
            one.join()
        return begin, self.end

    def _send(self, port):
        client = Client(port)
        while not self.over.is_set():
            batch = self._next_batch()
            if not batch:
                continue
            now = time.monotonic()
            for tx in batch:
                self.sent[hashlib.sha256(tx).digest()] = now
            client.post([("broadcast_tx_async", {"tx": base64.b64encode(tx).decode()})
                         for tx in batch])

    def _next_batch(self):
        """Return what may be sent now; wait for the first, take more if there is room."""
        batch = []
        room = self.room.acquire(timeout=0.2)
        while room and self.txs:
            batch.append(self.txs.popleft())
            room = len(batch) < BATCH and self.room.acquire(blocking=False)
        if not self.txs:
            self.over.set()
        return batch

    def _watch(self, height):
        client = Client(self.ports[-1])
        quiet = None
        while quiet is None or time.monotonic() < quiet:
            if self.over.is_set() and quiet is None:
                quiet = time.monotonic() + 10
            latest = int(client.post([("status", {})])[0]["sync_info"]["latest_block_height"])
            now = time.monotonic()
            while height < latest:
                height += 1
                block = client.post([("block", {"height": str(height)})])[0]["block"]
                txs = [base64.b64decode(one) for one in block["data"]["txs"] or []]
                self.blocks.append((now, block["header"]["time"], len(txs),
                                    sum(map(len, txs))))
                for tx in txs:
                    name = hashlib.sha256(tx).digest()
                    if name in self.sent and name not in self.final:
                        self.final[name] = now
                        self.room.release()
            if quiet is not None and len(self.final) == len(self.sent):
                return
            time.sleep(0.01)


def processor_seconds(pid):
    """Return the processor time of a process and of its ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICK


def peak_megabytes(pid):
    """Return the most memory a process has held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def percentile(values, part):
    """Return the value below which a part of the sorted values lies."""
    return values[min(int(len(values) * part), len(values) - 1)] if values else 0


def report(run, span, per_tx, used, peaks, extra):
    """Return what a run showed."""
    begin, end = span
    lasted = end - begin
    within = [at for at in run.final.values() if at <= end]
    waits = sorted(run.final[name] - run.sent[name] for name in run.final)
    moments = [at for at, _, count, _ in run.blocks if count and at <= end]
    gaps = [b - a for a, b in zip(moments, moments[1:], strict=False)]
    return {
        "block_interval_s": round(statistics.mean(gaps), 3) if gaps else None,
        "bytes_a_transaction": round(statistics.mean(map(len, run.sample))) if run.sample else 0,
        "finality_p50_s": round(percentile(waits, 0.5), 3),
        "finality_p99_s": round(percentile(waits, 0.99), 3),
        "lost": len(run.sent) - len(run.final),
        "megabytes_in_blocks": round(sum(size for *_, size in run.blocks) / 1e6, 1),
        "operations_a_second": round(len(within) * per_tx / lasted),
        "peak_megabytes": peaks,
        "processor_seconds_a_second": {
            name: round(seconds / lasted, 3) for name, seconds in used.items()},
        "seconds": round(lasted, 1),
        "transactions_a_second": round(len(within) / lasted),
        "under_way_at_most": run.window,
        **extra,
    }


def measured(ports, txs, pids, height, options, per_tx, extra):
    """Run a load against nodes whose processes are in `pids`, by kind."""
    run = Run(ports, txs, options.window, options.seconds)
    run.sample = list(run.txs)[:50]
    before = {kind: sum(map(processor_seconds, group)) for kind, group in pids.items()}
    own = time.process_time()
    span = run.measure(height)
    used = {kind: sum(map(processor_seconds, group)) - before[kind]
            for kind, group in pids.items()}
    used["client"] = time.process_time() - own
    peaks = {kind: max(map(peak_megabytes, group)) for kind, group in pids.items()}
    return report(run, span, per_tx, used, peaks, extra)


def register(binary, per_envelope, options):
    """Load four validators of the register."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder, offices=OFFICES)
        count = options.rate * options.seconds // per_envelope + options.window
        far = int(time.time()) + 86_400
        txs = [
            world.envelope("XA", at + 1, [filing("XA", at * per_envelope + one)
                                          for one in range(1, per_envelope + 1)], not_after=far)
            for at in range(count)
        ]
        with Cluster(binary, world, f"{folder}/nodes") as cluster:
            cluster.start()
            nodes = list(cluster)
            pids = {"application": [one.application.child.pid for one in nodes],
                    "engine": [one.engine.child.pid for one in nodes]}
            ports = [one.rpc_port for one in nodes]
            result = measured(ports, txs, pids, nodes[-1].height(), options, per_envelope, {})
            wait_until(lambda: len({one.status()["latest_app_hash"] for one in nodes}) == 1)
            size = sum(path.stat().st_size for path in nodes[0].folder.rglob("*")
                       if path.is_file())
            return {**result, "node_megabytes_on_disk": round(size / 1e6, 1)}


def kvstore(binary, sizes, options):
    """Load CometBFT's own key-value application with as many transactions of the same sizes."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder, offices=OFFICES)
        cluster = Cluster(binary, world, f"{folder}/nodes", settings={"proxy_app": "kvstore"})
        document = world.genesis.document() | {"app_hash": "", "initial_height": "1",
                                               "app_state": {}}
        for node in cluster:
            path = node.home / "config/config.toml"
            text = path.read_text().replace(f'proxy_app = "unix://{node.folder}/app.sock"',
                                            'proxy_app = "kvstore"')
            path.write_text(text.replace("filter_peers = true", "filter_peers = false"))
            (node.home / "config/genesis.json").write_text(json.dumps(document))
        txs = [f"{at}=".encode().ljust(size, b"x") for at, size in enumerate(sizes)]
        with cluster:
            for node in cluster:
                node.start_engine()
            nodes = list(cluster)
            wait_until(lambda: all(one.status() for one in nodes))
            pids = {"engine and application": [one.engine.child.pid for one in nodes]}
            ports = [one.rpc_port for one in nodes]
            return measured(ports, txs, pids, nodes[-1].height(), options, 1, {})


def main():
    """Run the loads and print one JSON value."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=12_000, help="most operations a second to sign")
    parser.add_argument("--window", type=int, default=32, help="envelopes under way at most")
    parser.add_argument("--per-envelope", type=int, default=100)
    parser.add_argument("--kvstore", action="store_true")
    options = parser.parse_args()
    binary = find().path
    load = os.getloadavg()[0]
    if options.kvstore:
        size = 300 if options.per_envelope == 1 else 30_000
        count = options.rate * options.seconds // options.per_envelope + options.window
        result = kvstore(binary, [size] * count, options)
    else:
        result = register(binary, options.per_envelope, options)
    print(json.dumps({"load_before": load, "per_envelope": options.per_envelope, **result},
                     sort_keys=True))


if __name__ == "__main__":
    main()
