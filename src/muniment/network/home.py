"""The engine's home: its keys, its genesis and its configuration, as files CometBFT reads.

- Keys are made once and never overwritten. The record of the last vote is made with the validator
  key and never again: a key that forgot its votes would sign twice.
- `config.toml` holds what differs from the engine's defaults, each with its reason; the rest
  is the engine's own (CometBFT v0.38, config/config.go).
- The RPC listens on this machine alone, wherever the peers are awaited, unless its own address is
  named: who can reach it can fill the mempool.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from muniment.model.validator import address_of
from muniment.node.promotion import EVIDENCE_SECONDS
from muniment.node.wallet import read_private, write_private
from muniment.proof.canonical import encode
from muniment.proof.crypto import PrivateKey, b64, unb64
from muniment.proof.errors import Malformed

FOLDER = "engine"
"""The engine's home within a node's directory."""
_CONFIG, _DATA = "config", "data"
NODE_KEY, VALIDATOR_KEY = f"{_CONFIG}/node_key.json", f"{_CONFIG}/priv_validator_key.json"
VOTES, GENESIS, SETTINGS = (
    f"{_DATA}/priv_validator_state.json", f"{_CONFIG}/genesis.json", f"{_CONFIG}/config.toml")
_PRIVATE, _PUBLIC = "tendermint/PrivKeyEd25519", "tendermint/PubKeyEd25519"

LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - named here to be told apart

Value = str | int | bool
Setting = tuple[Value, str]
"""A value and why it stands."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node's engine is reached: by its peers, and by whoever asks it."""

    host: str
    """Where it listens for its peers."""
    p2p_port: int
    rpc_port: int
    rpc_host: str = LOOPBACK
    """Where it listens for whoever asks it: this machine alone, unless another is named."""

    @property
    def url(self) -> str:
        """The address of its RPC, as this machine reaches it."""
        host = LOOPBACK if self.rpc_host == EVERYWHERE else self.rpc_host
        return f"http://{host}:{self.rpc_port}"

    @property
    def is_asked_from_here_alone(self) -> bool:
        """Whether no other machine reaches its RPC."""
        return self.rpc_host == LOOPBACK


LAN: Mapping[str, Mapping[str, Setting]] = {
    "consensus": {
        "timeout_propose": ("1s", "a proposal crosses a local network in milliseconds"),
        "timeout_commit": ("100ms", "how long late votes are awaited before the next height"),
        "create_empty_blocks_interval": ("10s", "a sign of life; a new node needs late blocks"),
        "peer_gossip_sleep_duration": ("10ms", "few peers: looking often costs little"),
    },
    "p2p": {"send_rate": (200_000_000, "bytes a second"),
            "recv_rate": (200_000_000, "bytes a second")},
}
WAN: Mapping[str, Mapping[str, Setting]] = {
    "consensus": {
        "timeout_propose": ("6s", "offices are continents apart, and blocks may be large"),
        "timeout_prevote": ("2s", "the same"),
        "timeout_precommit": ("2s", "the same"),
        "timeout_commit": ("1s", "how long late votes are awaited before the next height"),
        "create_empty_blocks_interval": ("60s", "a sign of life; a new node needs late blocks"),
        "peer_gossip_sleep_duration": ("50ms", "many peers"),
    },
    "p2p": {"send_rate": (20_000_000, "bytes a second"),
            "recv_rate": (20_000_000, "bytes a second")},
}
PROFILES = {"lan": LAN, "wan": WAN}
_COMMON: Mapping[str, Mapping[str, Setting]] = {
    "": {
        "abci": ("socket", "the application is a process of its own"),
        "filter_peers": (True, "the ledger says which nodes may connect"),
        "log_format": ("json", "logs are for machines"),
        "log_level": ("info", "what happened; state and p2p say little at this level"),
    },
    "consensus": {
        "create_empty_blocks": (False, "a block that says nothing is made now and then only"),
    },
    "mempool": {
        "recheck": (False, "a sequence number is used once; execution refuses what is late"),
        "cache_size": (100_000, "envelopes remembered as seen"),
        "max_tx_bytes": (600_000, "the largest envelope has 524,288 bytes"),
        "max_txs_bytes": (268_435_456, "bytes that may wait"),
    },
    "p2p": {
        "max_packet_msg_payload_size": (65_536, "the same on every node: larger ones are cut off"),
        "persistent_peers_max_dial_period": ("5s", "a peer that comes back is found soon"),
        "flush_throttle_timeout": ("10ms", "how long small messages wait for others"),
    },
    "storage": {"discard_abci_responses": (True, "the ledger keeps every outcome itself")},
    "tx_index": {"indexer": ("null", "the ledger is the index")},
}


class Home:
    """The home of one engine.

    Args:
        path: Its directory; made when needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def make_keys(self, *, validator: PrivateKey | None = None, node: PrivateKey | None = None
                  ) -> None:
        """Write the node's and the validator's key where there is none yet.

        Args:
            validator: The key that votes; a fresh one by default.
            node: The key by which peers know the node; a fresh one by default.
        """
        for folder in (_CONFIG, _DATA):
            (self.path / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (self.path / NODE_KEY).exists():
            pair = _key_file(node or PrivateKey.generate("Ed25519"))
            self._write(NODE_KEY, {"priv_key": pair["priv_key"]})
        if not (self.path / VALIDATOR_KEY).exists():
            if not (self.path / VOTES).exists():
                self._write(VOTES, {"height": "0", "round": 0, "step": 0})
            self._write(VALIDATOR_KEY, _key_file(validator or PrivateKey.generate("Ed25519")))

    def validator_key(self) -> PrivateKey:
        """Return the key that votes.

        Raises:
            NotFound: There is none.
            Malformed: The file holds none.
        """
        return self._key(VALIDATOR_KEY)

    def node_id(self) -> str:
        """Return the node's id, by which its peers know it: 40 hexadecimal digits.

        Raises:
            NotFound: There is no key.
            Malformed: The file holds none.
        """
        return address_of(b64(self._key(NODE_KEY).public.raw()))

    def write_genesis(self, document: Mapping[str, Any]) -> None:
        """Write what the chain begins with."""
        self._write(GENESIS, document)

    def configure(
        self, *, name: str, place: Place, application: str, peers: Sequence[str] = (),
        profile: str = "lan", settings: Mapping[str, Mapping[str, Setting]] | None = None,
    ) -> None:
        """Write `config.toml`.

        Args:
            name: What the node calls itself.
            place: Where it listens.
            application: `unix:///path` of the application's socket.
            peers: `id@host:port` of the nodes that it always connects to.
            profile: `lan` or `wan`.
            settings: Further settings by section, each with its reason; they go before ours.
        """
        own: Mapping[str, Mapping[str, Setting]] = {
            "": {"moniker": (name, "the office"), "proxy_app": (application, "the ledger")},
            "p2p": {
                "laddr": (f"tcp://{place.host}:{place.p2p_port}", "for the other nodes"),
                "persistent_peers": (",".join(peers), "always connected to"),
                "addr_book_strict": (profile == "wan", "private addresses are fine on a LAN"),
                "allow_duplicate_ip": (profile == "lan", "nodes of one machine share theirs"),
                "pex": (profile == "wan", "learn addresses of members from members"),
            },
            "rpc": {"laddr": (f"tcp://{place.rpc_host}:{place.rpc_port}", (
                "for this machine alone" if place.is_asked_from_here_alone
                else "who reaches it can fill the mempool"))},
        }
        merged: dict[str, dict[str, Setting]] = {}
        for part in (_COMMON, PROFILES[profile], own, settings or {}):
            for section, values in part.items():
                merged.setdefault(section, {}).update(values)
        path = self.path / SETTINGS
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(_toml(merged), encoding="utf-8")

    def set_application(self, address: str) -> None:
        """Let the engine dial its application where it is now: the node's folder may have moved.

        Args:
            address: `unix:///path` of the application's socket.
        """
        path = self.path / SETTINGS
        if not path.exists():
            return  # the engine says so itself
        text = path.read_text(encoding="utf-8")
        changed = re.sub(r"(?m)^proxy_app = .*$", lambda _: _toml_line(
            "proxy_app", (address, "the ledger")), text, count=1)
        if changed != text:
            _put(path, changed)

    def set_section(self, section: str, values: Mapping[str, Setting]) -> None:
        """Write one section of `config.toml` anew; the others stay as they are.

        Args:
            section: Its name.
            values: Its settings, each with its reason.
        """
        path = self.path / SETTINGS
        others = re.sub(rf"(?ms)^\[{re.escape(section)}\]$.*?(?=^\[|\Z)", "",
                        path.read_text(encoding="utf-8"))
        _put(path, "\n".join([others.rstrip("\n"), *_toml_section(section, values)]) + "\n")

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        write_private(self.path / name, json.dumps(document, indent=1).encode() + b"\n")

    def _key(self, name: str) -> PrivateKey:
        try:
            raw = base64.b64decode(read_private(self.path / name)["priv_key"]["value"])
            return PrivateKey.from_seed(raw[:32])
        except (KeyError, TypeError, ValueError):
            raise Malformed("engine-key-malformed", f"{name} holds no Ed25519 key of CometBFT.",
                            basis="docs/network.md") from None


def state_sync(sources: Sequence[str], height: int, header: str) -> dict[str, Setting]:
    """Return the engine's settings by which a node without a ledger begins from a late state.

    Args:
        sources: RPC of other nodes; nothing that they answer is believed.
        height: The height of the header from which the engine's light client trusts.
        header: Its hash, in hexadecimal capitals.
    """
    two = sources if len(sources) > 1 else [sources[0]] * 2
    return {
        "enable": (True, "the state of a late block instead of every block since the first"),
        "rpc_servers": (",".join(two), "the engine asks for two at least"),
        "trust_height": (height, "the header that is trusted"),
        "trust_hash": (header, "its hash"),
        "trust_period": (f"{EVIDENCE_SECONDS}s", "as long as validators answer for a header"),
        "discovery_time": ("5s", "how long snapshots are looked for"),
    }


def _key_file(key: PrivateKey) -> dict[str, Any]:
    """Return a key as CometBFT writes it."""
    public = key.public.raw()
    seed = unb64(key.jwk()["d"], 32)
    return {
        "address": address_of(b64(public)).upper(),
        "priv_key": {"type": _PRIVATE, "value": base64.b64encode(seed + public).decode()},
        "pub_key": {"type": _PUBLIC, "value": base64.b64encode(public).decode()},
    }


def _toml(sections: Mapping[str, Mapping[str, Setting]]) -> str:
    """Return settings as TOML; a string of ours is a JSON string, which TOML reads alike."""
    lines = ["# What differs from the engine's defaults, and why. Written by muniment."]
    for section in sorted(sections):
        lines += _toml_section(section, sections[section])
    return "\n".join(lines) + "\n"


def _toml_section(section: str, values: Mapping[str, Setting]) -> list[str]:
    head = ["", f"[{section}]"] if section else []
    return head + [_toml_line(name, setting) for name, setting in values.items()]


def _toml_line(name: str, setting: Setting) -> str:
    value, reason = setting
    return f"{name} = {_toml_value(value)}  # {reason}"


def _toml_value(value: Value) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    return encode(value).decode("ascii")


def _put(path: Path, text: str) -> None:
    """Put a file in the place of the one that stands, at once or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
