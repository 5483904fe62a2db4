"""Go's log and note packages accept our paths and checkpoints, and refuse those of an attacker."""

import base64
import json
import random

from muniment.proof import checkpoint, crypto, merkle
from muniment.proof.errors import LedgerError

SIZES = (*range(1, 34), 63, 64, 65, 100, 127, 128, 129)
HASHES = [merkle.leaf_hash(b"leaf %d" % one) for one in range(max(SIZES))]
ROOTS = {size: merkle.root(HASHES[:size]) for size in range(1, max(SIZES) + 1)}
NAME = "register.example/0123456789abcdef"


def taken(check, *given):
    try:
        check(*given)
    except LedgerError:
        return False
    return True


def inclusion(leaf, index, size, path, root):
    ours = taken(merkle.verify_inclusion, leaf, index, size, path, root)
    return ours, {"kind": "inclusion", "leaf": leaf.hex(), "index": index, "size": size,
                  "path": [one.hex() for one in path], "root": root.hex()}


def consistency(first, second, path, old, new):
    ours = taken(merkle.verify_consistency, first, second, path, old, new)
    return ours, {"kind": "consistency", "first": first, "size": second, "firstRoot": old.hex(),
                  "path": [one.hex() for one in path], "root": new.hex()}


def note(text, vkey):
    ours = taken(checkpoint.open_note, text, vkey)
    return ours, {"kind": "note", "note": text, "verifierKey": vkey}


def judge(go_log, cases, expected):
    assert cases
    assert [one for ours, one in cases if ours is not expected] == []
    answers = go_log([json.dumps(one) for _, one in cases])
    word = "accept" if expected else "refuse"
    wrong = [one for (_, one), said in zip(cases, answers, strict=True) if said != word]
    assert wrong == []


def changed_paths(path):
    """Return the ways in which an attacker changes a path."""
    stray = merkle.leaf_hash(b"stray")
    yield [*path, stray]
    yield [stray, *path]
    if path:
        yield path[:-1]
        yield path[1:]
        yield [*path, path[-1]]
    for at, one in enumerate(path):
        yield [*path[:at], bytes([one[0] ^ 1]) + one[1:], *path[at + 1 :]]
    for at in range(len(path) - 1):
        yield [*path[:at], path[at + 1], path[at], *path[at + 2 :]]


def test_every_leaf_of_every_log_is_included(go_log):
    judge(go_log, [
        inclusion(HASHES[index], index, size, merkle.inclusion_path(HASHES[:size], index),
                  ROOTS[size])
        for size in SIZES for index in range(size) if size < 34 or index % 7 in (0, 6)
    ], expected=True)


def test_a_changed_inclusion_path_is_refused(go_log):
    judge(go_log, [
        inclusion(HASHES[index], index, size, changed, ROOTS[size])
        for size in SIZES for index in {0, size // 2, size - 1}
        for changed in changed_paths(merkle.inclusion_path(HASHES[:size], index))
    ], expected=False)


def test_a_leaf_at_another_place_or_under_another_root_is_refused(go_log):
    cases = []
    for size in SIZES[1:]:
        for index in {0, size // 2, size - 1}:
            path = merkle.inclusion_path(HASHES[:size], index)
            leaf, root = HASHES[index], ROOTS[size]
            cases += [
                inclusion(HASHES[(index + 1) % size], index, size, path, root),
                inclusion(leaf, (index + 1) % size, size, path, root),
                inclusion(leaf, index, size, path, ROOTS[size - 1]),
                inclusion(leaf, size, size, path, root),
                inclusion(leaf, -1, size, path, root),
            ]
    judge(go_log, cases, expected=False)


def test_an_inner_node_does_not_pass_for_a_leaf(go_log):
    judge(go_log, [
        inclusion(merkle.node_hash(HASHES[0], HASHES[1]), 0, size,
                  merkle.inclusion_path(HASHES[:size], 0)[1:], ROOTS[size])
        for size in SIZES[2:]
    ], expected=False)


def test_every_shorter_log_is_a_prefix(go_log):
    judge(go_log, [
        consistency(first, second, merkle.consistency_path(HASHES[:second], first),
                    ROOTS[first], ROOTS[second])
        for second in SIZES for first in range(1, second + 1)
        if second < 34 or first % 9 in (0, 8)
    ], expected=True)


def test_a_changed_consistency_path_is_refused(go_log):
    judge(go_log, [
        consistency(first, second, changed, ROOTS[first], ROOTS[second])
        for second in SIZES for first in {1, (second + 1) // 2, second - 1, second} - {0}
        for changed in changed_paths(merkle.consistency_path(HASHES[:second], first))
    ], expected=False)


def test_a_log_that_rewrote_its_history_is_refused(go_log):
    rng = random.Random(21)
    cases = []
    for second in SIZES[1:]:
        first = rng.randrange(1, second + 1)
        forged = list(HASHES[:second])
        forged[rng.randrange(first)] = merkle.leaf_hash(b"rewritten")
        path = merkle.consistency_path(forged, first)
        cases.append(consistency(first, second, path, ROOTS[first], merkle.root(forged)))
    judge(go_log, cases, expected=False)


def test_sizes_in_the_wrong_order_are_refused(go_log):
    judge(go_log, [
        consistency(second, first, merkle.consistency_path(HASHES[:second], first),
                    ROOTS[second], ROOTS[first])
        for first, second in ((1, 2), (3, 7), (4, 8), (6, 33))
    ], expected=False)


def test_a_checkpoint_that_we_sign_is_opened(go_log):
    cases = []
    for size in SIZES:
        key = crypto.PrivateKey.generate()
        text = checkpoint.Checkpoint(NAME, size, ROOTS[size]).text()
        cases.append(note(checkpoint.sign_note(text, NAME, key),
                          checkpoint.verifier_key(NAME, key.public)))
    judge(go_log, cases, expected=True)


def test_a_checkpoint_that_was_changed_or_signed_by_another_is_refused(go_log):
    key, stranger = crypto.PrivateKey.generate(), crypto.PrivateKey.generate()
    vkey = checkpoint.verifier_key(NAME, key.public)
    text = checkpoint.Checkpoint(NAME, 7, ROOTS[7]).text()
    signed = checkpoint.sign_note(text, NAME, key)
    head, _, line = signed.partition("\n\n")
    raw = base64.b64decode(line.split(" ")[2])

    def resigned(data):
        return f"{head}\n\n\u2014 {NAME} {base64.b64encode(data).decode()}\n"

    assert resigned(raw) == signed
    forged = checkpoint.sign_note(text, NAME, stranger)
    stolen = base64.b64decode(forged.split(" ")[-1])
    bits = [bytes(byte ^ (at == where) for at, byte in enumerate(raw)) for where in range(len(raw))]
    other_name = checkpoint.verifier_key("other.example", key.public)
    judge(go_log, [
        *(note(resigned(one), vkey) for one in bits),
        note(signed.replace("\n7\n", "\n8\n"), vkey),
        note(signed.replace(NAME, "other.example", 1), vkey),
        note(signed.replace(f"\u2014 {NAME}", "\u2014 other.example"), vkey),
        note(signed.replace("\n\n", "\nadded\n\n"), vkey),
        note(signed.replace("\n\n", "\n"), vkey),
        note(signed[:-1], vkey),
        note(f"{head}\n\n", vkey),
        note(resigned(raw[:-1]), vkey),
        note(resigned(raw[:4] + stolen[4:]), vkey),
        note(forged, vkey),
        note(signed, checkpoint.verifier_key(NAME, stranger.public)),
        note(signed, other_name),
        note(signed, vkey.replace(vkey.split("+")[1], "00000000")),
        note(signed, vkey[:-2]),
    ], expected=False)
