"""CometBFT's own client drives applications of ours, and is told what it expects."""

import subprocess

import pytest

from muniment.abci.application import Application
from muniment.abci.example import NOT_A_PAIR, KeyValueApplication
from muniment.abci.messages import ResponseFinalizeBlock
from muniment.abci.server import Server
from muniment.abci.values import ExecTxResult


class Counter(Application):
    """What `abci-cli test` expects to find: each transaction is the next number.

    A number is big-endian and at most 8 bytes; another gets code 2. The hash is the count, and
    empty before the first.
    """

    count = 0

    def finalize_block(self, request):
        results = []
        for tx in request.txs:
            right = len(tx) <= 8 and int.from_bytes(tx) == self.count
            self.count += right
            results.append(ExecTxResult(code=0 if right else 2))
        return ResponseFinalizeBlock(
            tx_results=results, app_hash=self.count.to_bytes(8) if self.count else b"")


def run(binary, address, *arguments, given=None):
    return subprocess.run([binary, "--address", address, "--log_level", "error", *arguments],
                          input=given, capture_output=True, text=True, timeout=60, check=False)


def test_its_own_test_passes(abci_cli, tmp_path):
    address = f"unix://{tmp_path}/app.sock"
    with Server(Counter(), address):
        done = run(abci_cli, address, "test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed test") == 10
    assert "Failed" not in done.stdout


@pytest.fixture
def batch(abci_cli, tmp_path):
    address = f"unix://{tmp_path}/app.sock"

    def ask(*commands):
        done = run(abci_cli, address, "batch", given="\n".join(commands) + "\n")
        assert done.returncode == 0, done.stdout + done.stderr
        return [answer.splitlines() for answer in done.stdout.strip().split("\n\n")]

    with Server(KeyValueApplication(tmp_path), address):
        yield ask


def test_a_batch_of_every_command(batch, tmp_path):
    echo, info, good, bad, prepared, accepted, block, commit, found, none, after = batch(
        "echo hello", "info", 'check_tx "name=value"', 'check_tx "nonsense"',
        'prepare_proposal "a=1" "nonsense" "b=2"', 'process_proposal "a=1"',
        'finalize_block "a=1" "nonsense" "b=2"', "commit", 'query "a"', 'query "c"', "info")
    assert echo[:2] == ["-> code: OK", "-> data: hello"]
    assert info[1] == '-> data: {"size": 0}'
    assert good == ["-> code: OK"]
    assert bad[0] == f"-> code: {NOT_A_PAIR}"
    assert prepared == ["-> code: OK", "-> log: Succeeded. Tx: a=1",
                        "-> code: OK", "-> log: Succeeded. Tx: b=2"]
    assert accepted == ["-> code: OK", "-> status: ACCEPT"]
    expected = KeyValueApplication(tmp_path).info(None).last_block_app_hash.hex().upper()
    assert block == ["-> code: OK", f"-> code: {NOT_A_PAIR}", "-> code: OK", "-> code: OK",
                     f"-> data.hex: 0x{expected}"]
    assert commit == ["-> code: OK"]
    assert "-> value: 1" in found
    assert "-> log: does not exist" in none
    assert after[1] == '-> data: {"size": 2}'


def test_an_exception_reaches_it_as_one(abci_cli, tmp_path):
    class Broken(Application):
        def info(self, request):
            raise RuntimeError("the disk is on fire")

    address = f"unix://{tmp_path}/app.sock"
    with Server(Broken(), address):
        done = run(abci_cli, address, "info")
    assert done.returncode != 0
    assert "the disk is on fire" in done.stdout + done.stderr
