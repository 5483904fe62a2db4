"""Examinations of a node's engine: does it run, is it connected, abreast, on time, and heard?

A network that stands still looks well from within: each node is abreast of the others. What shows
it is the age of the last block, since one is made every few seconds whatever happens; and the
votes for the next one say whose nodes are silent.
"""

import json
import re
import time
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from muniment.model.counting import counted
from muniment.model.validator import Validator, address_of, validators
from muniment.network.finding import (
    Finding,
    damaged,
    is_node,
    office_of,
    place_of,
    plan_of,
    readable,
    written_through,
)
from muniment.network.home import FOLDER, SETTINGS
from muniment.network.install import find
from muniment.network.process import Process, is_stopped
from muniment.network.rpc import Rpc
from muniment.node.solo import KEYS
from muniment.proof.errors import LedgerError

CLOCK_SECONDS_MAX = 10
"""How far a light client lets clocks differ; blocks of a validator beyond it are refused."""
VOTE_SECONDS_MAX = 5
"""How far votes for one block are apart while the clocks are right."""
VOTES = 3
"""How many votes of this node are compared: one alone may have been late."""
_LOOK_BACK = 5
_FOR_THE_BLOCK = 2
_VOTER, _SHOWN = re.compile(r"Vote\{[0-9]+:([0-9A-F]{12}) "), 12
"""How the engine shows a vote: the validator's number and the beginning of its address."""
_LOG_BYTES, _SAID = 256 * 1024, 300
_START = '"impl":"multiAppConn"'
"""In the first line that an engine logs."""
_FUTURE = "too far in the future"
"""What an engine says of a block's time when its own clock is behind."""
_OF_AN_END = ("closed", "already stopped", "EOF")
_ON_TIME = "set the clock, and keep it by NTP: systemctl enable --now chrony"


class Told(NamedTuple):
    """What a node's engine tells, with what the ledger says of those that it names."""

    directory: Path
    status: dict[str, Any]
    peers: frozenset[str]
    """The ids of the nodes that are connected."""
    rows: dict[str, Validator]
    """The validators by office; none if the ledger cannot be read."""
    drift: float | None
    """By how many seconds this node's votes are dated after the others'; None if unknown."""
    votes: bool
    """Whether its vote is in one of the last blocks."""
    heard: frozenset[str] | None
    """The beginnings of the addresses of those that vote on the next block; None if unknown."""

    @property
    def power(self) -> int:
        """The power of this node's own key."""
        return int(self.status["validator_info"]["voting_power"])

    @property
    def total(self) -> int:
        """The power of all validators."""
        return max(sum(one.power for one in self.rows.values()), self.power)

    @property
    def silent(self) -> list[str]:
        """The offices whose validators are not heard of, while a block is awaited."""
        if self.heard is None:
            return []
        return [office for office, one in self.rows.items() if one.power and
                address_of(one.key).upper()[:_SHOWN] not in self.heard]

    @property
    def age(self) -> int:
        """How old the last block is by this machine's clock, in seconds."""
        return int(time.time() - _seconds(self.status["sync_info"]["latest_block_time"]))


def engine(directory: Path) -> Iterator[Finding]:
    """The engine of a node: installed, reachable, connected, abreast, voting."""
    if not is_node(directory):
        return
    binary = find(plan_of(directory).get("line", "0.38"))
    yield Finding("ok", f"engine {binary.line} at {binary.path}")
    place = place_of(directory)
    if not place.is_asked_from_here_alone:
        yield Finding("warn", f"the engine's RPC listens at {place.rpc_host}: who reaches it can "
                      "fill the mempool", "let a front of yours be asked instead; in node.json and "
                      'config.toml: "rpc_host" and [rpc] laddr 127.0.0.1')
    rpc = Rpc(place.url, timeout=3.0)
    try:
        told = _ask(rpc, directory)
    except LedgerError:
        yield silent(directory)
        return
    finally:
        rpc.close()
    yield from findings(told)


def _ask(rpc: Rpc, directory: Path) -> Told:
    status, net = rpc.call("status"), rpc.call("net_info")
    own, height = status["validator_info"], int(status["sync_info"]["latest_block_height"])
    drifts = []
    with suppress(LedgerError, KeyError, TypeError, ValueError):
        for at in range(height, max(height - _LOOK_BACK, 0), -1):
            signed = rpc.call("commit", height=at)["signed_header"]["commit"]["signatures"]
            drifts.append(drift_of(signed, own["address"]))
    known = [one for one in drifts if one is not None][:VOTES]
    rows: dict[str, Validator] = {}
    register = readable(directory)
    if register is not None:
        with register:
            rows = validators(register.ledger.state)
    return Told(directory, status, frozenset(one["node_info"]["id"] for one in net["peers"]), rows,
                min(known, key=abs) if known else None, bool(known) or height < _LOOK_BACK,
                heard_by(rpc))


def heard_by(rpc: Rpc) -> frozenset[str] | None:
    """Return whose votes on the next block have arrived, as the engine shows them."""
    with suppress(LedgerError, KeyError, TypeError):
        rounds = rpc.call("consensus_state")["round_state"]["height_vote_set"]
        return frozenset(found for one in rounds for kind in ("prevotes", "precommits")
                         for found in _VOTER.findall(" ".join(one[kind])))
    return None


def drift_of(signatures: list[dict[str, Any]], address: str) -> float | None:
    """Return by how many seconds a validator's vote is dated after the others' for the block.

    Returns:
        None if it did not vote for the block; 0 if nobody else did.
    """
    dated = {one["validator_address"]: _seconds(one["timestamp"]) for one in signatures
             if one["block_id_flag"] == _FOR_THE_BLOCK}
    own = dated.pop(address, None)
    if own is None:
        return None
    return own - median(dated.values()) if dated else 0.0


def findings(told: Told) -> Iterator[Finding]:
    """Yield what an engine's answers show."""
    alone = told.total == told.power
    if told.peers or alone:
        yield Finding("ok", counted(len(told.peers), "peer")
                      + (": this node alone makes the blocks" if alone else ""))
    else:
        yield Finding("fix", "no peer is connected",
                      "open the p2p port; is the node's id enrolled? muniment validator list "
                      f"--ledger {told.directory}")
    yield from _abreast(told, alone=alone)
    yield _clock(told)
    yield _vote(told)


def _abreast(told: Told, *, alone: bool) -> Iterator[Finding]:
    """Is it abreast of a network that goes on?"""
    sync = told.status["sync_info"]
    height, due = sync["latest_block_height"], _interval(told.directory)
    if sync["catching_up"]:
        yield Finding("warn", f"catching up, at block {height}",
                      f"wait, and look again: muniment doctor {told.directory}")
    elif told.age - max(told.drift or 0, 0) > 3 * due + CLOCK_SECONDS_MAX:
        yield _standstill(told, due)
    elif not told.peers and not alone:
        yield Finding("warn", f"at block {height}, and nobody to compare it with")
    else:
        yield Finding("ok", f"abreast of the network at block {height}")


def _standstill(told: Told, due: int) -> Finding:
    what = f"no block for {told.age} s, though one is due every {due} s"
    power = sum(told.rows[office].power for office in told.silent)
    if 3 * (told.total - power) <= 2 * told.total:
        return Finding("fix", f"{what}: not heard of {', '.join(told.silent)}, with a power of "
                       f"{power} of {told.total}, and more than two thirds decide",
                       "let these offices examine their nodes: muniment doctor DIR")
    said = last_trouble(Process(told.directory, "engine").log)
    again = f"muniment node stop {told.directory}, then: muniment node start {told.directory}"
    remedy = f"{_ON_TIME}; then: {again}" if _FUTURE in said else again
    return Finding("fix", f"{what}: its engine said last: {said or 'nothing'}", remedy)


def _clock(told: Told) -> Finding:
    drift = told.drift or 0
    if told.age < -CLOCK_SECONDS_MAX:
        return Finding("fix", f"this clock is {-told.age} s behind the network's last block",
                       _ON_TIME)
    if abs(drift) > VOTE_SECONDS_MAX:
        side = "after" if drift > 0 else "before"
        return Finding("fix", f"this node's votes are dated {abs(drift):.0f} s {side} the others': "
                       "its engine's clock is wrong", _ON_TIME)
    return Finding("ok", f"clock: the last block is {max(told.age, 0)} s old")


def _vote(told: Told) -> Finding:
    if told.power:
        return Finding("ok", f"votes with power {told.power}") if told.votes else Finding(
            "warn", f"has power {told.power}, but its vote is in none of the last {_LOOK_BACK} "
            "blocks", "mend what is named above; then look again")
    office = office_of(told.directory)
    if office not in told.rows:
        options = written_through(told.directory)
        acts = (told.directory / KEYS / f"{office}.json").exists()
        return Finding(
            "warn", "observes: no office has enrolled this node",
            f"muniment validator enrol {told.directory} {options} --as {office}" if acts else
            "if an office is to run it, which is no member yet: muniment office request CODE "
            f"--out FILE {options}")
    return Finding("warn", "observes: this key has no power", "a member puts it to the vote: "
                   f"muniment governance propose seat-validator --set office={office}")


def silent(directory: Path) -> Finding:
    """Return what is wrong with an engine that does not answer."""
    supervisor, process = (Process(directory, name) for name in ("supervisor", "engine"))
    pid = process.pid()
    again = f"muniment node stop {directory}, then: muniment node start {directory}"
    if pid is not None and is_stopped(pid):
        return Finding("fix", "the engine does not answer: a signal halted it", again)
    said = last_trouble(process.log)
    if supervisor.pid() is None and pid is None:
        if supervisor.is_held():
            return Finding("fix", "the engine does not answer here: the node runs in another "
                           "container", f"where it runs: muniment doctor {directory}")
        last = f"; its engine said last: {said}" if said else ""
        return Finding("fix", f"the engine does not answer: the node does not run{last}",
                       f"muniment node start {directory}, or your service manager")
    if not said:
        return Finding("fix", "the engine does not answer yet, and complains of nothing",
                       f"wait a minute; if it stays so: {again}")
    return Finding("fix", f"the engine does not answer; it said last: {said}",
                   f"mend what it says; its log: {process.log}. A damaged node is fetched anew: "
                   f"muniment node rebuild {directory} --from URL")


def last_trouble(log: Path) -> str:
    """Return why an engine ended, or what it complained of last, since its last start; or nothing.

    An orderly end complains too, of what it closes itself: that tells nothing.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    begun = max((at for at, line in enumerate(lines) if _START in line), default=0)
    since = lines[begun:]
    for at, line in enumerate(since):
        if line.startswith(("panic:", "Error:", "ERROR:", "fatal error:")):
            return " ".join(one.strip() for one in since[at : at + 2])[:_SAID]
    errors = (said for said in map(_complaint, reversed(since)) if said)
    return next(errors, "")[:_SAID]


def _complaint(line: str) -> str:
    try:
        plain = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(plain, dict) or plain.get("level") != "error":
        return ""
    said = ": ".join(str(plain[name]) for name in ("_msg", "err", "error") if plain.get(name))
    return "" if any(word in said for word in _OF_AN_END) else said


def _interval(directory: Path) -> int:
    """Return after how many seconds a block is made though nothing waits."""
    path = directory / FOLDER / SETTINGS
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))["consensus"]
        return int(str(told["create_empty_blocks_interval"]).removesuffix("s"))
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, error) from None


def _seconds(time_text: str) -> int:
    return int(datetime.fromisoformat(time_text[:19]).replace(tzinfo=UTC).timestamp())
