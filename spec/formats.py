"""The vectors of the formats: valid bytes, and each way of being invalid with its error.

Everything is made from fixed seeds and a fixed time, so that the same files come out everywhere.
"""

import base64
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from muniment.codec import encode as encode_typed
from muniment.model.envelope import Envelope, sign_envelope
from muniment.model.example import key
from muniment.model.misbehaviour import ENGINE_LEAF, read_leaf
from muniment.node import evidence as maker
from muniment.node.founding import found
from muniment.node.policy import end_note_range
from muniment.node.solo import SoloLedger
from muniment.node.wallet import Wallet
from muniment.operations.file_application import FileApplication
from muniment.proof import canonical, checkpoint, crypto, disclosure, jws, merkle, statetree
from muniment.proof.attestation import TrustPolicy
from muniment.proof.crypto import sha256
from muniment.proof.errors import LedgerError
from muniment.proof.evidence import assemble, verify
from spec import commits
from spec.commits import setting
from spec.recovery import entry_after_recovery
from spec.simulated_network import PERIOD, SimulatedNetwork, policy_of

TIME = 1_780_000_000
KEY, OTHER, LOG = key("vectors"), key("other vectors"), key("log of vectors")
Vector = dict[str, Any]


def judge(check: Callable[[], object]) -> str | None:
    """Return the name of the error that a check raises, or None."""
    try:
        check()
    except LedgerError as error:
        return error.name
    return None


def vectors() -> dict[str, list[Vector]]:
    """Return the vectors of each format."""
    return {
        "canonical-json": _canonical(),
        "checkpoint": _checkpoint(),
        "commit": _made("commit", commits.commits()),
        "cosignature": _made("cosignature", commits.cosignatures()),
        "disclosure": _disclosure(),
        "ed25519-key": _keys(),
        "engine-bytes": _made("engine-bytes", commits.engine_bytes()),
        "engine-leaf": _engine_leaf(),
        "envelope": _envelope(),
        "evidence": _evidence(),
        "jws": _jws(),
        "merkle": _merkle(),
        "state-tree": _state(),
        "trust-policy": _policy(),
    }


def run(name: str, one: Vector) -> str | None:
    """Return the error name of a vector under this implementation, None if it is valid."""
    return judge(lambda: RUNNERS[name](one))


def _made(name: str, cases: dict[str, Vector]) -> list[Vector]:
    return [{"name": case, **one, "error": run(name, one)} for case, one in cases.items()]


def _hex(text: bytes) -> Vector:
    return {"bytes": text.hex()}


def _canonical() -> list[Vector]:
    return _made("canonical-json", {
        "object": _hex(b'{"a":[1,"text",null,true],"b":{}}'),
        "text-beyond-ascii": _hex('{"a":"é灯"}'.encode()),
        "largest-integer": _hex(b"9007199254740991"),
        "white-space": _hex(b'{"a": 1}'), "unsorted": _hex(b'{"b":1,"a":1}'),
        "name-twice": _hex(b'{"a":1,"a":1}'), "float": _hex(b"1.0"), "exponent": _hex(b"1e2"),
        "nan": _hex(b"NaN"), "minus-zero": _hex(b"-0"), "leading-zero": _hex(b"01"),
        "integer-too-large": _hex(b"9007199254740992"), "escape-not-needed": _hex(b'"\\u0041"'),
        "lone-surrogate": _hex(b'"\\ud800"'), "not-utf-8": _hex(b'"\xff"'),
        "byte-order-mark": _hex(b"\xef\xbb\xbf1"), "name-beyond-ascii": _hex('{"é":1}'.encode()),
        "seventeen-levels": _hex(b"[" * 17 + b"]" * 17), "cut-off": _hex(b'{"a":'),
        "nothing": _hex(b""), "two-values": _hex(b"1 2"),
    })


def _keys() -> list[Vector]:
    small = {
        "identity": (1).to_bytes(32, "little"), "order-2": (crypto.P - 1).to_bytes(32, "little"),
        "order-4": bytes(32),
        "order-8": bytes.fromhex(
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        "not-canonical": (crypto.P + 1).to_bytes(32, "little"),
        "not-on-the-curve": (2).to_bytes(32, "little"),
    }
    jwk = {"crv": "Ed25519", "kty": "OKP"}
    cases = {name: {"jwk": {**jwk, "x": crypto.b64(raw)}} for name, raw in small.items()}
    padded = KEY.public.jwk["x"] + "="
    return _made("ed25519-key", {
        "plain": {"jwk": dict(KEY.public.jwk)}, **cases,
        "padded": {"jwk": {**jwk, "x": padded}},
        "with-a-use": {"jwk": {**KEY.public.jwk, "use": "sig"}},
    })


def _jws() -> list[Vector]:
    line = jws.sign(b'{"a":1}', [KEY], "vector+jws")
    plain = json.loads(line)
    signature = plain["signatures"][0]
    forged = {**signature, "signature": crypto.b64(bytes(64))}
    header = crypto.b64(canonical.encode({"alg": "none", "kid": KEY.public.kid,
                                          "typ": "vector+jws"}))
    two = json.loads(jws.sign(b'{"a":1}', [KEY, OTHER], "vector+jws"))

    def signed(**changed: Any) -> Vector:
        text = canonical.encode({**plain, **changed}).decode()
        return {"jwk": dict(KEY.public.jwk), "line": text}

    return _made("jws", {
        "plain": signed(),
        "forged": signed(signatures=[forged]),
        "another-payload": signed(payload=crypto.b64(b'{"a":2}')),
        "no-algorithm": signed(signatures=[{**signature, "protected": header}]),
        "no-signature": signed(signatures=[]),
        "unsorted": {"jwk": dict(KEY.public.jwk), "line": canonical.encode(
            {**two, "signatures": two["signatures"][::-1]}).decode()},
        "one-key-twice": signed(signatures=[signature, signature]),
        "a-stranger": {"jwk": dict(OTHER.public.jwk), "line": line.decode()},
        "unprotected-header": signed(signatures=[{**signature, "header": {}}]),
    })


def _disclosure() -> list[Vector]:
    text = disclosure.make(bytes(range(16)), "title", "Lamp")
    short = crypto.b64(canonical.encode([crypto.b64(bytes(8)), "title", "Lamp"]))
    spaced = crypto.b64(b'["AAECAwQFBgcICQoLDA0ODw", "title", "Lamp"]')
    return _made("disclosure", {
        "plain": {"digest": disclosure.digest(text), "text": text},
        "short-salt": {"text": short}, "spaced": {"text": spaced}, "padded": {"text": text + "="},
        "two-members": {"text": crypto.b64(canonical.encode([crypto.b64(bytes(16)), "title"]))},
        "no-array": {"text": crypto.b64(b"{}")},
    })


def _merkle() -> list[Vector]:
    hashes = [merkle.leaf_hash(b"leaf %d" % at) for at in range(11)]
    path = [one.hex() for one in merkle.inclusion_path(hashes, 6)]
    right = {"index": 6, "leaf": hashes[6].hex(), "path": path, "root": merkle.root(hashes).hex(),
             "size": 11}
    return _made("merkle", {
        "inclusion": right,
        "another-leaf": {**right, "leaf": hashes[5].hex()},
        "another-index": {**right, "index": 7}, "beyond-the-log": {**right, "index": 11},
        "cut-path": {**right, "path": path[:-1]}, "long-path": {**right, "path": [*path, path[0]]},
        "swapped-path": {**right, "path": path[::-1]},
    })


def _state() -> list[Vector]:
    tree = statetree.MemoryTree({b"k/%012d/" % at: b'{"n":%d}' % at for at in (1, 2, 5, 9, 12)})
    root = tree.root().hex()
    present = statetree.prove_presence(tree, b"k/%012d/" % 5)
    absent = statetree.prove_absence(tree, b"k/%012d/" % 7)
    complete = statetree.prove_completeness(tree, b"k/00000000000")
    far = {**absent, "left": statetree.prove_presence(tree, b"k/%012d/" % 2)}
    hidden = {**complete, "entries": complete["entries"][1:]}

    def case(kind: str, proof: Any, asked: str = "") -> Vector:
        return {"asked": asked, "kind": kind, "proof": proof, "root": root}

    return _made("state-tree", {
        "presence": case("presence", present),
        "another-value": case("presence", {**present, "value": "{}"}),
        "cut-path": case("presence", {**present, "sides": present["sides"][1:]}),
        "absence": case("absence", absent, "k/000000000007/"),
        "absence-of-a-present-key": case("absence", far, "k/000000000005/"),
        "no-neighbours": case("absence", {"left": None, "right": None}, "k/000000000007/"),
        "completeness": case("completeness", complete, "k/00000000000"),
        "hidden-entry": case("completeness", hidden, "k/00000000000"),
        "foreign-entry": case("completeness", complete, "k/000000000009"),
    })


def _engine_leaf() -> list[Vector]:
    plain = {"address": "ab" * 20, "height": 7, "kind": "duplicate-vote", "time": TIME,
             "total_power": 4}

    def leaf(**changed: Any) -> Vector:
        return _hex(ENGINE_LEAF + canonical.encode({**plain, **changed}))

    return _made("engine-leaf", {
        "plain": leaf(), "light-client-attack": leaf(kind="light-client-attack"),
        "of-another-kind": _hex(b"muniment/operation/v1\n" + canonical.encode(plain)),
        "no-kind": _hex(canonical.encode(plain)),
        "address-in-capitals": leaf(address="AB" * 20), "short-address": leaf(address="ab" * 19),
        "negative-height": leaf(height=-1), "power-as-text": leaf(total_power="4"),
        "unknown-member": leaf(office="XA"), "spaced": _hex(_spaced(plain)),
    })


def _spaced(plain: Vector) -> bytes:
    return ENGINE_LEAF + canonical.encode(plain).replace(b":", b": ", 1)


def _checkpoint() -> list[Vector]:
    origin = "register.vectors.example/0123456789abcdef"
    note = checkpoint.sign_note(checkpoint.Checkpoint(origin, 7, bytes(32)).text(), origin, LOG)
    vkey = checkpoint.verifier_key(origin, LOG.public)
    return _made("checkpoint", {
        "plain": {"note": note, "verifier_key": vkey},
        "another-size": {"note": note.replace("\n7\n", "\n8\n"), "verifier_key": vkey},
        "another-key": {"note": note, "verifier_key": checkpoint.verifier_key(origin,
                                                                             KEY.public)},
        "leading-zero": {"note": note.replace("\n7\n", "\n07\n"), "verifier_key": vkey},
        "no-signature": {"note": note.partition("\n\n")[0] + "\n", "verifier_key": vkey},
        "key-hash-of-another": {"note": note, "verifier_key": vkey.replace(vkey.split("+")[1],
                                                                          "00000000")},
    })


ROOT = base64.b64encode(sha256(b"example root")).decode("ascii")


def _policy() -> list[Vector]:
    vkey = checkpoint.verifier_key("log.example/1", LOG.public)
    first = "muniment/trust-policy/v1\n"
    return _made("trust-policy", {
        "plain": {"text": f"{first}log.example/1 0 - note {vkey}\n"},
        "nobody": {"text": first}, "comment": {"text": f"{first}# of 2026\n"},
        "another-version": {"text": "muniment/trust-policy/v2\n"},
        "no-line-end": {"text": first.strip()},
        "unknown-kind": {"text": f"{first}log.example/1 0 - hearsay {vkey}\n"},
        "two-keys": {"text": f"{first}log.example/1 0 - note {vkey} {vkey}\n"},
        "overlap": {"text": f"{first}log.example/1 0 9 note {vkey}\nlog.example/1 9 - note "
                            f"{vkey}\n"},
        "bad-size": {"text": f"{first}log.example/1 00 - note {vkey}\n"},
        "promoted": {"text": f"{first}log.example/1 0 7 note {vkey}\n"
                             f"log.example/1 8 - {commits.policies()['commit']}\n"},
        "ended": {"text": f"{first}log.example/1 0 7 note {vkey} root {ROOT}\n"},
        "root-of-an-open-range": {"text": f"{first}log.example/1 0 - note {vkey} root {ROOT}\n"},
        "root-in-another-spelling": {"text": f"{first}log.example/1 0 7 note {vkey} root "
                                             f"{ROOT.rstrip('=')}\n"},
        "something-for-a-root": {"text": f"{first}log.example/1 0 7 note {vkey} seal {ROOT}\n"},
        **{name: {"text": f"{first}log.example/1 0 - {rule}\n"}
           for name, rule in commits.policies().items()},
    })


def operation(number: str = "2026/000001") -> bytes:
    """Return a filing of the fictional office."""
    return encode_typed(FileApplication(date="2026-01-05", number=number, office="XA",
                                        right="patent"))


def _envelope() -> list[Vector]:
    lines = [operation(), operation("2026/000002")]
    data = sign_envelope(lines, [KEY], ledger="A" * 43, submitter="XA", sequence=1,
                         not_after=TIME)
    first, rest = data.split(b"\n", 1)
    return _made("envelope", {
        "plain": _hex(data), "no-line-end": _hex(data[:-1]), "no-operation": _hex(first + b"\n"),
        "dropped-operation": _hex(first + b"\n" + lines[0] + b"\n"),
        "swapped-operations": _hex(b"\n".join((first, lines[1], lines[0], b""))),
        "changed-operation": _hex(data.replace(b"2026/000002", b"2026/000003")),
        "spaced-header": _hex(first.replace(b",", b", ", 1) + b"\n" + rest),
        "no-jws": _hex(rest),
    })


def _retired(
    path: Path, later: Path, wallet: Wallet, policy: str, data: bytes
) -> dict[str, dict[str, Any]]:
    """Return evidence of a log key whose range ended later, alone and tied to what followed."""
    shutil.copytree(path, later)
    with SoloLedger(later, now=lambda: TIME) as ledger:
        ledger.submit([ledger.sign(wallet, [operation("2026/000009")])])
        size, origin = ledger.head.size, ledger.identity.origin
        ended = end_note_range(policy, origin, size, ledger.log_root(size))
        tied = maker.tie(ledger, data, TrustPolicy.parse(ended)).decode()
        newest = maker.entry_evidence(ledger, 4).decode()
    another = end_note_range(policy, origin, size, sha256(b"another past"))
    return {
        "retired-key-alone": {"policy": ended, "text": data.decode()},
        "retired-key-tied": {"policy": ended, "text": tied},
        "retired-key-tied-to-another-past": {"policy": another, "text": tied},
        "retired-key-at-the-end-of-another-past": {"policy": another, "text": newest},
        "tied-though-the-policy-names-no-root": {"policy": policy, "text": tied},
    }


def _evidence() -> list[Vector]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger"
        wallet = Wallet("XA", (KEY,), 1, (OTHER,))
        found(path, office="XA", name="register.vectors.example", profile="demo",
              now=lambda: TIME, wallet=wallet, log_key=LOG)
        policy = (path / "trust-policy.txt").read_text(encoding="ascii")
        with SoloLedger(path, now=lambda: TIME) as ledger:
            lines = [operation(f"2026/{number:06}") for number in range(1, 8)]
            ledger.submit([ledger.sign(wallet, [*lines, lines[0]])])
            made = {
                "accepted-entry": maker.entry_evidence(ledger, 4),
                "refused-entry": maker.entry_evidence(ledger, 9),
                "absence": maker.absence_evidence(ledger, "XA", "patent", "2026/000099"),
                "present-state": maker.state_evidence(ledger, _first_key(ledger)),
                "series": maker.completeness_evidence(ledger, "application/XA/patent/-/"),
            }
        retired = _retired(path, Path(folder) / "later", wallet, policy, made["accepted-entry"])
        with SimulatedNetwork(path, commits.chain()) as network:
            committed = {
                "committed-entry": maker.entry_evidence(network, 4),
                "committed-series": maker.completeness_evidence(
                    network, "application/XA/patent/-/"),
            }
            trusted, now = policy_of(network).text(), network.chain.now
    cases = {name: {"policy": policy, "text": data.decode()} for name, data in made.items()}
    cases |= retired
    cases |= {name: {"now": now, "policy": trusted, "text": data.decode()}
              for name, data in committed.items()}
    entry = committed["committed-entry"].decode()
    cases |= {
        "commit-for-a-note": {"now": now, "policy": policy, "text": entry},
        "note-for-a-commit": {"now": now, "policy": trusted,
                              "text": made["accepted-entry"].decode()},
        "commit-after-the-period": {"now": now + PERIOD, "policy": trusted, "text": entry},
    }
    plain = json.loads(made["accepted-entry"])
    for name, change in EVIDENCE_CHANGES.items():
        changed = json.loads(json.dumps(plain))
        change(changed)
        cases[name] = {"policy": policy, "text": assemble(changed["kind"], _body(changed)).decode()}
    text = made["accepted-entry"].decode()
    cases["changed-character"] = {"policy": policy, "text": text.replace("2026-01-05",
                                                                         "2026-01-06")}
    after, recovered = entry_after_recovery(operation(), TIME)
    cases["entry-after-a-recovery"] = {"policy": after, "text": recovered.decode()}
    for name, mark in (("recovery-hidden", None), ("recovery-denied", False)):
        changed = json.loads(recovered)
        changed["entry"]["key_set"].pop("recovered_by_members")
        if mark is not None:
            changed["entry"]["key_set"]["recovered_by_members"] = mark
        cases[name] = {"policy": after, "text": assemble("entry", _body(changed)).decode()}
    cases["nobody-trusted"] = {"policy": "muniment/trust-policy/v1\n", "text": text}
    return _made("evidence", cases)


def _body(plain: Vector) -> Vector:
    return {name: value for name, value in plain.items()
            if name not in {"sha256", "kind", "format"}}


def _first_key(ledger: SoloLedger) -> bytes:
    return next(ledger.tree.scan(b"application/"))[0]


EVIDENCE_CHANGES: dict[str, Callable[[Any], None]] = {
    "another-date": setting("entry", "operation", "date", value="2026-01-06"),
    "refused-shown-as-accepted": setting("entry", "leaf", "code", value=2006),
    "another-place": setting("entry", "leaf", "index", value=1),
    "another-position": setting("entry", "index", value=5),
    "another-time": setting("block", "leaf", "time", value=TIME - 1),
    "block-out-of-reach": setting("block", "leaf", "count", value=1),
    "another-key-set": setting("entry", "key_set", "threshold", value=2),
    "unbound-disclosure": setting(
        "disclosures", value=[disclosure.make(bytes(16), "title", "Lamp")]),
    "unknown-member": setting("policy", value="trust me"),
}


def _verify_jws(one: Vector) -> None:
    public = crypto.load_public_key(one["jwk"])
    parsed = jws.parse(one["line"].encode(), "vector+jws")
    jws.verify(parsed, {public.kid: public}, 1)


def _verify_disclosure(one: Vector) -> None:
    disclosure.parse(one["text"])


def _verify_merkle(one: Vector) -> None:
    merkle.verify_inclusion(
        bytes.fromhex(one["leaf"]), one["index"], one["size"],
        [bytes.fromhex(step) for step in one["path"]], bytes.fromhex(one["root"]),
    )


def _verify_state(one: Vector) -> None:
    root, asked = bytes.fromhex(one["root"]), one["asked"].encode()
    if one["kind"] == "presence":
        statetree.verify_presence(one["proof"], root)
    elif one["kind"] == "absence":
        statetree.verify_absence(one["proof"], asked, root)
    else:
        statetree.verify_completeness(one["proof"], asked, root)


RUNNERS: dict[str, Callable[[Vector], object]] = {
    "canonical-json": lambda one: canonical.decode(bytes.fromhex(one["bytes"])),
    "checkpoint": lambda one: checkpoint.Checkpoint.parse(
        checkpoint.open_note(one["note"], one["verifier_key"])),
    "commit": commits.verify_commit,
    "cosignature": commits.verify_cosignature,
    "disclosure": _verify_disclosure,
    "ed25519-key": lambda one: crypto.load_public_key(one["jwk"]),
    "engine-bytes": commits.verify_bytes,
    "engine-leaf": lambda one: read_leaf(bytes.fromhex(one["bytes"])),
    "envelope": lambda one: Envelope.parse(bytes.fromhex(one["bytes"])),
    "evidence": lambda one: verify(one["text"].encode(), TrustPolicy.parse(one["policy"]),
                                   one.get("now")),
    "jws": _verify_jws,
    "merkle": _verify_merkle,
    "state-tree": _verify_state,
    "trust-policy": lambda one: TrustPolicy.parse(one["text"]),
}
"""How a vector of each format is judged."""
