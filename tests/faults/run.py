"""Faults for half an hour and more: `make faults`, or `python -m tests.faults.run --seed N`.

Four validators on this machine, each in a network namespace of its own; every office files all the
time. One fault after another is drawn from the seed, done, held and mended; then the network must
agree again within thirty seconds. At the end nothing that was acknowledged may be missing
anywhere, and every node must hold the same blocks with the same roots. Needs root.

However it ends, by Ctrl-C or SIGTERM too, every node is stopped and every disk taken away.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

from tests.faults.byzantine import Byzantine
from tests.faults.double_sign import sign_twice, validator_key
from tests.faults.kinds import Faults, lacks, no_disk, own_disk
from tests.faults.load import OPERATIONS, Load, blocks, lost

from muniment.network.cluster import Cluster
from muniment.network.skew import install_skewed
from muniment.node.audit import audit
from muniment.node.ledger import Ledger
from muniment.proof.errors import LedgerError
from muniment.storage.sqlite import SqliteStorage

WEIGHTS = {"kill": 14, "kill engine": 14, "kill application": 14, "pause": 12, "cut": 14,
           "cut two": 6, "clock": 8, "disk full": 8, "corrupt": 6}
RECOVERY_SECONDS = 30
BLOCKS_FIRST = 10
"""Blocks before the first fault: who rebuilds needs a header to trust and a later snapshot."""
WHOLE_SECONDS = 600
"""How long a rebuilt node may take, after the load, for the log that its snapshot left out."""
RESULTS = Path(__file__).parent.parent.parent / "benchmarks/results/faults.json"


class Trial:
    """One run."""

    def __init__(self, folder, options):
        self.options = options
        self.folder = Path(folder)
        self.network = self.folder / "network"
        self.done, self.failures = Counter(), []
        self.recoveries = defaultdict(list)
        self.began = time.monotonic()
        self.load_before = os.getloadavg()[0]
        self.log = (self.folder / "faults.jsonl").open("w", encoding="utf-8")

    def run(self):
        """Do everything and return the summary."""
        install_skewed()
        self.cluster = Cluster.make(self.network, 4, links="namespaces")
        try:
            own_disk(self.network / "xd")
            self.cluster.up()
            self.load = Load(self.cluster, self.options.seed)
            self.load.start()
            faults = Faults(self.cluster, self.options.seed)
            while self._highest() < self.cluster.settings.initial_height + BLOCKS_FIRST:
                time.sleep(0.2)
            while not self._enough():
                self._one(faults)
            self._byzantine_proposer()
            self._double_sign()
            self.load.end()
            self._await_whole()
            self.cluster.down()
            return self._summary()
        finally:
            self._clear()

    def _clear(self):
        """Take everything down; a second signal must not stop that."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self.cluster.down()
        no_disk(self.network / "xd")
        self.log.close()

    def _await_whole(self):
        """Wait until every rebuilt node has fetched and verified the whole log."""
        end = time.monotonic() + WHOLE_SECONDS
        for node in self.cluster.nodes.values():
            while lacks(node):
                if time.monotonic() > end:
                    self.failures.append({"kind": "log not fetched", "folder": node.folder.name,
                                          "missing": lacks(node)})
                    break
                time.sleep(0.5)

    def _enough(self):
        lasted = time.monotonic() - self.began
        return lasted >= self.options.seconds and sum(self.done.values()) >= self.options.faults

    def _one(self, faults):
        kind, office = faults.draw({one: weight for one, weight in WEIGHTS.items()
                                    if one in self.options.kinds})
        do, mend = faults.kinds[kind]
        hold = faults.random.uniform(0.5, 3.0)
        what = do(office)
        time.sleep(hold)
        begin = time.monotonic()
        mend(office)
        self._recover(kind, office, hold, begin, what)

    def _recover(self, kind, office, hold, begin=None, what=None):
        """Wait until all nodes agree on a block decided after the fault was mended.

        What mending takes is counted: `begin` is when it began.
        """
        begin = begin or time.monotonic()
        floor = self._highest() + 1
        while not self._agree(floor):
            if time.monotonic() - begin > 3 * RECOVERY_SECONDS:
                break
            time.sleep(0.1)
        took = time.monotonic() - begin
        self.done[kind] += 1
        self.recoveries[kind].append(took)
        if took > RECOVERY_SECONDS:
            self.failures.append({"kind": kind, "office": office, "seconds": round(took, 1),
                                  "status": [str(one) for one in self.cluster.status()]})
        self._note(kind=kind, office=office, held=round(hold, 2), recovered=round(took, 2),
                   height=floor, what=what, acknowledged=len(self.load.acknowledged))

    def _highest(self):
        heights = []
        for node in self.cluster.nodes.values():
            with suppress(LedgerError, KeyError, TypeError, ValueError):
                heights.append(int(node.rpc(2.0).call("status")["sync_info"][
                    "latest_block_height"]))
        return max(heights, default=0)

    def _agree(self, floor):
        """Return whether every node has the block of a height, and it is one block."""
        hashes = set()
        for node in self.cluster.nodes.values():
            try:
                rpc = node.rpc(2.0)
                sync = rpc.call("status")["sync_info"]
                if sync["catching_up"] or int(sync["latest_block_height"]) < floor:
                    return False
                hashes.add(rpc.call("commit", height=floor)["signed_header"]["header"][
                    "app_hash"])
            except (LedgerError, KeyError, TypeError, ValueError):
                return False
        if len(hashes) > 1:
            self.failures.append({"kind": "FORK", "height": floor, "hashes": sorted(hashes)})
        return True

    def _byzantine_proposer(self):
        """Let XC propose garbage and replays for a while."""
        node = self.cluster.node("XC")
        node.stop()
        node.application.start([sys.executable, "-m", Byzantine.__module__, str(node.folder),
                                node.address()])
        time.sleep(2)
        node.start_engine()
        self._recover("byzantine proposer", "XC", 0)
        first = self._highest()
        time.sleep(self.options.byzantine_seconds)
        self._note(kind="byzantine proposer", blocks=self._highest() - first)
        node.engine.stop()
        node.application.stop()
        node.start()
        self._recover("byzantine proposer", "XC", self.options.byzantine_seconds)

    def _double_sign(self):
        """Let XB sign twice; the others must take its power, for ever visible."""
        node, other = self.cluster.node("XB"), self.cluster.node("XA")
        rpc = other.rpc(5.0)
        report = sign_twice(rpc, validator_key(node.home.path), self._highest() - 1)
        rpc.call("broadcast_evidence", evidence=report)
        end = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < end:
            powers = {one["address"]: int(one["voting_power"])
                      for one in rpc.call("validators", per_page=100)["validators"]}
            if report["value"]["vote_a"]["validator_address"] not in powers:
                break
            time.sleep(0.2)
        else:
            self.failures.append({"kind": "double sign", "powers": powers})
        self._recover("double sign", "XB", 0)

    def _note(self, **members):
        self.log.write(json.dumps({"at": round(time.monotonic() - self.began, 1), **members}) + "\n")
        self.log.flush()
        if self.options.verbose:
            print(members, flush=True)

    def _summary(self):
        folders = [node.folder for node in self.cluster.nodes.values()]
        kept = [blocks(one) for one in folders]
        common = min(max(one) for one in kept)
        compared = [height for height in kept[0] if height <= common]
        differing = [height for height in compared if len({one.get(height) for one in kept}) > 1]
        missing = sum(len(lost(one, self.load.acknowledged)) for one in folders)
        audited = []
        for one in folders:
            with SqliteStorage(one, read_only=True) as storage:
                audited.append(audit(Ledger(storage)).log_root.hex())
        waits = [took for group in self.recoveries.values() for took in group]
        return {
            "acknowledged_envelopes": len(self.load.acknowledged),
            "acknowledged_envelopes_lost": missing,
            "acknowledged_operations": OPERATIONS * len(self.load.acknowledged),
            "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            "faults": dict(self.done),
            "faults_in_all": sum(self.done.values()),
            "forks": sum(one["kind"] == "FORK" for one in self.failures),
            "heights_whose_roots_differ": differing,
            "heights_whose_roots_were_compared": len(compared),
            "last_height": common,
            "load_average": {"after": os.getloadavg()[0], "before": self.load_before},
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python "
                       f"{platform.python_version()}",
            "nodes_recomputed_to_one_root": len(set(audited)) == 1 or audited,
            "recovery_seconds": spread(waits),
            "recovery_seconds_by_kind": {
                kind: spread(group) for kind, group in sorted(self.recoveries.items())},
            "seconds": round(time.monotonic() - self.began),
            "seed": self.options.seed,
            "sent_envelopes": self.load.sent,
            "unexpected": self.failures,
        }


def spread(waits):
    """Return median, 99th percentile and maximum, in seconds."""
    waits = sorted(waits)
    return {"max": round(waits[-1], 1), "p50": round(statistics.median(waits), 1),
            "p99": round(waits[min(int(len(waits) * 0.99), len(waits) - 1)], 1)}


def main():
    """Run and write the summary; exit 1 if anything was lost, differed or took too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=1_860)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--kinds", nargs="+", choices=WEIGHTS, default=list(WEIGHTS))
    parser.add_argument("--byzantine-seconds", type=int, default=20)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, lambda got, _: sys.exit(128 + got))
    with tempfile.TemporaryDirectory(prefix="muniment-faults-") as folder:
        summary = Trial(folder, options).run()
    text = json.dumps(summary, indent=1, sort_keys=True) + "\n"
    options.out.write_text(text, encoding="utf-8")
    print(text)
    bad = summary["unexpected"] or summary["acknowledged_envelopes_lost"] or (
        summary["heights_whose_roots_differ"]) or (
        summary["nodes_recomputed_to_one_root"] is not True)
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
