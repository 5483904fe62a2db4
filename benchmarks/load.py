"""A bounded load on the nodes of a network: what was sent, in which block it stood, how fast.

Transactions are made before the clock runs. The client keeps a bounded number of them under way,
hands them to the nodes in turn, and watches the blocks of one node. A transaction is final when a
block that holds it is committed there. Processor time is what the kernel charged to each process.
"""

import base64
import hashlib
import http.client
import json
import os
import statistics
import threading
import time
from collections import deque
from pathlib import Path

BATCH = 10
"""Calls in one request: the engine takes no more by default."""
PATIENCE_SECONDS = 20
"""How long the last ones are awaited, once nothing more is sent."""
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
    """One load: sends, watches, and says what came out.

    Args:
        ports: Of the RPC of each node; the last one's blocks are watched.
        pids: The nodes' processes by kind.
        txs: What is sent, until it is used up or the time is over.
        window: How many may be under way.
        seconds: How long it may take.
    """

    def __init__(self, ports, pids, txs, window, seconds):
        self.ports, self.pids, self.window, self.seconds = ports, pids, window, seconds
        self.txs = deque(txs)
        self.sent, self.final = {}, {}
        self.blocks, self.failures = [], []
        self.room = threading.Semaphore(window)
        self.over = threading.Event()
        """Nothing more is sent."""
        self.all_sent = threading.Event()
        """What was sent is all in `sent`: a sender may have begun its last batch after `over`."""

    def measure(self, first):
        """Run; `first` is the height after which blocks are watched. Return what it showed."""
        threads = [threading.Thread(target=self._guarded, args=(self._send, port))
                   for port in self.ports]
        watcher = threading.Thread(target=self._guarded, args=(self._watch, first))
        before, own, begin = self._processor(), time.process_time(), time.monotonic()
        for one in (watcher, *threads):
            one.start()
        used_up = self.over.wait(self.seconds)
        end = time.monotonic()
        after, own_after = self._processor(), time.process_time()
        self.over.set()
        for one in threads:
            one.join()
        self.all_sent.set()
        watcher.join()
        if self.failures:
            raise self.failures[0]
        if used_up:  # what was left then counts as well
            end, after, own_after = max(self.final.values()), self._processor(), time.process_time()
        used = {kind: after[kind] - before[kind] for kind in after} | {"client": own_after - own}
        return self._report(begin, end, used)

    def _guarded(self, work, argument):
        try:
            work(argument)
        except Exception as error:  # noqa: BLE001 - it is raised again where all ended
            self.failures.append(error)
            self.over.set()
            self.all_sent.set()

    def _send(self, port):
        client = Client(port)
        while not self.over.is_set():
            batch = self._next_batch()
            now = time.monotonic()
            for tx in batch:
                self.sent[hashlib.sha256(tx).digest()] = now
            if batch:
                client.post([("broadcast_tx_async", {"tx": base64.b64encode(tx).decode()})
                             for tx in batch])

    def _next_batch(self):
        """Return what may be sent now; wait for the first, take more if there is room."""
        batch = []
        room = self.room.acquire(timeout=0.2)
        while room and not self.over.is_set():
            try:
                batch.append(self.txs.popleft())
            except IndexError:
                self.over.set()
                break
            room = len(batch) < BATCH and self.room.acquire(blocking=False)
        return batch

    def _watch(self, height):
        client, last = Client(self.ports[-1]), None
        while last is None or time.monotonic() < last:
            if last is None and self.all_sent.is_set():
                last = time.monotonic() + PATIENCE_SECONDS
            latest = int(client.post([("status", {})])[0]["sync_info"]["latest_block_height"])
            now = time.monotonic()
            while height < latest:
                height += 1
                self._see(client.post([("block", {"height": str(height)})])[0]["block"], now)
            if last is not None and len(self.final) == len(self.sent):
                return
            time.sleep(0.01)

    def _see(self, block, now):
        txs = [base64.b64decode(one) for one in block["data"]["txs"] or []]
        self.blocks.append((now, len(txs), sum(map(len, txs))))
        for tx in txs:
            name = hashlib.sha256(tx).digest()
            if name in self.sent and name not in self.final:
                self.final[name] = now
                self.room.release()

    def _processor(self):
        return {kind: sum(map(processor_seconds, group)) for kind, group in self.pids.items()}

    def _report(self, begin, end, used):
        lasted = end - begin
        waits = sorted(at - self.sent[name] for name, at in self.final.items())
        moments = [at for at, count, _ in self.blocks if count and at <= end]
        gaps = [b - a for a, b in zip(moments, moments[1:], strict=False)]
        return {
            "block_interval_s": round(statistics.mean(gaps), 3) if gaps else None,
            "finality_p50_s": round(percentile(waits, 0.5), 3),
            "finality_p99_s": round(percentile(waits, 0.99), 3),
            "lost": len(self.sent) - len(self.final),
            "megabytes_in_blocks": round(sum(size for *_, size in self.blocks) / 1e6, 1),
            "peak_megabytes": {kind: max(map(peak_megabytes, group))
                               for kind, group in self.pids.items()},
            "processor_seconds_a_second": {
                kind: round(seconds / lasted, 3) for kind, seconds in used.items()},
            "seconds": round(lasted, 1),
            "sent": len(self.sent),
            "transactions_a_second": round(
                sum(at <= end for at in self.final.values()) / lasted, 1),
            "under_way_at_most": self.window,
        }


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
