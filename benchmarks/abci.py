"""How fast the ABCI server answers: checks a second, and one at a time.

`python -m benchmarks.abci [COUNT]`. The client is in a process of its own and frames its requests
beforehand, so that the server is what is measured; the second of its processor does not depend on
what else the machine does. Sizes: transactions of 300 bytes.
"""

import json
import multiprocessing
import socket
import statistics
import sys
import tempfile
import threading
import time

from muniment.abci.application import Application
from muniment.abci.framing import framed
from muniment.abci.messages import Request, RequestCheckTx, RequestFlush, ResponseCheckTx
from muniment.abci.server import Server

TX_BYTES = 300
BATCH = 1_000
ROUNDS = 2_000
FLUSH = framed(Request(flush=RequestFlush()).SerializeToString())


class Decoding(Application):
    """Reads the transaction and lets it in."""

    def check_tx(self, request):
        return ResponseCheckTx(code=0 if len(request.tx) == TX_BYTES else 1)


def connect(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


def receive(connection, size):
    """Read exactly so many bytes."""
    while size:
        size -= len(connection.recv(min(size, 1 << 20)))


def stream(path, count, results):
    """Send checks in batches, each with a flush, while another thread reads the answers."""
    check = framed(Request(check_tx=RequestCheckTx(tx=b"x" * TX_BYTES)).SerializeToString())
    batch = check * BATCH + FLUSH
    answered = len(framed(b"\x4a\x00")) * BATCH + len(framed(b"\x1a\x00"))
    connection = connect(path)
    batches = count // BATCH
    reader = threading.Thread(target=receive, args=(connection, answered * batches))
    start = time.perf_counter()
    reader.start()
    for _ in range(batches):
        connection.sendall(batch)
    reader.join()
    results.put(batches * BATCH / (time.perf_counter() - start))


def ping(path, results):
    """Send a check and a flush and wait for both answers, again and again."""
    request = framed(Request(
        check_tx=RequestCheckTx(tx=b"x" * TX_BYTES)).SerializeToString()) + FLUSH
    connection = connect(path)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        connection.sendall(request)
        receive(connection, 6)
        times.append((time.perf_counter() - start) * 1e6)
    times.sort()
    results.put((statistics.median(times), times[ROUNDS * 99 // 100]))


def measured(target, path, *arguments, connections=1):
    """Run clients in processes of their own; return what they measured."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    clients = [context.Process(target=target, args=(path, *arguments, results))
               for _ in range(connections)]
    for client in clients:
        client.start()
    answers = [results.get(timeout=120) for _ in clients]
    for client in clients:
        client.join()
    return answers


def main():
    """Measure, and print one JSON object."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/app.sock"
        with Server(Decoding(), f"unix://{path}"):
            spent = time.process_time()
            one = measured(stream, path, count)
            spent = time.process_time() - spent
            two = measured(stream, path, count, connections=2)
            (median, slow), = measured(ping, path)
    print(json.dumps({
        "checks_per_processor_second": round(count / spent),
        "checks_per_second_1_connection": round(sum(one)),
        "checks_per_second_2_connections": round(sum(two)),
        "ping_pong_median_us": round(median, 1), "ping_pong_p99_us": round(slow, 1),
        "tx_bytes": TX_BYTES,
    }, sort_keys=True))


if __name__ == "__main__":
    main()
