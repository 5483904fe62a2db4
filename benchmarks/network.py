"""Four validators on this machine under load, and CometBFT's own Go application beside them.

The network is the one of `muniment network up`, its nodes directly connected. Each load runs first
against the register. Then the same engines, with the same keys and settings, run CometBFT's
key-value application, and get as many transactions as the register was sent, of the same sizes.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from benchmarks.load import Run
from benchmarks.run import machine
from benchmarks.sampling import GROUPS, Sampler, shares
from muniment import __version__
from muniment.codec import encode
from muniment.model.account import ADMISSIONS
from muniment.model.envelope import sign_envelope
from muniment.network.cluster import Cluster
from muniment.network.install import find
from muniment.node.ledger import Ledger
from muniment.node.wallet import Wallet
from muniment.operations.file_application import FileApplication
from muniment.proof.errors import LedgerError
from muniment.storage.sqlite import SqliteStorage

RESULTS = Path(__file__).parent / "results"
OFFICES = 4
FILING = "2026/{:06}"
"""How XA writes its numbers."""


@dataclass(frozen=True)
class Kind:
    """One kind of load."""

    per_envelope: int
    window: int
    """Envelopes under way at most; for the peer: transactions."""
    peer_window: int
    rate: int
    """The most operations a second that are signed beforehand."""


KINDS = {100: Kind(100, 32, 400, 12_000), 1: Kind(1, 400, 4_000, 3_000)}


def envelopes(folder, count, per_envelope):
    """Return envelopes of XA, each with so many filings that nobody entered before."""
    with SqliteStorage(folder, read_only=True) as storage:
        ledger = Ledger(storage)
        first = ledger.state.get(ADMISSIONS, "XA").highest + 1
        identity = ledger.identity.id
    wallet, far = Wallet.load(folder / "keys/XA.json"), int(time.time()) + 86_400
    return [
        sign_envelope([encode(FileApplication(date="2026-01-05", number=FILING.format(number),
                                              office="XA", right="patent"))
                       for number in range(at * per_envelope + 1, (at + 1) * per_envelope + 1)],
                      wallet.signers(), ledger=identity, submitter="XA", sequence=first + at,
                      not_after=far)
        for at in range(count)
    ]


def register(cluster, kind, seconds, profiled):
    """Load four validators of the register; return what it showed, and what was sent."""
    nodes = list(cluster.nodes.values())
    txs = envelopes(nodes[0].folder, kind.rate * seconds // kind.per_envelope + kind.window,
                    kind.per_envelope)
    cluster.up()
    pids = {one: [getattr(node, one).pid() for node in nodes]
            for one in ("application", "engine", "supervisor")}
    run = Run(ports(nodes), pids, txs, kind.window, seconds)
    with Sampler(nodes[1].application.pid() if profiled else None) as sampler:
        result = run.measure(height(nodes[-1]))
    wait(lambda: cluster.agree(cluster.status()), "the nodes to agree")
    cluster.down()
    size = sum(path.stat().st_size for path in nodes[0].folder.rglob("*") if path.is_file())
    sent = txs[:len(run.sent)]
    result |= {"node_megabytes_on_disk": round(size / 1e6, 1),
               "operations_a_second": round(
                   result["transactions_a_second"] * kind.per_envelope)}
    if profiled:
        result["shares"] = shares(sampler.stacks())
    return result, sent


def kvstore(cluster, kind, sizes, seconds):
    """Load the same engines with CometBFT's key-value application, from nothing."""
    nodes, binary = list(cluster.nodes.values()), find().path
    for node in nodes:
        turn_into_kvstore(node)
    txs = [f"{at}=".encode().ljust(size, b"x") for at, size in enumerate(sizes)]
    cluster.links.up()
    try:
        for node in nodes:
            node.engine.start([binary, "start", "--home", str(node.home.path)])
        wait(lambda: all(int(node.rpc().call("net_info")["n_peers"]) == OFFICES - 1
                         for node in nodes), "the peers to meet")
        pids = {"engine and application": [node.engine.pid() for node in nodes]}
        return Run(ports(nodes), pids, txs, kind.peer_window, seconds).measure(height(nodes[-1]))
    finally:
        for node in nodes:
            node.engine.stop()


def turn_into_kvstore(node):
    """Give a stopped node's engine another application and an empty chain."""
    data, config = node.home.path / "data", node.home.path / "config"
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    (data / "priv_validator_state.json").write_text('{"height":"0","round":0,"step":0}')
    settings = (config / "config.toml").read_text()
    for ours, other in ((node.address(), "kvstore"),
                        ("filter_peers = true", "filter_peers = false")):
        if ours not in settings:
            raise SystemExit(f"{ours} is not in {config}/config.toml")
        settings = settings.replace(ours, other)
    (config / "config.toml").write_text(settings)
    genesis = json.loads((config / "genesis.json").read_text())
    (config / "genesis.json").write_text(json.dumps(
        genesis | {"app_hash": "", "app_state": {}, "initial_height": "1"}))


def ports(nodes):
    """Return the port of each node's RPC."""
    return [node.plan().place.rpc_port for node in nodes]


def height(node):
    """Return the height of a node's last block."""
    return int(node.rpc().call("status")["sync_info"]["latest_block_height"])


def wait(condition, what, seconds=60):
    """Wait for a condition; a node that does not answer yet is not an error."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(LedgerError):
            if condition():
                return
        time.sleep(0.05)
    raise SystemExit(f"waited {seconds} s for {what}")


def measure(kind, seconds, *, profiled=False, peer=True):
    """Yield the results of one kind of load: the register's, and its peer's."""
    with tempfile.TemporaryDirectory(prefix="muniment-bench-") as folder:
        cluster = Cluster.make(Path(folder) / "network", OFFICES, links="direct")
        try:
            load = os.getloadavg()[0]
            result, sent = register(cluster, kind, seconds, profiled)
            sizes = Counter(map(len, sent))
            said = {"operations_an_envelope": kind.per_envelope,
                    "bytes_a_transaction": round(sum(map(len, sent)) / len(sent))}
            yield {"application": "register", "load_before": load, **said, **result}
            if peer:
                load = os.getloadavg()[0]
                result = kvstore(cluster, kind, islice(cycle(sizes.elements()), len(sent)), 600)
                yield {"application": "kvstore", "load_before": load, **said, **result}
        finally:
            cluster.down()


def table(results):
    """Return what was measured, as a table of Markdown."""
    rows = [("", "operations a second", "transactions a second", "bytes each",
             "under way at most", "final p50 / p99", "block interval",
             "processor seconds a second", "peak memory, MB"), ("---",) * 9]
    for one in results:
        singly = one["operations_an_envelope"] == 1
        kind = "signed singly" if singly else f"envelopes of {one['operations_an_envelope']}"
        used, peaks = one["processor_seconds_a_second"], one["peak_megabytes"]
        rows.append((
            f"{one['application']}, {kind}",
            f"{one['operations_a_second']:,}" if "operations_a_second" in one else "",
            f"{one['transactions_a_second']:,.0f}",
            f"{one['bytes_a_transaction']:,}", f"{one['under_way_at_most']:,}",
            f"{one['finality_p50_s']:.2f} / {one['finality_p99_s']:.2f} s",
            f"{one['block_interval_s']:.2f} s",
            ", ".join(f"{name} {used[name]:.2f}" for name in sorted(used) if used[name] > 0.02),
            " + ".join(str(peaks[name]) for name in sorted(peaks) if name != "supervisor")))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def table_of_shares(results):
    """Return the shares of the profiled loads, as a table of Markdown."""
    columns = [one["shares"] for one in results]
    heads = ["signed singly" if one["operations_an_envelope"] == 1 else
             f"in envelopes of {one['operations_an_envelope']}" for one in results]
    names = sorted((*GROUPS, "other"), key=lambda name: -columns[0].get(name, 0))
    rows = [f"| {name} | " + " | ".join(f"{column.get(name, 0):.0f} %" for column in columns) + " |"
            for name in names]
    return "\n".join([f"| of the application's time | {' | '.join(heads)} |",
                      "|---|" + "---|" * len(heads), *rows]) + "\n"


def show():
    """Print the tables of what was measured last."""
    for name, draw in (("network.json", table), ("network_profile.json", table_of_shares)):
        document = json.loads((RESULTS / name).read_text())
        sys.stdout.write(f"{document['date']}\n\n{draw(document['runs'])}\n")


def write(path, results):
    """Write what was measured so far, with what it depends on."""
    versions = {"cometbft": find().version, "muniment": __version__}
    document = {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "machine": machine(),
                "runs": results, "versions": versions}
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


def main():
    """Run the loads, print each result as one line of JSON, and write them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--per-envelope", type=int, choices=KINDS, help="only this kind of load")
    parser.add_argument("--profile", action="store_true",
                        help="only the register, with where one application's time goes")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", action="store_true", help="only show what was measured last")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the nodes are stopped then
    if options.table:
        show()
        return
    kinds = [KINDS[options.per_envelope]] if options.per_envelope else list(KINDS.values())
    name = "network_profile.json" if options.profile else "network.json"
    results = []
    for kind in kinds:
        for one in measure(kind, options.seconds, profiled=options.profile,
                           peer=not options.profile):
            results.append(one)
            sys.stdout.write(json.dumps(one, sort_keys=True) + "\n")
            sys.stdout.flush()
            write(options.out or RESULTS / name, results)
    if options.profile:
        sys.stdout.write(table_of_shares(results))


if __name__ == "__main__":
    main()
