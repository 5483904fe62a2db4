"""An ICS-23 library accepts our state proofs under TendermintSpec, and refuses a liar's."""

import json
import random

from muniment.proof import crypto, statetree
from muniment.proof.errors import LedgerError


def existence(plain):
    """Return one of our proofs of presence as the ExistenceProof of ICS-23."""
    if plain is None:
        return None
    hashes = crypto.unb64(plain["siblings"]).hex()
    siblings = [hashes[at : at + 64] for at in range(0, len(hashes), 64)]
    return {
        "key": plain["key"].encode().hex(),
        "value": plain["value"].encode().hex(),
        "path": [
            {"prefix": "01" + sibling, "suffix": ""} if side == "l"
            else {"prefix": "01", "suffix": sibling}
            for side, sibling in zip(plain["sides"], siblings, strict=True)
        ],
    }


def taken(check, *given):
    try:
        check(*given)
    except LedgerError:
        return False
    return True


def presence(proof, root):
    ours = taken(statetree.verify_presence, proof, root)
    return ours, {"kind": "presence", "proof": existence(proof), "root": root.hex()}


def absence(proof, key, root):
    ours = taken(statetree.verify_absence, proof, key, root)
    return ours, {"kind": "absence", "key": key.hex(), "root": root.hex(),
                  "left": existence(proof["left"]), "right": existence(proof["right"])}


def judge(javascript, cases, expected):
    assert cases
    assert [one for ours, one in cases if ours is not expected] == []
    answers = javascript("state.mjs", [json.dumps(one) for _, one in cases])
    word = "accept" if expected else "refuse"
    wrong = [one for (_, one), said in zip(cases, answers, strict=True) if said != word]
    assert wrong == []


def key_of(rng):
    if rng.random() < 0.5:
        return b"application/XA/patent/2026/%012d/" % rng.randrange(300)
    size = rng.choice([1, 2, 3, 20, 126, 127, 128, 129, 255, 256])
    return bytes(rng.choice(b"\x01ab/\x7f") for _ in range(size))


def state_of(seed):
    """Return the entries of a state: none with a key in common, from one to sixty."""
    rng = random.Random(seed)
    size = rng.choice([1, 2, 3, 5, 17, 60])
    entries = {}
    while len(entries) < size:
        entries[key_of(rng)] = ("v" * rng.randrange(1, 40) + "é灯"[: rng.randrange(3)]).encode()
    return rng, entries, statetree.MemoryTree(entries)


def absent_keys(rng, entries, count):
    some = rng.choice(sorted(entries))
    wanted = [b"\x01", b"\x7f" * 256, (some + b"\x01")[:256], some[:-1] or b"b"]
    wanted += [key_of(rng) for _ in range(count)]
    return [one for one in wanted if one not in entries]


def states():
    """Return the same states to every test, whichever ran before it."""
    return (state_of(seed) for seed in range(24))


def test_every_entry_is_present(javascript):
    judge(javascript, [
        presence(statetree.prove_presence(tree, key), tree.root())
        for _, entries, tree in states() for key in entries
    ], expected=True)


def test_what_is_not_there_is_absent_between_before_and_after(javascript):
    proofs = [(statetree.prove_absence(tree, key), key, tree.root())
              for rng, entries, tree in states() for key in absent_keys(rng, entries, 12)]
    assert any(proof["left"] is None for proof, _, _ in proofs)
    assert any(proof["right"] is None for proof, _, _ in proofs)
    assert any(proof["left"] and proof["right"] for proof, _, _ in proofs)
    judge(javascript, [absence(*one) for one in proofs], expected=True)


def changed_presences(rng, proof):
    """Return the ways in which an attacker changes a proof of presence."""
    yield {**proof, "value": proof["value"] + "x"}
    yield {**proof, "key": proof["key"][:-1] + ("a" if proof["key"][-1] != "a" else "b")}
    hashes = crypto.unb64(proof["siblings"])
    sides = proof["sides"]
    stray = rng.randbytes(32)
    yield {**proof, "sides": sides + "l", "siblings": crypto.b64(hashes + stray)}
    yield {**proof, "sides": "r" + sides, "siblings": crypto.b64(stray + hashes)}
    if not sides:
        return
    yield {**proof, "sides": sides[1:], "siblings": crypto.b64(hashes[32:])}
    yield {**proof, "sides": sides[:-1], "siblings": crypto.b64(hashes[:-32])}
    at = rng.randrange(len(sides))
    other = "r" if sides[at] == "l" else "l"
    yield {**proof, "sides": sides[:at] + other + sides[at + 1 :]}
    broken = bytearray(hashes)
    broken[32 * at + rng.randrange(32)] ^= 1
    yield {**proof, "siblings": crypto.b64(bytes(broken))}


def test_a_changed_proof_of_presence_is_refused(javascript):
    judge(javascript, [
        presence(changed, tree.root())
        for rng, entries, tree in states() for key in rng.sample(sorted(entries), min(8, len(entries)))
        for changed in changed_presences(rng, statetree.prove_presence(tree, key))
    ], expected=False)


def test_a_proof_for_another_state_is_refused(javascript):
    cases = []
    for rng, entries, tree in states():
        key = rng.choice(sorted(entries))
        later = statetree.MemoryTree({**entries, key: b"later"}).root()
        cases.append(presence(statetree.prove_presence(tree, key), later))
        (gone, *_) = absent_keys(rng, entries, 20)
        added = statetree.MemoryTree({**entries, gone: b"added"}).root()
        cases.append(absence(statetree.prove_absence(tree, gone), gone, added))
    judge(javascript, cases, expected=False)


def proof_of(tree, key):
    return statetree.prove_presence(tree, key) if key is not None else None


def test_a_proof_that_hides_an_entry_is_refused(javascript):
    judge(javascript, [
        absence({"left": proof_of(tree, tree.neighbours(key)[0]),
                 "right": proof_of(tree, tree.neighbours(key)[1])}, key, tree.root())
        for _, entries, tree in states() for key in entries
    ], expected=False)


def test_a_proof_that_hides_entries_beside_an_absent_key_is_refused(javascript):
    cases = []
    for rng, entries, tree in states():
        for key in absent_keys(rng, entries, 8):
            left, right = tree.neighbours(key)
            lower = tree.neighbours(left)[0] if left else None
            upper = tree.neighbours(right)[1] if right else None
            for one, other in ((lower, right), (left, upper), (lower, upper)):
                if (one, other) != (left, right):
                    proof = {"left": proof_of(tree, one), "right": proof_of(tree, other)}
                    cases.append(absence(proof, key, tree.root()))
    judge(javascript, cases, expected=False)


def test_an_absence_without_one_of_its_neighbours_is_refused(javascript):
    cases = []
    for rng, entries, tree in states():
        for key in absent_keys(rng, entries, 8):
            proof = statetree.prove_absence(tree, key)
            cases += [absence({**proof, side: None}, key, tree.root())
                      for side in ("left", "right") if proof[side]]
    judge(javascript, cases, expected=False)


def test_neighbours_that_do_not_enclose_the_key_are_refused(javascript):
    cases = []
    for rng, entries, tree in states():
        ordered = sorted(entries)
        for one, other in zip(ordered, ordered[1:], strict=False):
            pair = {"left": proof_of(tree, one), "right": proof_of(tree, other)}
            swapped = {"left": pair["right"], "right": pair["left"]}
            outside = [key for key in absent_keys(rng, entries, 3) if not one < key < other]
            cases += [absence(pair, key, tree.root()) for key in (one, other, *outside)]
            cases.append(absence(swapped, (one + b"\x01")[:256], tree.root()))
    judge(javascript, cases, expected=False)


def test_a_changed_neighbour_is_refused(javascript):
    cases = []
    for rng, entries, tree in states():
        for key in absent_keys(rng, entries, 4):
            proof = statetree.prove_absence(tree, key)
            cases += [
                absence({**proof, side: changed}, key, tree.root())
                for side in ("left", "right") if proof[side]
                for changed in changed_presences(rng, proof[side])]
    judge(javascript, cases, expected=False)


def test_an_inner_node_does_not_pass_for_an_entry(javascript):
    """The attack on a tree whose leaves and inner nodes are hashed alike."""
    cases = []
    for rng, entries, tree in states():
        key = rng.choice(sorted(entries))
        proof = statetree.prove_presence(tree, key)
        if proof["sides"]:
            hashes = crypto.unb64(proof["siblings"])
            cut = {"key": key.decode(), "value": hashes[:32].hex(), "sides": proof["sides"][1:],
                   "siblings": crypto.b64(hashes[32:])}
            cases.append(presence(cut, tree.root()))
    judge(javascript, cases, expected=False)


def test_nothing_is_absent_from_an_empty_state_by_ics23_but_by_our_rule(javascript):
    empty = statetree.MemoryTree({})
    ours, case = absence(statetree.prove_absence(empty, b"key"), b"key", empty.root())
    assert ours
    assert javascript("state.mjs", [json.dumps(case)]) == ["refuse"]
