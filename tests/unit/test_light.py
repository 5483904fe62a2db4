"""Commits of a network: what CometBFT signed is taken, what an attacker changes is refused."""

import pytest
from spec.simulated_chain import SimulatedChain, equal

from muniment.network.attest import commit_attestation
from muniment.proof.checkpoint import Checkpoint
from muniment.proof.crypto import sha256
from muniment.proof.history import Trusted, verify_history

PERIOD = 14 * 86_400
CHAIN = "muniment-0123456789abcdef"
ORIGIN = "register.test.example/0123456789abcdef"
TEXT = Checkpoint(ORIGIN, 74, bytes(32)).text()
APP_HASH = sha256(TEXT.encode())


def trust(chain, height=None, **changed):
    header = chain.blocks[height or chain.first].header
    return Trusted(**{"chain_id": chain.chain_id, "height": header.height,
                      "header_hash": header.digest(), "period": PERIOD} | changed)


def time_of(chain):
    return chain.blocks[chain.height].header.time[0] + 60


def test_plain():
    chain = SimulatedChain(CHAIN, equal(4), height=100)
    chain.grow(5)
    chain.add(APP_HASH)
    member = commit_attestation(chain, TEXT, chain.height - 1, trust(chain), now=time_of(chain))
    print(verify_history(member, trust(chain), time_of(chain)))
